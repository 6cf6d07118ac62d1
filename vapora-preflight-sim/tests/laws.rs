//! The laws find what is wrong with a kind: each of these kinds breaks one, and that one is named.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, NoSecrets, Outcome, Registry,
    Resources, async_trait,
};
use vapora_preflight_sim::{
    Cluster,
    laws::{Breach, Case, Law, breaches, undocumented, without_a_case},
};

/// Reads whether the feature is on; every error is told.
async fn feature(cx: &CheckContext) -> Result<Finding, CheckError> {
    let client = cx.resource::<Client>()?;
    let features = Api::<ConfigMap>::namespaced((*client).clone(), "shop").get("features").await?;
    let on = features.data.is_some_and(|data| data.get("discounts").is_some_and(|value| value == "on"));
    if on {
        Ok(Finding::new("it is on").with("value", "on"))
    } else {
        Err(CheckError::permanent("it is off"))
    }
}

/// What the bad kinds keep from run to run, in the resources of the run.
#[derive(Debug, Default)]
struct Memory {
    busy: AtomicBool,
    count: AtomicU32,
}

/// Defines a kind with the parameters `token` and `folder`, and what it does.
macro_rules! kind {
    ($(#[$meta:meta])* $type:ident, $name:literal, |$it:ident, $cx:ident| $run:expr) => {
        $(#[$meta])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct $type {
            /// A token.
            #[serde(default)]
            #[allow(dead_code, reason = "it is there to be shown")]
            token: Option<String>,
            /// A folder.
            #[serde(default)]
            folder: Option<PathBuf>,
        }

        #[async_trait]
        impl Check for $type {
            async fn run(&self, $cx: &CheckContext) -> CheckResult {
                let $it = self;
                let _ = &$it.folder;
                $run
            }
        }

        impl Kind for $type {
            const NAME: &'static str = $name;
            const EXAMPLE: &'static str = concat!("[check.it]\nkind = \"", $name, "\"\n");

            fn evidence() -> &'static [EvidenceField] {
                &[EvidenceField { name: "value", about: "what the feature is set to" }]
            }
        }
    };
}

kind!(
    /// It is as it should be.
    Good,
    "bad.none",
    |_it, cx| feature(cx).await.map(Outcome::Pass)
);
kind!(
    /// It takes an error for a pass.
    PassesOnError,
    "bad.passes_on_error",
    |_it, cx| Ok(Outcome::Pass(feature(cx).await.unwrap_or_else(|_| Finding::new("surely it is on"))))
);
kind!(
    /// It takes a question that does not arise for an answer.
    ShrugsOnError,
    "bad.shrugs_on_error",
    |_it, cx| Ok(match feature(cx).await {
        Ok(finding) => Outcome::Pass(finding),
        Err(_) => Outcome::NotApplicable(Finding::new("there seem to be no features")),
    })
);
kind!(
    /// It gives up by itself, and calls that an answer.
    FailsOnSilence,
    "bad.fails_on_silence",
    |_it, cx| match tokio::time::timeout(Duration::from_millis(20), feature(cx)).await {
        Ok(answer) => answer.map(Outcome::Pass),
        Err(_) => Ok(Outcome::fail("it is off")),
    }
);
kind!(
    /// It blocks its thread while it waits, as long as the limit of this test.
    Blocks,
    "bad.blocks",
    |_it, cx| {
        let (never, silent) = (Condvar::new(), Mutex::new(()));
        drop(never.wait_timeout(silent.lock().unwrap(), Duration::from_millis(500)));
        feature(cx).await.map(Outcome::Pass)
    }
);
kind!(
    /// It remembers that it is busy, and forgets that it may be dropped.
    StaysBusy,
    "bad.stays_busy",
    |_it, cx| {
        let memory = cx.resource::<Memory>()?;
        if memory.busy.swap(true, Ordering::SeqCst) {
            return Err(CheckError::permanent("somebody else asks"));
        }
        // a server in process may answer at once, and then there would be no await to be dropped at
        tokio::task::yield_now().await;
        let answer = feature(cx).await;
        memory.busy.store(false, Ordering::SeqCst);
        answer.map(Outcome::Pass)
    }
);
kind!(
    /// It says something else each time.
    Counts,
    "bad.counts",
    |_it, cx| {
        let count = cx.resource::<Memory>()?.count.fetch_add(1, Ordering::SeqCst);
        Ok(Outcome::Pass(feature(cx).await?.with("value", count)))
    }
);
kind!(
    /// It switches the feature on where it should look.
    Writes,
    "bad.writes",
    |_it, cx| {
        let client = cx.resource::<Client>()?;
        let features = Api::<ConfigMap>::namespaced((*client).clone(), "shop");
        let finding = feature(cx).await?;
        let mut written = ConfigMap::default();
        written.metadata.generate_name = Some("features-".to_owned());
        match features.create(&kube::api::PostParams::default(), &written).await {
            Ok(_) => Ok(Outcome::Pass(finding)),
            Err(_) => Err(CheckError::permanent("nothing was written")),
        }
    }
);
kind!(
    /// It lets the server try what it would do with an object, and keeps nothing.
    Tries,
    "good.tries",
    |_it, cx| {
        let client = cx.resource::<Client>()?;
        let features = Api::<ConfigMap>::namespaced((*client).clone(), "shop");
        let finding = feature(cx).await?;
        let mut tried = ConfigMap::default();
        tried.metadata.generate_name = Some("features-".to_owned());
        let dry = kube::api::PostParams { dry_run: true, ..kube::api::PostParams::default() };
        match features.create(&dry, &tried).await {
            Ok(_) => Ok(Outcome::Pass(finding)),
            Err(_) => Err(CheckError::permanent("nothing was tried")),
        }
    }
);
kind!(
    /// It leaves a file behind.
    Litters,
    "bad.litters",
    |it, cx| {
        fs::write(it.folder.as_ref().unwrap().join("left-behind"), "x").unwrap();
        feature(cx).await.map(Outcome::Pass)
    }
);
kind!(
    /// It keeps its token as text, and shows it in `Debug`.
    ShowsToken,
    "bad.shows_token",
    |_it, cx| feature(cx).await.map(Outcome::Pass)
);
kind!(
    /// It says more than it declares.
    SaysMore,
    "bad.says_more",
    |_it, cx| Ok(Outcome::Pass(feature(cx).await?.with("mood", "good")))
);
kind!(
    /// It asks nobody.
    AsksNobody,
    "bad.asks_nobody",
    |_it, _cx| Ok(Outcome::pass("it is on"))
);
kind!(
    /// It never holds.
    NeverHolds,
    "bad.never_holds",
    |_it, cx| feature(cx).await.map(Outcome::Fail)
);

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.add::<Good>().add::<PassesOnError>().add::<ShrugsOnError>().add::<FailsOnSilence>();
    registry
        .add::<Blocks>()
        .add::<StaysBusy>()
        .add::<Counts>()
        .add::<Writes>()
        .add::<Litters>()
        .add::<Tries>();
    registry.add::<ShowsToken>().add::<SaysMore>().add::<AsksNobody>().add::<NeverHolds>();
    registry
}

