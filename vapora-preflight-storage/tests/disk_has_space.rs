//! `storage.disk_has_space` on real file systems, and on ones given as data.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{path::Path, sync::Arc};

use vapora_preflight::{
    Check, CheckContext, CheckError, CheckId, Kind, Outcome, Problems, Registry, Resources, Value,
};
use vapora_preflight_sim::told;
use vapora_preflight_storage::{DiskHasSpace, Filesystems, Usage};

const GIB: u64 = 1 << 30;

fn check(toml: &str) -> DiskHasSpace {
    toml::from_str(toml).unwrap()
}

async fn ask(check: &DiskHasSpace, resources: Resources) -> Result<Outcome, CheckError> {
    check.run(&CheckContext::alone(CheckId::new("disk").unwrap(), Arc::new(resources))).await
}

async fn on_fixed(toml: &str, mounts: &[(&str, Usage)]) -> Result<Outcome, CheckError> {
    let mut resources = Resources::new();
    resources.insert(Filesystems::fixed(mounts.iter().cloned()));
    ask(&check(toml), resources).await
}

async fn on_machine(check: &DiskHasSpace) -> Result<Outcome, CheckError> {
    ask(check, Resources::new()).await
}

fn value(answer: &Result<Outcome, CheckError>, name: &str) -> Value {
    answer.as_ref().unwrap().finding().evidence.get(name).unwrap().clone()
}

fn float(answer: &Result<Outcome, CheckError>, name: &str) -> f64 {
    match value(answer, name) {
        Value::Float(number) => number,
        other => panic!("`{name}` is {other:?}"),
    }
}

fn sda(total: u64, free: u64) -> Usage {
    Usage::new(total, free).inodes(1000, 800).device("/dev/sda1").filesystem("ext4")
}

#[tokio::test]
async fn a_disk_with_room_passes() {
    let answer = on_fixed(
        "path = '/var/lib/vapora'\nfree = '20GiB'\nfree_percent = 50\ninodes_percent = 80",
        &[("/", sda(40 * GIB, 2 * GIB)), ("/var/lib", sda(200 * GIB, 131 * GIB))],
    )
    .await;
    insta::assert_snapshot!(told(&answer), @"pass: `/var/lib/vapora` (on `/var/lib`, `/dev/sda1` of `ext4`) has 131GiB free (65.5%)");
    assert_eq!(value(&answer, "mount"), Value::from("/var/lib"));
    assert_eq!(value(&answer, "total"), Value::from(200 * GIB));
    assert_eq!(value(&answer, "read_only"), Value::Bool(false));
    assert!((float(&answer, "used_percent") - 34.5).abs() < 1e-9);
}

#[tokio::test]
async fn a_full_disk_fails_by_every_limit() {
    let full = [("/", sda(40 * GIB, GIB).inodes(1000, 9))];
    insta::assert_snapshot!(
        told(&on_fixed("path = '/srv'\nfree = '20GiB'\nfree_percent = 15\ninodes_percent = 5", &full).await),
        @"
    fail: `/srv` (on `/`, `/dev/sda1` of `ext4`): 1GiB free, 19GiB too little; 2.5% free; 0.9% of the inodes free
    expected: at least 20GiB free; at least 15% free; at least 5% of the inodes free
    actual: 1GiB free, 19GiB too little; 2.5% free; 0.9% of the inodes free
    remedy: see with `du -xh -d 1 / | sort -h` what is large there; remove what is no longer needed, or enlarge the file system
    "
    );
    for limit in ["free = '20GiB'", "free_percent = 15", "inodes_percent = 5", "free_percent = 2.51"] {
        let answer = on_fixed(&format!("path = '/srv'\n{limit}"), &full).await;
        assert!(matches!(answer, Ok(Outcome::Fail(_))), "{limit}: {answer:?}");
    }
}

