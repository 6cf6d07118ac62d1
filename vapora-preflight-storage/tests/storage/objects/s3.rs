//! S3, by a real server over a folder, which checks signatures.

use std::{fs, path::Path, sync::Arc};

use s3s::{
    S3Error, S3ErrorCode, S3Result,
    access::{S3Access, S3AccessContext},
    auth::SimpleAuth,
    host::{S3Host, VirtualHost},
    service::S3ServiceBuilder,
};
use s3s_fs::FileSystem;
use vapora_preflight::{CheckContext, Value};
use vapora_preflight_sim::Peer;
use vapora_preflight_storage::{ArchiveComplete, BackupRecent, ManifestsParse, Writable};

use super::{failure, with};
use crate::ask::{aged, ask_in, error, fails, passes, run, told, value, write};

pub(super) const ACCESS: &str = "AKIDEXAMPLE";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// What each access key may do.
struct Rights;

#[vapora_preflight::async_trait]
impl S3Access for Rights {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let key = cx.credentials().map(|credentials| credentials.access_key.clone()).unwrap_or_default();
        let operation = cx.s3_op().name().to_owned();
        let denied = match key.as_str() {
            "READER" => operation.starts_with("Put") || operation.starts_with("Delete"),
            "KEEPER" => operation.starts_with("Delete"),
            "WRITER" => operation.starts_with("List"),
            "" => true,
            _ => false,
        };
        if denied { Err(S3Error::new(S3ErrorCode::AccessDenied)) } else { Ok(()) }
    }
}

/// Takes a bucket from a host such as `bucket.s3.example.com`, whatever the port.
struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let host = host.split(':').next().unwrap_or_default();
        Ok(match host.strip_suffix(".s3.example.com") {
            Some(bucket) => VirtualHost::new("s3.example.com").with_bucket(bucket),
            None => VirtualHost::new(host),
        })
    }
}

/// A server with the bucket `vapora-backups`.
pub(super) struct S3 {
    pub(super) peer: Arc<Peer>,
    root: tempfile::TempDir,
}

impl S3 {
    pub(super) async fn serve() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("vapora-backups")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(root.path()).unwrap());
        let mut auth = SimpleAuth::from_single(ACCESS, SECRET);
        for key in ["READER", "KEEPER", "WRITER"] {
            auth.register(key.to_owned(), SECRET.into());
        }
        service.set_auth(auth);
        service.set_access(Rights);
        service.set_host(Hosts);
        let peer = Peer::serve(service.build()).await.unwrap();
        peer.fail_with(failure);
        Self { peer: Arc::new(peer), root }
    }

    pub(super) fn bucket(&self) -> std::path::PathBuf {
        self.root.path().join("vapora-backups")
    }

    /// The `store` of a check that asks it.
    pub(super) fn store(&self) -> String {
        format!(
            "endpoint = '{}', region = 'eu-central-1', access_key = {{ env = 'KEY' }}, secret_key = {{ env = 'SECRET' }}",
            self.peer.url()
        )
    }
}

fn known() -> CheckContext {
    with(&[("KEY", ACCESS), ("SECRET", SECRET)])
}

/// A backup in the bucket, so many hours old.
pub(super) fn put(bucket: &Path, name: &str, content: &[u8], hours: i64) {
    let path = bucket.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    aged(&path, hours * 3600);
}

pub(super) fn said(answer: &vapora_preflight::CheckResult, s3: &S3) -> String {
    told(answer, s3.root.path()).replace(&s3.peer.url(), "URL")
}

fn backups(s3: &S3, more: &str) -> String {
    format!("from = 's3://vapora-backups/surreal'\nmax_age = '24h'\nstore = {{ {} }}\n{more}", s3.store())
}

