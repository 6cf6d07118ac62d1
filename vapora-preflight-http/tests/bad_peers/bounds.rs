//! Peers that send more than anybody wants.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    asked::{all, assert_said},
    server::Server,
};

/// The most that any kind takes of an answer; and what the kernel may have on its way when it stops.
const MOST: u64 = 16 << 20;
const ON_ITS_WAY: u64 = 64 << 20;

#[tokio::test]
async fn a_huge_header() {
    let server = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\nx-huge: ")?;
        loop {
            out.write_all(&[b'a'; 4096])?;
        }
    });
    assert_said!(all(&server.url(""), &[]).await);
}

#[tokio::test]
async fn a_thousand_headers() {
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n".to_vec();
    (0..1000).for_each(|n| answer.extend(format!("x-{n}: 1\r\n").into_bytes()));
    answer.extend(b"\r\n");
    assert_said!(all(&Server::answering(answer).url(""), &[]).await);
}

#[tokio::test]
async fn a_body_without_an_end() {
    let most = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&most);
    let server = Server::doing(move |_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n[")?;
        let block = vec![b' '; 1 << 16];
        let mut sent = 0;
        loop {
            out.write_all(&block)?;
            sent += block.len() as u64;
            seen.fetch_max(sent, Ordering::SeqCst);
        }
    });
    assert_said!(all(&server.url(""), &[]).await);
    let most = most.load(Ordering::SeqCst);
    assert!(most <= MOST + ON_ITS_WAY, "{most} bytes were taken");
}

#[tokio::test]
async fn a_bomb() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";
    let mut zeros = flate2::write::GzEncoder::new(head.to_vec(), flate2::Compression::best());
    zeros.write_all(&vec![b' '; 64 << 20]).unwrap();
    let bomb = zeros.finish().unwrap();
    assert!(bomb.len() < 128 << 10);
    assert_said!(all(&Server::answering(bomb).url(""), &[]).await);
}
