//! Servers that misbehave.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use vapora_preflight::CheckResult;
use vapora_preflight_storage::{BackupRecent, ManifestsParse};

use super::with;
use crate::ask::{ask_in, error, passes, told};

/// Answers the first connection as told, and listens no further.
fn server(answer: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = [0; 4096];
        let _ = stream.read(&mut heard);
        answer(stream);
    });
    format!("http://{address}")
}

async fn ask(endpoint: &str) -> CheckResult {
    let asked = format!(
        "from = 's3://vapora-backups'\nname = '*'\nmax_age = '24h'\nstore = {{ endpoint = '{endpoint}', credentials = 'none' }}"
    );
    ask_in::<BackupRecent>(&with(&[]), &asked).await
}

/// What is said of a server that answers with these bytes, and then closes.
async fn of(bytes: &'static [u8]) -> String {
    let answer = ask(&server(move |mut stream| {
        let _ = stream.write_all(bytes);
    }))
    .await;
    assert!(!passes(&answer));
    told(&answer, "/none".as_ref())
}

#[tokio::test]
async fn answers_that_are_none_are_errors() {
    const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    const HTML: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 29\r\n\r\n<html>please log in</html>    ";
    const INVALID: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\n<ListBucketResult>\xff\xfe\xfd\xfc";
    const SHORT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<ListBucketResult>";
    const CHUNK: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n<ListBucketResult>";
    const UNCLOSED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n<ListBucketResult><Contents";
    const REDIRECT: &[u8] =
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    const ELSEWHERE: &[u8] = b"HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-west-3\r\ncontent-length: 44\r\n\r\n<Error><Code>PermanentRedirect</Code></Error";
    const SSH: &[u8] = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";
    const GZIP: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    insta::assert_debug_snapshot!(
        [
            of(b"").await,
            of(EMPTY).await,
            of(HTML).await,
            of(INVALID).await,
            of(SHORT).await,
            of(CHUNK).await,
            of(UNCLOSED).await,
            of(REDIRECT).await,
            of(ELSEWHERE).await,
            of(SSH).await,
            of(GZIP).await,
        ],
        @r#"
    [
        "transient error: the server of `s3://vapora-backups` closed the connection too early: connection closed before message completed",
        "transient error: could not list the objects: the answer of `s3://vapora-backups` is not that of an object store\nremedy: make sure that `endpoint` of `store` leads to an object store and not to something before it",
        "transient error: could not list the objects: the answer of `s3://vapora-backups` is not that of an object store\nremedy: make sure that `endpoint` of `store` leads to an object store and not to something before it",
        "transient error: could not list the objects: the answer of `s3://vapora-backups` is not that of an object store\nremedy: make sure that `endpoint` of `store` leads to an object store and not to something before it",
        "transient error: the server of `s3://vapora-backups` closed the connection too early: end of file before message length reached",
        "transient error: the server of `s3://vapora-backups` closed the connection too early: end of file before message length reached",
        "transient error: could not list the objects: the answer of `s3://vapora-backups` is not that of an object store\nremedy: make sure that `endpoint` of `store` leads to an object store and not to something before it",
        "permanent error: could not list the objects: `s3://vapora-backups` answered 302\nremedy: correct `endpoint` of `store`; redirects are not followed",
        "permanent error: could not list the objects: `s3://vapora-backups` answered 301 `PermanentRedirect`\nremedy: the bucket is in another region: write `region = \"eu-west-3\"` in `store`",
        "transient error: could not list the objects: no answer from `s3://vapora-backups` that could be read: invalid HTTP version parsed",
        "transient error: could not list the objects: the answer of `s3://vapora-backups` is not that of an object store\nremedy: make sure that `endpoint` of `store` leads to an object store and not to something before it",
    ]
    "#
    );
}

#[tokio::test]
async fn a_server_that_is_busy_says_when_to_ask_again() {
    const BUSY: &[u8] = b"HTTP/1.1 503 Slow Down\r\nretry-after: 7\r\ncontent-length: 36\r\n\r\n<Error><Code>SlowDown</Code></Error>";
    let answer = ask(&server(|mut stream| stream.write_all(BUSY).unwrap())).await;
    assert!(error(&answer).is_transient(), "{answer:?}");
    insta::assert_snapshot!(told(&answer, "/none".as_ref()), @"transient error: could not list the objects: `s3://vapora-backups` answered 503 `SlowDown`");
}

