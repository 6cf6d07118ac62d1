//! Azure Blob Storage, simulated by its REST API: <https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs>,
//! `get-blob`, `get-blob-properties`, `put-blob`, `delete-blob`, and for refusals
//! <https://learn.microsoft.com/en-us/rest/api/storageservices/status-and-error-codes2>.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
};
use http::Response;
use vapora_preflight::Value;
use vapora_preflight_sim::Peer;
use vapora_preflight_storage::{BackupRecent, Writable};

use super::{
    shelf::{Shelf, WRITTEN, container_and_name, http_date, object, query, refusal, xml},
    with,
};
use crate::ask::{ask_in, error, passes, problems, told, value};

const SAS: &str = "sv=2026-02-06&sr=c&sp=rwdl&sig=c2lnbmF0dXJlIG9mIHRoZSB0ZXN0cw%3D%3D";

async fn answer(State(shelf): State<Shelf>, request: Request) -> Response<Body> {
    let query = query(&request);
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    assert!(request.headers().contains_key("x-ms-version"));
    let shared_key = request
        .headers()
        .get("authorization")
        .is_some_and(|it| it.to_str().unwrap().starts_with("SharedKey vapora:"));
    if of("sig") != "c2lnbmF0dXJlIG9mIHRoZSB0ZXN0cw==" && !shared_key {
        return refusal(403, "AuthenticationFailed", "Server failed to authenticate the request.");
    }
    let (container, name) = container_and_name(request.uri().path());
    if container != "vapora-backups" {
        return refusal(404, "ContainerNotFound", "The specified container does not exist.");
    }
    if of("comp") == "batch" {
        let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
        return batch(&shelf, core::str::from_utf8(&body).unwrap(), of("sp"));
    }
    if of("comp") == "list" {
        return list(&shelf, &query);
    }
    match request.method().as_str() {
        "PUT" if of("sp") == "rl" => refusal(
            403,
            "AuthorizationPermissionMismatch",
            "This request is not authorized to perform this operation using this permission.",
        ),
        "PUT" => {
            assert_eq!(request.headers()["x-ms-blob-type"], "BlockBlob");
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            shelf.objects().insert(name, (body, WRITTEN));
            Response::builder().status(201).header("etag", "\"written\"").body(Body::empty()).unwrap()
        }
        "DELETE" => match shelf.objects().remove(&name) {
            Some(_) => Response::builder().status(202).body(Body::empty()).unwrap(),
            None => refusal(404, "BlobNotFound", "The specified blob does not exist."),
        },
        _ => match shelf.objects().get(&name) {
            Some((content, written)) => object(&request, content, written),
            None => refusal(404, "BlobNotFound", "The specified blob does not exist."),
        },
    }
}

/// Requests in one request, each of which removes a blob:
/// <https://learn.microsoft.com/en-us/rest/api/storageservices/blob-batch>.
fn batch(shelf: &Shelf, body: &str, permissions: &str) -> Response<Body> {
    let mut parts = Vec::new();
    for (id, line) in body.lines().filter(|line| line.starts_with("DELETE ")).enumerate() {
        let url = line.split(' ').nth(1).unwrap();
        let (_, name) = container_and_name(url.split('?').next().unwrap());
        let status = if !permissions.is_empty() && !permissions.contains('d') {
            "403 This request is not authorized to perform this operation using this permission."
        } else if shelf.objects().remove(&name).is_some() {
            "202 Accepted"
        } else {
            "404 The specified blob does not exist."
        };
        parts.push(format!(
            "--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\nHTTP/1.1 {status}\r\nx-ms-version: 2023-11-03\r\n\r\n\r\n"
        ));
    }
    parts.push("--batchresponse_1--\r\n".to_owned());
    let response =
        Response::builder().status(202).header("content-type", "multipart/mixed; boundary=batchresponse_1");
    response.body(Body::from(parts.concat())).unwrap()
}

fn list(shelf: &Shelf, query: &std::collections::BTreeMap<String, String>) -> Response<Body> {
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let page = shelf.page(of("prefix"), query.contains_key("delimiter"), of("marker"), 2);
    let blobs: String = page
        .objects
        .iter()
        .map(|(name, size, written, mark)| {
            format!("<Blob><Name>{name}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>{mark}</Etag><Content-Length>{size}</Content-Length><Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>", http_date(written))
        })
        .collect::<Vec<_>>()
        .concat();
    let folders: String = page
        .folders
        .iter()
        .map(|it| format!("<BlobPrefix><Name>{it}</Name></BlobPrefix>"))
        .collect::<Vec<_>>()
        .concat();
    let next = page.next.unwrap_or_default();
    xml(
        200,
        format!(
            "<EnumerationResults ServiceEndpoint=\"http://x/\" ContainerName=\"vapora-backups\"><Blobs>{blobs}{folders}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
        ),
    )
}

async fn serve() -> (Peer, Shelf) {
    let shelf = Shelf::default();
    let peer = Peer::serve(Router::new().fallback(answer).with_state(shelf.clone())).await.unwrap();
    (peer, shelf)
}

fn backups(peer: &Peer, credentials: &str) -> String {
    format!(
        "from = 'az://vapora-backups/db'\nname = '*.sql'\nmax_age = '24h'\nstore = {{ endpoint = '{}', account = 'vapora', {credentials} }}",
        peer.url()
    )
}

