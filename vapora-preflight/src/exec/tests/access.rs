use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;

use crate::{
    Access, Check, CheckError, Decision, EventKind, Permission, Resources, Target, TargetName,
    exec::testing::{Answer, Script, Table, Tape, in_short, paused, run, script, told},
};

/// Denies what it is told to deny, or does not answer.
#[derive(Debug)]
enum Denies {
    These(Vec<&'static str>),
    Errs,
    Hangs,
}

#[async_trait]
impl Access for Denies {
    async fn denied(&self, rights: &[Permission]) -> Result<Vec<Permission>, CheckError> {
        match self {
            Self::These(verbs) => {
                Ok(rights.iter().filter(|right| verbs.contains(&right.verb.as_str())).cloned().collect())
            }
            Self::Errs => Err(CheckError::transient("connection refused")),
            Self::Hangs => std::future::pending().await,
        }
    }
}

fn name() -> TargetName {
    TargetName::new("production").unwrap()
}

fn resources(access: Denies) -> Resources {
    let mut resources = Resources::new();
    resources.review_access_of(&name(), Arc::new(access));
    resources
}

/// A check of the target that needs these rights.
fn needing(table: Table, id: &str, check: impl Check + 'static, rights: &[Permission]) -> Table {
    let target = Arc::new(Target::new(name(), false));
    table.check(id, &[], check).declared(|check| check.target = Some(name())).planned(|check| {
        check.target = Some(target);
        check.permissions = rights.to_vec();
    })
}

fn right(verb: &str) -> Permission {
    Permission::new(verb, "apps", "deployments").in_namespace("vapora")
}

fn world(lists: &Script, patches: &Script) -> crate::Plan {
    let table = needing(Table::new(), "lists", lists.clone(), &[right("list"), right("get").optional()]);
    needing(table, "patches", patches.clone(), &[right("list"), right("patch")]).plan()
}

fn pass() -> Script {
    script([Answer::Pass])
}

#[test]
fn every_missing_right_is_known_before_anything_is_asked() {
    paused(async {
        let (lists, patches) = (pass(), pass());
        let plan = world(&lists, &patches);
        let mut tape = Tape::default();
        let denies = Denies::These(vec!["patch", "get"]);
        let outcome = run(&plan).resources(resources(denies)).record(&mut tape).execute().await.unwrap();
        assert_eq!((lists.calls(), patches.calls()), (1, 0));
        assert_eq!(
            told(&outcome, "patches"),
            "errored: on `production` the right is missing to patch deployments.apps in `vapora`"
        );
        assert_eq!(outcome.decision(), Decision::Undecided);
        assert_eq!(in_short(&tape.events)[2], "reviewed production: 2");
        let run = outcome.report.runs().last().unwrap();
        let review = &run.access[0];
        assert_eq!((review.asked, review.failed.as_deref()), (3, None));
        // What has to be there comes first.
        let rights: Vec<(bool, &str, Vec<&str>)> = review
            .denied
            .iter()
            .map(|one| {
                (one.optional, one.right.as_str(), one.checks.iter().map(crate::CheckId::as_str).collect())
            })
            .collect();
        assert_eq!(
            rights,
            [
                (false, "patch deployments.apps in `vapora`", vec!["patches"]),
                (true, "get deployments.apps in `vapora`", vec!["lists"]),
            ]
        );
    });
}

#[test]
fn where_it_cannot_be_found_out_the_checks_find_out_for_themselves() {
    paused(async {
        for (access, words) in [(Denies::Errs, "connection refused"), (Denies::Hangs, "no answer within 15s")]
        {
            let (lists, patches) = (pass(), pass());
            let plan = world(&lists, &patches);
            let outcome = run(&plan).resources(resources(access)).execute().await.unwrap();
            assert_eq!((lists.calls(), patches.calls(), outcome.decision()), (1, 1, Decision::Go));
            assert_eq!(outcome.report.runs()[0].access[0].failed.as_deref(), Some(words));
        }
    });
}

#[test]
fn a_run_that_is_told_not_to_asks_for_no_rights() {
    paused(async {
        let plan = world(&pass(), &pass());
        let denies = Denies::These(vec!["list"]);
        let outcome = run(&plan).resources(resources(denies)).review_access(false).execute().await.unwrap();
        assert_eq!(outcome.decision(), Decision::Go);
        assert!(outcome.report.runs()[0].access.is_empty());
    });
}

#[test]
fn a_run_says_how_much_it_has_used() {
    paused(async {
        let counter = Arc::new(AtomicU64::new(40));
        let read = Arc::clone(&counter);
        let mut resources = Resources::new();
        resources.meter(Some(&name()), "requests", move || read.load(Ordering::SeqCst));
        let uses = crate::check_fn("uses", move |_| {
            counter.fetch_add(2, Ordering::SeqCst);
            std::future::ready(Ok(crate::Outcome::pass("used")))
        });
        let plan = Table::new().check("a", &[], uses).plan();
        let mut tape = Tape::default();
        let outcome = run(&plan).resources(resources).record(&mut tape).execute().await.unwrap();
        let usage = &outcome.report.runs()[0].usage;
        assert_eq!(
            (usage[0].target.as_ref(), usage[0].what.as_str(), usage[0].amount),
            (Some(&name()), "requests", 2)
        );
        assert!(tape.events.iter().any(|event| matches!(event.kind, EventKind::Used(_))));
    });
}
