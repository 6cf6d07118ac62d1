//! Google Cloud Storage, simulated by its XML API: <https://cloud.google.com/storage/docs/xml-api/get-bucket-list>,
//! `get-object-download`, `put-object-upload`, `delete-object`, and for refusals
//! <https://cloud.google.com/storage/docs/xml-api/reference-status>.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
};
use http::Response;
use vapora_preflight::{CheckContext, Value};
use vapora_preflight_sim::Peer;
use vapora_preflight_storage::{ArchiveComplete, BackupRecent, Writable};

use super::{
    shelf::{Shelf, WRITTEN, container_and_name, has, object, query, refusal, xml},
    with,
};
use crate::ask::{ask_in, error, fails, passes, problems, told, value};

const TOKEN: &str = "ya29.a-token-of-the-tests";

async fn answer(State(shelf): State<Shelf>, request: Request) -> Response<Body> {
    if has(&request, "authorization", "Bearer ya29.of-a-reader") && request.method() == "PUT" {
        let message = "reader@example.iam.gserviceaccount.com does not have storage.objects.create access to the object.";
        return refusal(403, "AccessDenied", message);
    }
    if !has(&request, "authorization", &format!("Bearer {TOKEN}")) {
        return refusal(401, "AuthenticationRequired", "Authentication required.");
    }
    let (bucket, name) = container_and_name(request.uri().path());
    if bucket != "vapora-backups" {
        return refusal(404, "NoSuchBucket", "The specified bucket does not exist.");
    }
    if name.is_empty() {
        return list(&shelf, &request);
    }
    match request.method().as_str() {
        "PUT" => {
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            shelf.objects().insert(name, (body, WRITTEN));
            Response::builder().header("etag", "\"written\"").body(Body::empty()).unwrap()
        }
        "DELETE" => match shelf.objects().remove(&name) {
            Some(_) => Response::builder().status(204).body(Body::empty()).unwrap(),
            None => refusal(404, "NoSuchKey", "The specified key does not exist."),
        },
        _ => match shelf.objects().get(&name) {
            Some((content, written)) => object(&request, content, written),
            None => refusal(404, "NoSuchKey", "The specified key does not exist."),
        },
    }
}

fn list(shelf: &Shelf, request: &Request) -> Response<Body> {
    let query = query(request);
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(of("list-type"), "2");
    // pages of two, to have several
    let page = shelf.page(of("prefix"), query.contains_key("delimiter"), of("continuation-token"), 2);
    let contents: String = page
        .objects
        .iter()
        .map(|(name, size, written, mark)| {
            format!("<Contents><Key>{name}</Key><Generation>1</Generation><LastModified>{written}.000Z</LastModified><ETag>{mark}</ETag><Size>{size}</Size></Contents>")
        })
        .collect::<Vec<_>>()
        .concat();
    let folders: String = page
        .folders
        .iter()
        .map(|it| format!("<CommonPrefixes><Prefix>{it}</Prefix></CommonPrefixes>"))
        .collect::<Vec<_>>()
        .concat();
    let next = page
        .next
        .as_ref()
        .map(|it| format!("<NextContinuationToken>{it}</NextContinuationToken>"))
        .unwrap_or_default();
    xml(
        200,
        format!(
            "<ListBucketResult xmlns=\"http://doc.s3.amazonaws.com/2006-03-01\"><Name>vapora-backups</Name><IsTruncated>{}</IsTruncated>{next}{contents}{folders}</ListBucketResult>",
            page.next.is_some()
        ),
    )
}

async fn serve() -> (Peer, Shelf) {
    let shelf = Shelf::default();
    let peer = Peer::serve(Router::new().fallback(answer).with_state(shelf.clone())).await.unwrap();
    (peer, shelf)
}

fn store(peer: &Peer) -> String {
    format!("store = {{ endpoint = '{}', token = {{ env = 'TOKEN' }} }}", peer.url())
}

fn known() -> CheckContext {
    with(&[("TOKEN", TOKEN)])
}