fn checklist(kind: &str, parameters: &str) -> String {
    format!(
        "checklist = \"case\"\n[phase.before]\n[check.it]\nkind = \"{kind}\"\nphase = \"before\"\n\
         timeout = \"100ms\"\n{parameters}\n"
    )
}

fn case(kind: &'static str, parameters: &str) -> Case {
    let cluster = Cluster::builder("shop").config_map("shop", "features", [("discounts", "on")]).build();
    let mut resources = Resources::new();
    resources.insert(Client::new(cluster.service(), "shop")).insert(Memory::default());
    let asked = cluster.clone();
    Case::new(kind, checklist(kind, parameters))
        .resources(resources)
        .peer(cluster.faults(), move || asked.requests())
}

/// The laws that were broken, each once.
async fn broken(case: Case) -> Vec<Law> {
    let found = breaches(&registry(), &case).await;
    assert!(found.iter().all(|breach| breach.kind == case.kind()), "{found:?}");
    let mut laws: Vec<Law> = found.iter().map(|breach| breach.law).collect();
    laws.sort_unstable();
    laws.dedup();
    laws
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_is_as_it_should_be_breaks_no_law() {
    assert_eq!(breaches(&registry(), &case("bad.none", "")).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_taken_for_a_pass_is_a_false_green() {
    // where the answer never comes, the executor's time-out is no pass, whatever the kind would have made of it
    let found = breaches(&registry(), &case("bad.passes_on_error", "")).await;
    assert!(found.iter().all(|breach| breach.law == Law::NoFalseGreen), "{found:?}");
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 10, "{told:?}");
    assert_eq!(
        told[0],
        "`bad.passes_on_error` breaks the law of no false green: with request 1 of 1 failing by `cut`, it holds: \
         surely it is on"
    );
    assert_eq!(broken(case("bad.shrugs_on_error", "")).await, [Law::NoFalseGreen]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_world_in_which_it_holds_is_a_false_green() {
    let green = case("bad.none", "").broken("the sky falls", checklist("bad.none", "token = \"x\""));
    let found = breaches(&registry(), &green).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].law, found[0].what.as_str()),
        (Law::NoFalseGreen, "the sky falls, and it holds: it is on")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_taken_for_an_answer_and_a_blocked_thread_are_hangs() {
    assert_eq!(broken(case("bad.fails_on_silence", "")).await, [Law::NoHang]);
    let blocking = case("bad.blocks", "").patience(Duration::from_millis(50));
    assert_eq!(broken(blocking).await, [Law::NoHang]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_cannot_be_dropped_is_not_cancel_safe() {
    // a time-out drops it too, and it never answers again
    assert_eq!(broken(case("bad.stays_busy", "")).await, [Law::CancelSafe]);
    // without a peer that is slow, it is dropped by hand
    let mut resources = Resources::new();
    let cluster = Cluster::builder("shop").config_map("shop", "features", [("discounts", "on")]).build();
    resources.insert(Client::new(cluster.service(), "shop")).insert(Memory::default());
    let case = Case::new("bad.stays_busy", checklist("bad.stays_busy", ""))
        .broken("another day", checklist("bad.stays_busy", "expect = \"value == 'off'\""))
        .resources(resources);
    let found = breaches(&registry(), &case).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains(", dropped at await 1: `errored`: somebody else asks"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_that_differs_is_not_repeatable_unless_it_is_named() {
    let found = broken(case("bad.counts", "")).await;
    assert!(found.contains(&Law::Repeatable), "{found:?}");
    assert_eq!(broken(case("bad.counts", "").volatile(&["value"])).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_and_a_file_left_behind_are_no_reading() {
    assert_eq!(broken(case("bad.writes", "")).await, [Law::ReadsOnly]);
    let asked = case("bad.writes", "").question("/api/v1/namespaces/shop/configmaps");
    assert_eq!(broken(asked).await, []);
    assert_eq!(broken(case("good.tries", "")).await, [], "what is tried is not written");

    let folder = tempfile::tempdir().unwrap();
    let parameters = format!("folder = \"{}\"", folder.path().display());
    assert_eq!(broken(case("bad.litters", &parameters).folder(folder.path())).await, [Law::ReadsOnly]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_in_debug_is_told() {
    let shown = case("bad.shows_token", "token = \"hunter22\"").secrets(NoSecrets, &["hunter22"]);
    assert_eq!(broken(shown).await, [Law::KeepsSecrets]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_that_is_not_declared_is_not_documented() {
    let found = breaches(&registry(), &case("bad.says_more", "")).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].law, found[0].what.as_str()),
        (Law::Documented, "its evidence holds `mood`, which it does not declare")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_cannot_be_tried_is_told() {
    let cannot = [
        (case("bad.asks_nobody", ""), "it asked its peer nothing"),
        (case("bad.never_holds", ""), "it does not hold: failed: it is on"),
        (case("bad.unknown", ""), "the kind is not registered"),
        (Case::new("bad.none", checklist("bad.counts", "")), "the case has no check `it` of the kind"),
        (
            Case::new("bad.asks_nobody", checklist("bad.asks_nobody", "")),
            "it names neither a peer nor a broken world, so it cannot fail",
        ),
    ];
    for (case, what) in cannot {
        let found = breaches(&registry(), &case).await;
        let kind = case.kind().to_owned();
        assert_eq!(found, [Breach { kind, law: Law::Case, what: what.to_owned() }]);
    }
    let found = breaches(&registry(), &case("bad.none", "tokens = 1")).await;
    assert!(found[0].what.starts_with("the case does not compile: "), "{found:?}");
}

#[tokio::test]
async fn a_kind_without_a_case_is_named() {
    let mut registry = Registry::new();
    registry.add::<Good>().add::<Counts>();
    assert_eq!(without_a_case(&registry, &[case("bad.none", "")]), ["bad.counts"]);
}

/// An example that names a parameter it does not have, a parameter and a piece of evidence without a word.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrongExample {
    #[serde(default)]
    silent: bool,
}

#[async_trait]
impl Check for WrongExample {
    async fn run(&self, _cx: &CheckContext) -> CheckResult {
        Ok(if self.silent { Outcome::fail("no") } else { Outcome::pass("yes") })
    }
}

impl Kind for WrongExample {
    const NAME: &'static str = "bad.wrong_example";
    const EXAMPLE: &'static str = "[check.it]\nkind = \"bad.wrong_example\"\nloud = true\n";

    fn evidence() -> &'static [EvidenceField] {
        &[EvidenceField { name: "value", about: "" }]
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoWords {}

#[async_trait]
impl Check for NoWords {
    async fn run(&self, _cx: &CheckContext) -> CheckResult {
        Ok(Outcome::pass("yes"))
    }
}

impl Kind for NoWords {
    const NAME: &'static str = "bad.no_words";
    const EXAMPLE: &'static str = "[check.it]\nkind = \"bad.none\"\n";
}

#[tokio::test]
async fn what_is_not_documented_or_wrongly_so_is_told() {
    let mut registry = Registry::new();
    registry.add::<Good>().add::<WrongExample>().add::<NoWords>();
    let found = undocumented(&registry, "checklist = \"examples\"\n[phase.before]").await;
    assert!(found.iter().all(|breach| breach.law == Law::Documented));
    let told: Vec<(&str, &str)> =
        found.iter().map(|breach| (breach.kind.as_str(), breach.what.split(": ").next().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("bad.no_words", "it has no documentation"),
            ("bad.no_words", "its example holds no check of the kind"),
            ("bad.wrong_example", "the parameter `silent` has no documentation"),
            ("bad.wrong_example", "the evidence `value` has no documentation"),
            ("bad.wrong_example", "its example does not compile"),
        ]
    );
}