#[tokio::test]
async fn the_newest_backup_of_a_bucket_is_found_and_held_to_its_checksum() {
    let s3 = S3::serve().await;
    let bucket = s3.bucket();
    let content: Vec<u8> =
        (0..3_000_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    put(&bucket, "surreal/b-2026-11-30.bin", &content[..2_900_000], 24);
    put(&bucket, "surreal/b-2026-12-01.bin", &content, 2);
    put(&bucket, "surreal/deep/b-2026-12-01.bin", &content, 0);
    put(&bucket, "elsewhere/b-2026-12-01.bin", &content, 0);
    let sum = vapora_preflight::Digest::of(&content);
    put(&bucket, "surreal/b-2026-12-01.bin.sha256", format!("{sum}  b-2026-12-01.bin\n").as_bytes(), 2);
    let asked =
        backups(&s3, "name = 'b-*.bin'\ndate = '%F'\nmax_shrink_percent = 1\nchecksums = '{name}.sha256'");
    let answer = ask_in::<BackupRecent>(&known(), &asked).await;
    insta::assert_snapshot!(said(&answer, &s3), @"pass: the newest backup `b-2026-12-01.bin` is 2h old and has 2.9MiB, as its checksum says");
    assert_eq!((value(&answer, "backups"), value(&answer, "verified")), (Value::from(2), Value::Bool(true)));
    assert_eq!(value(&answer, "digest"), Value::from(sum.to_string()));
    let listed: Vec<_> =
        s3.peer.requests().into_iter().filter(|it| it.query.contains("list-type=2")).collect();
    assert!(listed.iter().all(|it| it.query.contains("delimiter=%2F")), "{listed:?}");
    let mut changed = content.clone();
    changed[2_000_000] ^= 1;
    put(&bucket, "surreal/b-2026-12-01.bin", &changed, 2);
    assert!(fails(&ask_in::<BackupRecent>(&known(), &asked).await));
    assert!(s3.peer.requests().iter().all(|it| matches!(it.method.as_str(), "GET" | "HEAD")));
}

#[tokio::test]
async fn a_backup_is_unpacked_from_a_bucket() {
    let s3 = S3::serve().await;
    let folder = tempfile::tempdir().unwrap();
    let dump: String = (0..200_000_u32)
        .map(|it| format!("{}\n", it.wrapping_mul(2_654_435_761)))
        .collect::<Vec<_>>()
        .concat();
    write(folder.path(), &[("dump.sql", &dump)]);
    let packed = run(folder.path(), &["zip", "-q", "b.zip", "dump.sql"])
        && run(folder.path(), &["tar", "-czf", "b.tar.gz", "dump.sql"])
        && run(folder.path(), &["sh", "-c", "tar -cf b.tar dump.sql && zstd -q b.tar -o b.tar.zst"]);
    if !packed {
        return;
    }
    for name in ["b.zip", "b.tar.gz", "b.tar", "b.tar.zst"] {
        let content = fs::read(folder.path().join(name)).unwrap();
        put(&s3.bucket(), &format!("surreal/{name}"), &content, 1);
        let asked = backups(&s3, &format!("name = '{name}'\nopen = true"));
        let answer = ask_in::<BackupRecent>(&known(), &asked).await;
        assert!(passes(&answer), "{name}: {answer:?}");
        assert_eq!(value(&answer, "unpacked"), Value::from(dump.len()), "{name}");
        put(&s3.bucket(), &format!("surreal/{name}"), &content[..content.len() / 2], 1);
        assert!(fails(&ask_in::<BackupRecent>(&known(), &asked).await), "{name} cut in half");
    }
}

#[tokio::test]
async fn more_objects_than_one_page_holds_are_all_seen() {
    let s3 = S3::serve().await;
    for number in 0..2100 {
        put(&s3.bucket(), &format!("surreal/b-{number:04}"), b"x", 3000 - number);
    }
    let answer =
        ask_in::<BackupRecent>(&known(), &backups(&s3, "name = 'b-*'\n").replace("24h", "1000h")).await;
    assert_eq!(value(&answer, "backups"), Value::from(2100), "{answer:?}");
    assert_eq!(value(&answer, "newest"), Value::from("b-2099"));
    assert_eq!(s3.peer.requests().len(), 3);
}

#[tokio::test]
async fn backups_in_folders_of_a_bucket_are_found_below_them_alone() {
    let s3 = S3::serve().await;
    for (name, hours) in [("2026/11/30/db", 30), ("2026/12/01/db", 2), ("2026/12/01/wal", 2), ("2027/x", 0)] {
        put(&s3.bucket(), &format!("surreal/{name}"), b"content", hours);
    }
    let asked = backups(&s3, "name = '2026/*/*'\nfolders = true\ndate = '%Y/%m/%d'");
    let answer = ask_in::<BackupRecent>(&known(), &asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(
        (value(&answer, "newest"), value(&answer, "parts")),
        (Value::from("2026/12/01"), Value::from(2))
    );
    assert!(s3.peer.requests()[0].query.contains("prefix=surreal%2F2026%2F"), "{:?}", s3.peer.requests());
}

#[tokio::test]
async fn no_backup_in_a_bucket_fails_and_no_bucket_is_an_error() {
    let s3 = S3::serve().await;
    let asked = backups(&s3, "name = '*'");
    insta::assert_snapshot!(said(&ask_in::<BackupRecent>(&known(), &asked).await, &s3), @"
    fail: there is no backup in `s3://vapora-backups/surreal`: there is no file `*`
    expected: a backup `*`, not older than 24h
    actual: there is no file `*`
    remedy: make a backup; if there is one, correct `from` and `name`
    ");
    let other = asked.replace("vapora-backups", "other-bucket");
    insta::assert_snapshot!(said(&ask_in::<BackupRecent>(&known(), &other).await, &s3), @"
    permanent error: could not list the objects: `s3://other-bucket` answered 404 `NoSuchBucket`
    remedy: correct `other-bucket`, or create it; where it is in another account, use the credentials of that one
    ");
}

#[tokio::test]
async fn credentials_that_are_wrong_or_missing_are_errors_that_do_not_repeat_them() {
    let s3 = S3::serve().await;
    let asked = backups(&s3, "name = '*'");
    let mut told = Vec::new();
    for secrets in [
        vec![("KEY", ACCESS), ("SECRET", "not-the-right-secret")],
        vec![("KEY", "NOBODY"), ("SECRET", SECRET)],
        vec![("KEY", "WRITER"), ("SECRET", SECRET)],
        vec![("KEY", ACCESS)],
    ] {
        let answer = ask_in::<BackupRecent>(&with(&secrets), &asked).await;
        let error = error(&answer);
        assert!(!error.is_transient() && error.report().remedy.is_some(), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("not-the-right-secret"), "{error:?}");
        told.push(said(&answer, &s3));
    }
    insta::assert_debug_snapshot!(told, @r#"
    [
        "permanent error: could not list the objects: `s3://vapora-backups` answered 403 `SignatureDoesNotMatch`\nremedy: check the credentials that `store` names",
        "permanent error: could not list the objects: `s3://vapora-backups` answered 403 `NotSignedUp`: Your account is not signed up\nremedy: check the credentials, and that they may list the bucket and read its objects (`s3:ListBucket`, `s3:GetObject`)",
        "permanent error: could not list the objects: `s3://vapora-backups` answered 403 `AccessDenied`\nremedy: check the credentials, and that they may list the bucket and read its objects (`s3:ListBucket`, `s3:GetObject`)",
        "permanent error: could not read the environment variable `SECRET`: it is not set\nremedy: set the environment variable `SECRET` for the run",
    ]
    "#);
}

#[tokio::test]
async fn credentials_come_from_the_environment_only_where_the_checklist_says_so() {
    let s3 = S3::serve().await;
    put(&s3.bucket(), "surreal/b", b"x", 1);
    let asked = |credentials: &str| {
        format!(
            "from = 's3://vapora-backups/surreal'\nname = 'b'\nmax_age = '24h'\nstore = {{ endpoint = '{}', credentials = '{credentials}' }}",
            s3.peer.url()
        )
    };
    let environment = [("AWS_ACCESS_KEY_ID", ACCESS), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let answer = ask_in::<BackupRecent>(&with(&environment), &asked("environment")).await;
    assert!(passes(&answer), "{answer:?}");
    let answer = ask_in::<BackupRecent>(&with(&environment), &asked("none")).await;
    assert!(!error(&answer).is_transient(), "the server takes no one without credentials: {answer:?}");
    let answer = ask_in::<BackupRecent>(&with(&[]), &asked("environment")).await;
    assert!(!error(&answer).is_transient(), "{answer:?}");
}

#[tokio::test]
async fn artifacts_and_manifests_are_read_from_a_bucket() {
    let s3 = S3::serve().await;
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("configmap.yaml", "kind: ConfigMap\nmetadata: {name: a}\n"), ("vapora.toml", "a = 1\n")],
    );
    if !run(folder.path(), &["zip", "-q", "a.zip", "configmap.yaml", "vapora.toml"]) {
        return;
    }
    put(&s3.bucket(), "1.4.0/a.zip", &fs::read(folder.path().join("a.zip")).unwrap(), 1);
    for name in ["configmap.yaml", "vapora.toml"] {
        put(&s3.bucket(), &format!("1.4.0/loose/{name}"), &fs::read(folder.path().join(name)).unwrap(), 1);
    }
    let store = s3.store();
    for place in ["s3://vapora-backups/1.4.0/a.zip", "s3://vapora-backups/1.4.0/loose"] {
        let asked = format!(
            "archive = '{place}'\nholds = ['configmap.yaml', 'vapora.toml']\nstore = {{ {store} }}\n[digests]\n'vapora.toml' = '{}'",
            vapora_preflight::Digest::of("a = 1\n")
        );
        let answer = ask_in::<ArchiveComplete>(&known(), &asked).await;
        assert!(passes(&answer), "{place}: {answer:?}");
        let asked = format!(
            "from = '{place}'\nfiles = ['*.{{yaml,toml}}']\nrequires = [{{ kind = 'ConfigMap', name = 'a' }}]\nstore = {{ {store} }}"
        );
        let answer = ask_in::<ManifestsParse>(&known(), &asked).await;
        assert!(passes(&answer), "{place}: {answer:?}");
    }
    let asked =
        format!("archive = 's3://vapora-backups/1.4.0/gone.zip'\nholds = ['a']\nstore = {{ {store} }}");
    insta::assert_snapshot!(said(&ask_in::<ArchiveComplete>(&known(), &asked).await, &s3), @"
    permanent error: there is no archive `s3://vapora-backups/1.4.0/gone.zip`
    remedy: make it, or correct its name
    ");
}

#[tokio::test]
async fn a_bucket_is_written_and_left_as_it_was() {
    let s3 = S3::serve().await;
    let asked = format!("to = 's3://vapora-backups/surreal'\nsize = '100KiB'\nstore = {{ {} }}", s3.store());
    let answer = ask_in::<Writable>(&known(), &asked).await;
    insta::assert_snapshot!(said(&answer, &s3), @"pass: `s3://vapora-backups/surreal` can be written: 100KiB written, read back and removed");
    let methods: Vec<_> = s3.peer.requests().into_iter().map(|it| it.method).collect();
    assert_eq!(methods, ["PUT", "HEAD", "GET", "DELETE", "GET"]);
    assert!(left(&s3.bucket()).is_empty(), "{:?}", left(&s3.bucket()));
}

fn left(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(left(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}

#[tokio::test]
async fn rights_that_are_missing_fail_and_are_named() {
    let s3 = S3::serve().await;
    let asked = format!("to = 's3://vapora-backups'\nstore = {{ {} }}", s3.store());
    let mut told = Vec::new();
    for key in ["READER", "KEEPER"] {
        let answer = ask_in::<Writable>(&with(&[("KEY", key), ("SECRET", SECRET)]), &asked).await;
        assert!(fails(&answer), "{answer:?}");
        told.push(said(&answer, &s3));
    }
    insta::assert_debug_snapshot!(told, @r#"
    [
        "fail: `s3://vapora-backups` may not be written: `AccessDenied`\nexpected: a file of 1KiB can be written there, read back and removed\nactual: may not be written: `AccessDenied`\nremedy: give the credentials the rights to write, read, list and delete objects there",
        "fail: `s3://vapora-backups` can be written, but what was written there may not be removed: `AccessDenied`\nexpected: a file of 1KiB can be written there, read back and removed\nactual: can be written, but what was written there may not be removed: `AccessDenied`\nremedy: give the credentials the rights to write, read, list and delete objects there",
    ]
    "#);
    assert_eq!(left(&s3.bucket()).len(), 1, "what may not be removed stays, and the finding says so");
}

#[tokio::test]
async fn a_bucket_can_be_named_in_the_host() {
    let s3 = S3::serve().await;
    put(&s3.bucket(), "b", b"x", 1);
    let address = s3.peer.address();
    let client = {
        let host = "vapora-backups.s3.example.com";
        super::client_that_resolves(host, address)
    };
    let mut resources = vapora_preflight::Resources::new();
    resources.insert(vapora_preflight_storage::ObjectStores::new(client));
    let secrets = crate::ask::Secrets(vec![("KEY", ACCESS.into()), ("SECRET", SECRET.into())]);
    let cx = crate::ask::context(resources, secrets);
    let asked = format!(
        "from = 's3://vapora-backups'\nname = 'b'\nmax_age = '24h'\nstore = {{ endpoint = 'http://s3.example.com:{}', path_style = false, access_key = {{ env = 'KEY' }}, secret_key = {{ env = 'SECRET' }} }}",
        address.port()
    );
    let answer = ask_in::<BackupRecent>(&cx, &asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(s3.peer.requests()[0].path, "/");
}