#[tokio::test]
async fn backups_are_found_over_several_pages() {
    let (peer, shelf) = serve().await;
    for (name, written) in [
        ("db/1.sql", "2026-11-28T02:00:00"),
        ("db/2.sql", "2026-11-29T02:00:00"),
        ("db/3.sql", "2026-11-30T02:00:00"),
        ("db/4.sql", "2026-12-01T02:00:00"),
        ("db/old/5.sql", "2026-12-01T13:00:00"),
    ] {
        shelf.put(name, "content", written);
    }
    let asked = format!("from = 'gs://vapora-backups/db'\nname = '*.sql'\nmax_age = '24h'\n{}", store(&peer));
    let answer = ask_in::<BackupRecent>(&known(), &asked).await;
    insta::assert_snapshot!(told(&answer, "/none".as_ref()), @"pass: the newest backup `4.sql` is 12h old and has 7B");
    assert_eq!((value(&answer, "backups"), value(&answer, "age")), (Value::from(4), Value::from(12 * 3600)));
    assert!(peer.requests().len() >= 3, "{:?}", peer.requests());
    let checked = asked.replace("name = '*.sql'", "name = '*.sql'\nchecksums = 'sums'");
    assert!(fails(&ask_in::<BackupRecent>(&known(), &checked).await));
    shelf.put("db/sums", &format!("{}  4.sql\n", vapora_preflight::Digest::of("content")), WRITTEN);
    let answer = ask_in::<BackupRecent>(&known(), &checked).await;
    assert!(passes(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_bucket_is_written_and_left_as_it_was() {
    let (peer, shelf) = serve().await;
    let asked = format!("to = 'gs://vapora-backups/db'\n{}", store(&peer));
    let answer = ask_in::<Writable>(&known(), &asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert!(shelf.objects().is_empty());
    insta::assert_snapshot!(told(&ask_in::<Writable>(&with(&[("TOKEN", "ya29.of-a-reader")]), &asked).await, "/none".as_ref()), @"
    fail: `gs://vapora-backups/db` may not be written: `AccessDenied`: reader@example.iam.gserviceaccount.com does not have storage.objects.create access to the object.
    expected: a file of 1KiB can be written there, read back and removed
    actual: may not be written: `AccessDenied`: reader@example.iam.gserviceaccount.com does not have storage.objects.create access to the object.
    remedy: give the credentials the rights to write, read, list and delete objects there
    ");
}

#[tokio::test]
async fn refusals_are_told_as_they_are_meant() {
    let (peer, _) = serve().await;
    let asked = format!("archive = 'gs://vapora-backups/db'\nholds = ['a']\n{}", store(&peer));
    let unknown = told(
        &ask_in::<ArchiveComplete>(&with(&[("TOKEN", "expired-token")]), &asked).await,
        "/none".as_ref(),
    );
    let gone = told(
        &ask_in::<ArchiveComplete>(&known(), &asked.replace("vapora-backups", "other-bucket")).await,
        "/none".as_ref(),
    );
    insta::assert_snapshot!(format!("{unknown}\n\n{gone}"), @"
    permanent error: could not list the objects: `gs://vapora-backups` answered 401 `AuthenticationRequired`: Authentication required.
    remedy: check the credentials that `store` names

    permanent error: could not list the objects: `gs://other-bucket` answered 404 `NoSuchBucket`: The specified bucket does not exist.
    remedy: correct `other-bucket`, or create it; where it is in another account, use the credentials of that one
    ");
    assert!(!unknown.contains("expired-token"));
}

#[tokio::test]
async fn a_key_that_is_none_is_an_error_that_does_not_repeat_it() {
    let asked = "from = 'gs://vapora-backups'\nname = '*'\nmax_age = '24h'\nstore = { service_account = { env = 'KEY' } }";
    for key in [
        "not JSON at all",
        "{\"private_key\": \"hunter22\"}",
        "{\"private_key\": \"-----BEGIN hunter22\", \"private_key_id\": \"x\", \"client_email\": \"x\"}",
    ] {
        let answer = ask_in::<BackupRecent>(&with(&[("KEY", key)]), asked).await;
        let error = error(&answer);
        assert!(!error.is_transient() && error.report().remedy.is_some(), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter22"), "{error:?}");
    }
    let environment =
        "from = 'gs://vapora-backups'\nname = '*'\nmax_age = '24h'\nstore = { credentials = 'environment' }";
    let answer = ask_in::<BackupRecent>(
        &with(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")]),
        environment,
    )
    .await;
    assert!(!error(&answer).is_transient(), "{answer:?}");
    assert_eq!(problems::<BackupRecent>(&asked.replace("service_account", "access_key")).len(), 2);
}