#[tokio::test]
async fn backups_are_found_with_either_sort_of_credentials() {
    let (peer, shelf) = serve().await;
    for (name, written) in [
        ("db/1.sql", "2026-11-29T02:00:00"),
        ("db/2.sql", "2026-11-30T02:00:00"),
        ("db/3.sql", "2026-12-01T12:00:00"),
        ("db/old/4.sql", "2026-12-01T13:00:00"),
    ] {
        shelf.put(name, "content", written);
    }
    let cx = with(&[("SAS", SAS), ("KEY", "a2V5IG9mIHRoZSB0ZXN0cw=="), ("AZURE_STORAGE_SAS_TOKEN", SAS)]);
    for credentials in
        ["sas = { env = 'SAS' }", "account_key = { env = 'KEY' }", "credentials = 'environment'"]
    {
        let answer = ask_in::<BackupRecent>(&cx, &backups(&peer, credentials)).await;
        assert!(passes(&answer), "{credentials}: {answer:?}");
        assert_eq!(
            (value(&answer, "backups"), value(&answer, "newest")),
            (Value::from(3), Value::from("3.sql"))
        );
    }
}

#[tokio::test]
async fn a_container_is_written_and_left_as_it_was() {
    let (peer, shelf) = serve().await;
    let asked = format!(
        "to = 'az://vapora-backups'\nstore = {{ endpoint = '{}', account = 'vapora', sas = {{ env = 'SAS' }} }}",
        peer.url()
    );
    let answer = ask_in::<Writable>(&with(&[("SAS", SAS)]), &asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert!(shelf.objects().is_empty());
    let keeper = SAS.replace("rwdl", "rwl");
    insta::assert_snapshot!(told(&ask_in::<Writable>(&with(&[("SAS", &keeper)]), &asked).await, "/none".as_ref()).replace(char::is_numeric, "N"), @"
    fail: `az://vapora-backups` can be written, but what was written there may not be removed: this request is not authorized
    expected: a file of NKiB can be written there, read back and removed
    actual: can be written, but what was written there may not be removed: this request is not authorized
    remedy: give the credentials the rights to write, read, list and delete objects there
    ");
    shelf.objects().clear();
    let reader = SAS.replace("rwdl", "rl");
    insta::assert_snapshot!(told(&ask_in::<Writable>(&with(&[("SAS", &reader)]), &asked).await, "/none".as_ref()), @"
    fail: `az://vapora-backups` may not be written: `AuthorizationPermissionMismatch`: This request is not authorized to perform this operation using this permission.
    expected: a file of 1KiB can be written there, read back and removed
    actual: may not be written: `AuthorizationPermissionMismatch`: This request is not authorized to perform this operation using this permission.
    remedy: give the credentials the rights to write, read, list and delete objects there
    ");
}

#[tokio::test]
async fn refusals_are_told_and_no_signature_is() {
    let (peer, _) = serve().await;
    let wrong = SAS.replace("c2ln", "xxxx");
    let unknown =
        ask_in::<BackupRecent>(&with(&[("SAS", &wrong)]), &backups(&peer, "sas = { env = 'SAS' }")).await;
    let gone = backups(&peer, "sas = { env = 'SAS' }").replace("//vapora-backups", "//other");
    let gone = ask_in::<BackupRecent>(&with(&[("SAS", SAS)]), &gone).await;
    insta::assert_snapshot!(format!("{}\n\n{}", told(&unknown, "/none".as_ref()), told(&gone, "/none".as_ref())), @"
    permanent error: could not list the objects: `az://vapora-backups` answered 403 `AuthenticationFailed`: Server failed to authenticate the request.
    remedy: check the credentials that `store` names

    permanent error: could not list the objects: `az://other` answered 404 `ContainerNotFound`: The specified container does not exist.
    remedy: correct `other`, or create it; where it is in another account, use the credentials of that one
    ");
    for answer in [&unknown, &gone] {
        let all = format!("{:?} {}", error(answer), error(answer));
        assert!(!all.contains("xxxx") && !all.contains("c2ln"), "{all}");
    }
    // where nothing listens, the address of the request is not told either
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asked = backups(&peer, "sas = { env = 'SAS' }").replace(&peer.url(), &format!("http://{nobody}"));
    let answer = ask_in::<BackupRecent>(&with(&[("SAS", SAS)]), &asked).await;
    assert!(error(&answer).is_transient() && !format!("{:?}", error(&answer)).contains("c2ln"), "{answer:?}");
}

#[tokio::test]
async fn a_key_that_is_none_is_an_error_that_does_not_repeat_it() {
    let (peer, _) = serve().await;
    for (name, value) in [("account_key", "!!hunter22!!"), ("sas", "hunter22")] {
        let asked = backups(&peer, &format!("{name} = {{ env = 'IT' }}"));
        let answer = ask_in::<BackupRecent>(&with(&[("IT", value)]), &asked).await;
        let error = error(&answer);
        assert!(!error.is_transient() && error.report().remedy.is_some(), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter22"), "{error:?}");
    }
    let asked = backups(&peer, "credentials = 'environment'");
    assert!(!error(&ask_in::<BackupRecent>(&with(&[]), &asked).await).is_transient());
    assert_eq!(
        problems::<BackupRecent>(&asked.replace("account = 'vapora', ", "")),
        ["there is no `account`"]
    );
}