#[tokio::test]
async fn bodies_and_headers_without_end_are_errors() {
    let endless = |head: &'static [u8], more: &'static [u8]| {
        server(move |mut stream| {
            let _ = stream.write_all(head);
            while stream.write_all(more).is_ok() {}
        })
    };
    let body = endless(b"HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>", b"<Contents><Key>a</Key></Contents>");
    let announced = endless(
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n<ListBucketResult>",
        b"<Contents><Key>a</Key></Contents>",
    );
    let header = endless(b"HTTP/1.1 200 OK\r\n", b"x-more: and more and more and more and more\r\n");
    let refusal = endless(
        b"HTTP/1.1 403 Forbidden\r\n\r\n<Error><Code>AccessDenied</Code>",
        b"<Message>and more</Message>",
    );
    let mut said = Vec::new();
    for endpoint in [body, announced, header, refusal] {
        let answer = ask(&endpoint).await;
        said.push(told(&answer, "/none".as_ref()));
        assert!(error(&answer).report().message.len() < 1000);
    }
    insta::assert_debug_snapshot!(said, @r#"
    [
        "permanent error: the answer of `s3://vapora-backups` is too large: it sent more than 16 MiB at once",
        "permanent error: the answer of `s3://vapora-backups` is too large: it sent more than 16 MiB at once",
        "transient error: could not list the objects: no answer from `s3://vapora-backups` that could be read: message head is too large",
        "permanent error: could not list the objects: `s3://vapora-backups` answered 403\nremedy: check the credentials, and that they may list the bucket and read its objects (`s3:ListBucket`, `s3:GetObject`)",
    ]
    "#);
}

#[tokio::test]
async fn servers_that_cannot_be_reached_are_errors() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = ask(&format!("http://{nobody}")).await;
    let plain = ask(&server(|mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap())
        .replace("http:", "https:"))
    .await;
    let unknown = ask("https://no-such-host.invalid").await;
    for (answer, words) in [(&refused, "refused the connection"), (&plain, "connect"), (&unknown, "connect")]
    {
        assert!(error(answer).is_transient() && error(answer).message().contains(words), "{answer:?}");
    }
}

#[tokio::test]
async fn a_list_that_goes_on_without_objects_is_an_error() {
    let list = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>on</NextContinuationToken></ListBucketResult>";
    let page = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{list}", list.len());
    let endpoint = server(move |mut stream| {
        let mut heard = [0; 4096];
        while stream.write_all(page.as_bytes()).is_ok() && stream.read(&mut heard).is_ok_and(|read| read > 0)
        {
        }
    });
    let answer = ask(&endpoint).await;
    assert!(error(&answer).is_transient(), "{answer:?}");
    insta::assert_snapshot!(told(&answer, "/none".as_ref()), @"transient error: the list of the objects of `s3://vapora-backups` does not end");
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_read_is_an_error() {
    let list = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a.yaml</Key><Size>6</Size><LastModified>2026-12-01T13:00:00Z</LastModified><ETag>\"1\"</ETag></Contents></ListBucketResult>";
    let first =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: keep-alive\r\n\r\n{list}", list.len());
    for (second, words) in [
        ("HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n", "was changed"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "was removed"),
        (
            "HTTP/1.1 206 Partial Content\r\nlast-modified: Tue, 01 Dec 2026 13:00:00 GMT\r\netag: \"1\"\r\ncontent-range: bytes 0-5/7\r\ncontent-length: 6\r\n\r\na: bcd",
            "was changed",
        ),
        (
            "HTTP/1.1 200 OK\r\nlast-modified: Tue, 01 Dec 2026 13:00:00 GMT\r\netag: \"1\"\r\ncontent-length: 6\r\n\r\na: bcd",
            "not that of an object store",
        ),
    ] {
        let first = first.clone();
        let endpoint = server(move |mut stream| {
            stream.write_all(first.as_bytes()).unwrap();
            let mut heard = [0; 4096];
            let _ = stream.read(&mut heard);
            let _ = stream.write_all(second.as_bytes());
        });
        let asked = format!(
            "from = 's3://vapora-backups'\nfiles = ['a.yaml']\nstore = {{ endpoint = '{endpoint}', credentials = 'none' }}"
        );
        let answer = ask_in::<ManifestsParse>(&with(&[]), &asked).await;
        assert!(error(&answer).message().contains(words), "{second}: {answer:?}");
    }
}
