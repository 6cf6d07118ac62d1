//! Whom the checks over HTTP trust, and where they may go.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    thread,
};

use vapora_preflight_sim::{Cluster, ClusterServer};

use crate::desk::{Desk, checklist};

#[test]
fn certificates_are_trusted_that_a_file_holds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // signed by nobody whom the machine knows
    let server: ClusterServer = runtime.block_on(Cluster::builder("staging").build().serve()).unwrap();
    let desk = Desk::new(&checklist(&[(
        "answers",
        &format!("kind = \"http.responds\"\nurl = \"{}/readyz\"\nstatus = [200]", server.url()),
    )]));
    desk.write("ca.pem", server.ca_pem());
    let said = desk.run(&["run"]).with(3);
    assert!(said.all().contains("certificate"), "{}", said.all());
    desk.run(&["run", "--ca-file", "ca.pem"]).with(0);

    desk.write("empty.pem", "");
    for (file, expected) in [("missing.pem", "No such file"), ("empty.pem", "certificate")] {
        let said = desk.run(&["run", "--ask-again", "--ca-file", file]);
        assert_ne!(said.code, Some(0), "{file}: {}", said.all());
        assert!(said.all().contains(expected), "{file}: {}", said.all());
    }
}

#[test]
fn metadata_addresses_are_reached_where_it_is_said() {
    let desk = Desk::new(&checklist(&[(
        "metadata",
        "kind = \"http.responds\"\nurl = \"http://169.254.169.254/\"\nstatus = [200]\ntimeout = \"1s\"",
    )]));
    let refused = desk.run(&["run"]).with(3);
    assert!(refused.all().contains("metadata"), "{}", refused.all());
    // a proxy of this machine answers in its place
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").unwrap();
        line
    });
    let mut program = desk.program(&["run", "--ask-again", "--allow-metadata-addresses"]);
    let output = program.env("HTTP_PROXY", address).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(asked.join().unwrap().trim(), "GET http://169.254.169.254/ HTTP/1.1");
}
