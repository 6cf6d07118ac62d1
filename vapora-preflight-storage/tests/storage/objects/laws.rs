//! The laws of every kind, with a real S3 server whose requests fail in every way, one at a time.

use std::sync::Arc;

use vapora_preflight::{PlanBuilder, Registry, Run, SecretRef, SecretStore, SecretString, Sources};
use vapora_preflight_sim::{
    Fault, FaultPlan, SimClock,
    laws::{Case, breaches},
};

use super::{
    resources,
    s3::{ACCESS, S3, SECRET, put},
};
use crate::ask::NOW;

struct Keys;

impl SecretStore for Keys {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "KEY" => Ok(ACCESS.into()),
            SecretRef::Env(name) if name == "SECRET" => Ok(SECRET.into()),
            _ => Err("it is not known".to_owned()),
        }
    }
}

/// Tries the laws on a kind that asks an S3 server, with `timeout`s of half a second.
async fn try_laws(s3: S3, kind: &'static str, check: &str) {
    let checklist = format!(
        "checklist = \"case\"\n[phase.before]\n[check.it]\nphase = \"before\"\ntimeout = \"500ms\"\nkind = \"{kind}\"\nstore = {{ {} }}\n{check}\n",
        s3.store()
    );
    let asked = Arc::clone(&s3.peer);
    let case = Case::new(kind, checklist)
        .resources(resources())
        .secrets(Keys, &[SECRET])
        .clock(SimClock::at_unix_seconds(NOW))
        .peer(s3.peer.faults(), move || asked.requests())
        .keep(s3);
    let mut registry = Registry::new();
    vapora_preflight_storage::register(&mut registry);
    let found: Vec<String> = breaches(&registry, &case).await.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_is_removed_whatever_becomes_of_the_check() {
    let s3 = S3::serve().await;
    let checklist = format!(
        "checklist = \"case\"\n[phase.before]\n[check.it]\nphase = \"before\"\ntimeout = \"500ms\"\nkind = \"storage.writable\"\nto = 's3://vapora-backups/x'\nstore = {{ {} }}\n",
        s3.store()
    );
    let mut registry = Registry::new();
    vapora_preflight_storage::register(&mut registry);
    let mut sources = Sources::new();
    sources.add("case.toml", checklist);
    let plan = PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan;
    for number in 2..=4 {
        for fault in [Fault::Slow, Fault::Cut, Fault::Status(500)] {
            s3.peer.faults().set(FaultPlan::nth(number, fault));
            let run =
                Run::new(&plan).resources(Arc::new(resources())).secrets(Arc::new(Keys)).ask_again(true);
            let report = run.execute().await.unwrap().report;
            assert_eq!(s3.peer.faults().struck(), 1);
            let status = &report.check("it").unwrap().record.unwrap().status;
            assert!(!status.holds(), "request {number} by {fault}: {}", status.summary());
            let left: Vec<_> =
                std::fs::read_dir(s3.bucket().join("x")).unwrap().map(|it| it.unwrap().file_name()).collect();
            assert!(left.is_empty(), "request {number} by {fault}: {left:?} is left: {}", status.summary());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backup_recent_obeys() {
    let s3 = S3::serve().await;
    put(&s3.bucket(), "b-1.sql", b"content", 30);
    put(&s3.bucket(), "b-2.sql", b"content", 2);
    let sum = vapora_preflight::Digest::of("content");
    put(&s3.bucket(), "sums", format!("{sum}  b-2.sql\n").as_bytes(), 2);
    let check = "from = 's3://vapora-backups'\nname = 'b-*.sql'\nmax_age = '24h'\nchecksums = 'sums'\nmax_shrink_percent = 1";
    try_laws(s3, "storage.backup_recent", check).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_complete_obeys() {
    let s3 = S3::serve().await;
    put(&s3.bucket(), "x/a", b"a", 1);
    put(&s3.bucket(), "x/b", b"b", 1);
    let check = format!(
        "archive = 's3://vapora-backups/x'\nholds = ['a', 'b']\ndigests = {{ a = '{}' }}",
        vapora_preflight::Digest::of("a")
    );
    try_laws(s3, "storage.archive_complete", &check).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn manifests_parse_obeys() {
    let s3 = S3::serve().await;
    put(&s3.bucket(), "a.yaml", b"a: 1", 1);
    put(&s3.bucket(), "b.json", b"{\"b\": 1}", 1);
    try_laws(s3, "storage.manifests_parse", "from = 's3://vapora-backups'\nfiles = ['a.yaml', 'b.json']")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writable_obeys() {
    try_laws(S3::serve().await, "storage.writable", "to = 's3://vapora-backups/x'").await;
}