#[tokio::test]
async fn a_limit_that_is_just_met_passes_and_one_byte_less_fails() {
    let free = |bytes: u64| [("/", Usage::new(100 * GIB, bytes))];
    let asked = "path = '/'\nfree = '20GiB'\nfree_percent = 20";
    assert!(matches!(on_fixed(asked, &free(20 * GIB)).await, Ok(Outcome::Pass(_))));
    let answer = on_fixed(asked, &free(20 * GIB - 1)).await;
    insta::assert_snapshot!(told(&answer), @"
    fail: `/`: 20.0GiB free, 1B too little; 19.99% free
    expected: at least 20GiB free; at least 20% free
    actual: 20.0GiB free, 1B too little; 19.99% free
    remedy: see with `du -xh -d 1 / | sort -h` what is large there; remove what is no longer needed, or enlarge the file system
    ");
    assert!(float(&answer, "free_percent") < 20.0);
    assert!(float(&answer, "used_percent") > 80.0);
}

#[tokio::test]
async fn what_is_kept_back_for_the_superuser_is_not_free() {
    let ext4 = [("/", Usage::new(100 * GIB, 0).reserved(5 * GIB))];
    let answer = on_fixed("path = '/'\nfree = '1B'\nfree_percent = 0.1", &ext4).await;
    assert!(matches!(answer, Ok(Outcome::Fail(_))), "{answer:?}");
    assert!((float(&answer, "used_percent") - 100.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_read_only_mount_fails_unless_it_is_allowed() {
    let frozen = [("/", sda(40 * GIB, 30 * GIB).read_only())];
    insta::assert_snapshot!(told(&on_fixed("path = '/'\nfree = '1GiB'", &frozen).await), @"
    fail: `/` (`/dev/sda1` of `ext4`): mounted read-only
    expected: mounted for writing
    actual: mounted read-only
    remedy: find out with `dmesg` why it is read-only (the kernel remounts so after errors), and mount it for writing
    ");
    let allowed = "path = '/'\nfree = '1GiB'\nallow_read_only = true";
    let answer = on_fixed(allowed, &frozen).await;
    assert!(matches!(answer, Ok(Outcome::Pass(_))), "{answer:?}");
    assert_eq!(value(&answer, "read_only"), Value::Bool(true));
}

#[tokio::test]
async fn a_file_system_without_inodes_errs_only_when_inodes_are_asked_for() {
    let btrfs = [("/", Usage::new(40 * GIB, 30 * GIB).inodes(0, 0).filesystem("btrfs"))];
    insta::assert_snapshot!(told(&on_fixed("path = '/x'\nfree = '1GiB'\ninodes_percent = 5", &btrfs).await), @"
    permanent error: the file system behind `/x` (`btrfs`) has no inode count
    remedy: leave out `inodes_percent` for it
    ");
    let answer = on_fixed("path = '/x'\nfree = '1GiB'", &btrfs).await;
    assert!(matches!(answer, Ok(Outcome::Pass(_))), "{answer:?}");
    assert_eq!(value(&answer, "inodes_free_percent"), Value::Null);
}

#[tokio::test]
async fn a_path_outside_of_the_given_file_systems_is_an_error() {
    let answer = on_fixed("path = '/var'\nfree = '1GiB'", &[("/data", sda(40 * GIB, 30 * GIB))]).await;
    insta::assert_snapshot!(told(&answer), @"
    permanent error: `/var` does not exist
    remedy: create it or mount its file system, or correct `path`
    ");
    assert!(on_fixed("path = '/var'\nfree = '1GiB'", &[]).await.is_err());
}

#[tokio::test]
async fn a_real_folder_is_looked_up_through_its_links() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let mut asked = DiskHasSpace::new(&link);
    asked.free = Some("1B".parse().unwrap());
    let answer = on_machine(&asked).await;
    assert!(matches!(answer, Ok(Outcome::Pass(_))), "{answer:?}");
    let Value::Text(mount) = value(&answer, "mount") else { panic!("{answer:?}") };
    assert!(folder.path().canonicalize().unwrap().starts_with(&mount), "{mount}");
    assert!(matches!(value(&answer, "filesystem"), Value::Text(_)));
    let sum = float(&answer, "used_percent") + float(&answer, "free_percent");
    assert!((100.0..100.03).contains(&sum), "{sum}");
    asked.free = Some("8000PB".parse().unwrap());
    assert!(matches!(on_machine(&asked).await, Ok(Outcome::Fail(_))));
}

#[tokio::test]
async fn a_file_system_without_capacity_fails() {
    assert!(Path::new("/proc/self").exists(), "this test needs `/proc`");
    for limit in ["free = '1B'", "free_percent = 0.001", "inodes_percent = 1"] {
        let answer = on_machine(&check(&format!("path = '/proc'\n{limit}\nallow_read_only = true"))).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&answer), @"
            fail: the file system behind `/proc` (`proc`) has no capacity
            expected: a file system that stores data
            actual: `proc` of 0 bytes
            remedy: correct `path`, or mount the file system that belongs there
            ");
        }
    }
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_a_permanent_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for missing in ["missing/deeper", "file/below", "nul\0byte"] {
        let mut asked = DiskHasSpace::new(folder.path().join(missing));
        asked.free = Some("1B".parse().unwrap());
        let error = on_machine(&asked).await.unwrap_err();
        assert!(!error.is_transient(), "{error}");
        assert!(error.report().remedy.is_some(), "{error}");
    }
}

#[test]
fn a_limit_that_cannot_trigger_is_a_problem() {
    let problems = |toml: &str| {
        let mut problems = Problems::default();
        check(toml).validate(&mut problems);
        problems.messages().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(problems("path = '/'\nfree = '1B'\nfree_percent = 100\ninodes_percent = 0.5").is_empty());
    insta::assert_debug_snapshot!(
        [
            problems("path = ''"),
            problems("path = '/'\nallow_read_only = true"),
            problems("path = '/'\nfree = '0B'\nfree_percent = 0\ninodes_percent = 0.0"),
            problems("path = '/'\nfree_percent = -1\ninodes_percent = 100.5"),
            problems("path = '/'\nfree_percent = nan\ninodes_percent = inf"),
        ],
        @r#"
    [
        [
            "the path is empty",
            "there is no limit, so nothing is asked",
        ],
        [
            "there is no limit, so nothing is asked",
        ],
        [
            "a limit of 0 bytes always holds",
            "a limit of 0% always holds",
            "a limit of 0% always holds",
        ],
        [
            "expected more than 0 and at most 100 percent, found `-1`",
            "expected more than 0 and at most 100 percent, found `100.5`",
        ],
        [
            "expected more than 0 and at most 100 percent, found `NaN`",
            "expected more than 0 and at most 100 percent, found `inf`",
        ],
    ]
    "#
    );
}

#[tokio::test]
async fn every_value_of_the_evidence_is_declared() {
    let answer = on_fixed("path = '/'\nfree = '1B'", &[("/", sda(10, 5))]).await;
    let emitted: Vec<_> =
        answer.unwrap().finding().evidence.items().iter().map(|it| it.name.clone()).collect();
    let declared: Vec<_> = DiskHasSpace::evidence().iter().map(|field| field.name).collect();
    assert_eq!(emitted, declared);
}

#[test]
fn the_example_is_a_check_of_this_kind() {
    let mut example: toml::Table = toml::from_str(DiskHasSpace::EXAMPLE).unwrap();
    let mut table = example["check"]["data-disk"].as_table_mut().cloned().unwrap_or_default();
    assert_eq!(table.remove("kind").unwrap().as_str(), Some(DiskHasSpace::NAME));
    table.remove("title");
    let asked: DiskHasSpace = table.try_into().unwrap();
    let mut problems = Problems::default();
    asked.validate(&mut problems);
    assert_eq!(problems.messages().count(), 0);
    example.clear();
    let mut registry = Registry::new();
    vapora_preflight_storage::register(&mut registry);
    assert!(registry.kinds().all(|kind| kind.parameters().iter().all(|name| {
        kind.schema["properties"][*name]["description"].as_str().is_some_and(|docs| !docs.is_empty())
    })));
}

#[tokio::test]
async fn what_the_path_is_on_can_be_asked_for() {
    let disk = sda(40 * GIB, 30 * GIB).options(["rw", "noatime", "nodev"]);
    let asked =
        "path = '/srv/data'\nmounted_at = '/srv'\nfilesystem = ['xfs', 'ext4']\noptions = ['noatime']";
    let answer = on_fixed(asked, &[("/", sda(GIB, GIB)), ("/srv", disk.clone())]).await;
    assert!(matches!(answer, Ok(Outcome::Pass(_))), "{answer:?}");
    assert_eq!(value(&answer, "options"), Value::from(vec!["rw", "noatime", "nodev"]));
    insta::assert_snapshot!(told(&on_fixed(asked, &[("/", sda(40 * GIB, 30 * GIB).filesystem("btrfs").options(["rw"]))]).await), @"
    fail: `/srv/data` (on `/`, `/dev/sda1` of `btrfs`): on the one at `/`; a `btrfs`; mounted with `rw`
    expected: on the file system at `/srv`; a file system `xfs` or `ext4`; mounted with `noatime`
    actual: on the one at `/`; a `btrfs`; mounted with `rw`
    remedy: mount the file system that belongs there, with its options, or correct `path`; look at it with `findmnt -T /srv/data`
    ");
    let unknown = Usage::new(40 * GIB, 30 * GIB);
    for asked in ["filesystem = ['ext4']", "options = ['rw']"] {
        let answer = on_fixed(&format!("path = '/'\n{asked}"), &[("/", unknown.clone())]).await;
        assert!(answer.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn inodes_are_counted_too() {
    let disk = [("/", sda(40 * GIB, 30 * GIB).inodes(1000, 99))];
    assert!(matches!(on_fixed("path = '/'\ninodes = 99", &disk).await, Ok(Outcome::Pass(_))));
    let answer = on_fixed("path = '/'\ninodes = 100", &disk).await;
    insta::assert_snapshot!(told(&answer), @"
    fail: `/` (`/dev/sda1` of `ext4`): 99 inodes free
    expected: at least 100 inodes free
    actual: 99 inodes free
    remedy: see with `du -x --inodes -d 1 / | sort -h` what is large there; remove what is no longer needed, or enlarge the file system
    ");
    assert_eq!(
        (value(&answer, "inodes"), value(&answer, "inodes_free")),
        (Value::from(1000), Value::from(99))
    );
    let none = [("/", Usage::new(40 * GIB, 30 * GIB).inodes(0, 0))];
    assert!(on_fixed("path = '/'\ninodes = 1", &none).await.is_err());
}

#[tokio::test]
async fn the_options_of_a_real_mount_are_told() {
    let answer = on_machine(&check("path = '/'\nfree = '1B'\nallow_read_only = true")).await;
    let Value::List(options) = value(&answer, "options") else { panic!("{answer:?}") };
    assert!(options.contains(&Value::from("rw")) || options.contains(&Value::from("ro")), "{options:?}");
    assert_eq!(value(&answer, "mount"), Value::from("/"));
}
