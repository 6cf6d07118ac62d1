//! `ci.pipeline_triggered` and `ci.pipeline_succeeded`.

use vapora_preflight::{Kind, Outcome, Problems, Value};
use vapora_preflight_http::{CiPipelineSucceeded, CiPipelineTriggered};
use vapora_preflight_sim::{Fault, FaultPlan, ForgeDialect, SimForge, SimLimit, SimRun};

use crate::ask::{PROJECT, TOKEN, ask, assert_told, context, forge, run, with_evidence};

pub(crate) const PIPELINES: [ForgeDialect; 2] = [ForgeDialect::GitHub, ForgeDialect::Woodpecker];
const COMMIT: &str = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e";

pub(crate) async fn ci(dialect: ForgeDialect) -> (SimForge, String) {
    let forge = forge(dialect).await;
    forge.edit(|state| state.workflows = vec!["release.yml".to_owned()]);
    let api = if dialect == ForgeDialect::GitHub { "github_actions" } else { "woodpecker" };
    let settings = format!(
        "ci = {{ api = '{api}', url = '{}', project = '{PROJECT}', token = {{ env = 'TOKEN' }} }}\n",
        forge.url()
    );
    (forge, settings)
}

fn triggering(dialect: ForgeDialect, settings: &str) -> String {
    let workflow = if dialect == ForgeDialect::GitHub { "workflow = 'release.yml'\n" } else { "" };
    format!("{settings}{workflow}branch = 'main'\n")
}

fn a_run(id: u64, state: &str) -> SimRun {
    SimRun {
        id,
        workflow: "release.yml".to_owned(),
        branch: "main".to_owned(),
        commit: COMMIT.to_owned(),
        event: "push".to_owned(),
        state: state.to_owned(),
        jobs: vec![("build".to_owned(), "success".to_owned()), ("package".to_owned(), state.to_owned())],
        inputs: Vec::new(),
    }
}

fn posts(forge: &SimForge) -> usize {
    forge.requests().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn a_pipeline_is_begun_and_its_run_is_told() {
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        let asked = triggering(dialect, &settings) + "inputs = { mode = 'enterprise' }\ncommit = '5ca1ab1e'";
        let outcome = ask::<CiPipelineTriggered>(&asked).await.unwrap();
        with_evidence::<CiPipelineTriggered>(&outcome);
        assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
        assert_eq!(outcome.finding().evidence.get("run"), Some(&Value::Int(1)));
        assert_eq!(outcome.finding().evidence.get("commit"), Some(&Value::from(COMMIT)));
        let inputs = forge.edit(|state| state.runs[0].inputs.clone());
        assert_eq!(inputs, [("mode".to_owned(), "enterprise".to_owned())]);
        assert!(forge.edit(|state| state.seen.clone()).iter().all(|token| token == TOKEN));
        assert_told!(format!("a_pipeline_is_begun_{dialect:?}"), Ok(outcome));
    }
}

#[tokio::test]
async fn a_run_that_is_not_told_is_looked_for() {
    let (forge, settings) = ci(ForgeDialect::GitHub).await;
    forge.edit(|state| {
        state.tells_run = false;
        let mut earlier = a_run(4, "success");
        earlier.event = "workflow_dispatch".to_owned();
        state.runs = vec![earlier, a_run(5, "success")];
    });
    let outcome = ask::<CiPipelineTriggered>(&triggering(ForgeDialect::GitHub, &settings)).await.unwrap();
    assert_eq!(outcome.finding().evidence.get("run"), Some(&Value::Int(6)), "{outcome:?}");
}

#[tokio::test]
async fn another_look_begins_no_other_run() {
    use vapora_preflight::Check as _;
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        let asked = triggering(dialect, &settings) + "commit = '0ddba110'";
        let check: CiPipelineTriggered = toml::from_str(&asked).unwrap();
        let cx = context();
        for attempt in 0..3 {
            let cx = if attempt == 0 { cx.clone() } else { cx.next_attempt() };
            let outcome = check.run(&cx).await.unwrap();
            assert!(
                matches!(&outcome, Outcome::Fail(it) if it.summary.contains("another commit")),
                "{outcome:?}"
            );
        }
        assert_eq!(posts(&forge), 1);
        assert_eq!(forge.edit(|state| state.runs.len()), 1);
    }
}

#[tokio::test]
async fn a_request_without_an_answer_is_not_sent_again() {
    for dialect in PIPELINES {
        for fault in [
            Fault::Cut,
            Fault::Status(500),
            Fault::Status(503),
            Fault::Garbage,
            Fault::Truncated,
            Fault::Empty,
        ] {
            let (forge, settings) = ci(dialect).await;
            let url = settings.clone();
            let checklist = format!(
                "checklist = 'it'\n[phase.before]\n[check.it]\nphase = 'before'\nkind = 'ci.pipeline_triggered'\n\
                 retry = {{ attempts = 4 }}\n{}",
                triggering(dialect, &url)
            );
            // before it are the list of runs, and for Woodpecker the look-up of the repository and its branches
            let number = if dialect == ForgeDialect::GitHub { 2 } else { 4 };
            forge.faults().set(FaultPlan::nth(number, fault));
            let status = run(&checklist).await;
            assert!(!status.holds(), "{dialect:?} {fault} {status:?}");
            assert_eq!(posts(&forge), 1, "{dialect:?} {fault} {status:?}");
        }
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_an_error() {
    let (forge, settings) = ci(ForgeDialect::GitHub).await;
    let asked = triggering(ForgeDialect::GitHub, &settings);
    assert_told!(
        "an_unknown_branch_is_an_error",
        ask::<CiPipelineTriggered>(&asked.replace("'main'", "'next'")).await
    );
    assert_told!(
        "an_unknown_workflow_is_an_error",
        ask::<CiPipelineTriggered>(&asked.replace("release.yml", "other.yml")).await
    );
    forge.edit(|state| state.lacking = Some("actions=write".to_owned()));
    assert_told!("a_token_that_may_not_begin_is_an_error", ask::<CiPipelineTriggered>(&asked).await);
    assert_eq!(forge.edit(|state| state.runs.len()), 0);
}

#[tokio::test]
async fn an_older_server_that_cannot_tell_the_run_is_asked_again_without_that() {
    let (forge, settings) = ci(ForgeDialect::GitHub).await;
    forge.edit(|state| state.older = true);
    let outcome = ask::<CiPipelineTriggered>(&triggering(ForgeDialect::GitHub, &settings)).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(outcome.finding().evidence.get("run"), Some(&Value::Int(1)));
    assert_eq!((posts(&forge), forge.edit(|state| state.runs.len())), (2, 1));
}

#[tokio::test]
async fn what_woodpecker_does_not_say_is_found_out_before_anything_is_begun() {
    let (forge, settings) = ci(ForgeDialect::Woodpecker).await;
    let asked = triggering(ForgeDialect::Woodpecker, &settings);
    let unknown = ask::<CiPipelineTriggered>(&asked.replace("'main'", "'next'")).await;
    assert_told!("an_unknown_branch_of_woodpecker_is_an_error", unknown);
    assert_eq!(posts(&forge), 0);
    // who may not push is told that there is nothing
    forge.edit(|state| state.lacking = Some("push".to_owned()));
    assert_told!(
        "a_token_of_woodpecker_that_may_not_push_is_an_error",
        ask::<CiPipelineTriggered>(&asked).await
    );
    assert_eq!(forge.edit(|state| state.runs.len()), 0);
}

#[tokio::test]
async fn the_newest_run_is_looked_for_on_other_pages_too() {
    for (dialect, older) in
        [(ForgeDialect::GitHub, false), (ForgeDialect::Woodpecker, false), (ForgeDialect::Woodpecker, true)]
    {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| {
            state.older = older;
            state.runs = (1..=180).map(|id| a_run(id, "success")).collect();
            state.runs[0].branch = "release".to_owned();
            state.runs[0].commit = "0ddba11".repeat(6)[..40].to_owned();
        });
        for which in ["branch = 'release'", "commit = '0ddba11'"] {
            let outcome = ask::<CiPipelineSucceeded>(&(settings.clone() + which)).await.unwrap();
            assert!(matches!(outcome, Outcome::Pass(_)), "{dialect:?} {which} {outcome:?}");
            assert_eq!(outcome.finding().evidence.get("run"), Some(&Value::Int(1)));
        }
        let none = ask::<CiPipelineSucceeded>(&(settings.clone() + "commit = 'beef1234'")).await.unwrap();
        assert!(matches!(none, Outcome::Fail(_)), "{none:?}");
        // where there may be more, it is not known that there is none
        forge.edit(|state| state.runs = (1..=600).map(|id| a_run(id, "success")).collect());
        let error = ask::<CiPipelineSucceeded>(&(settings + "commit = 'beef1234'")).await.unwrap_err();
        assert!(error.to_string().contains("not among the newest 500"), "{error}");
    }
}

#[tokio::test]
async fn a_project_by_its_number_that_cannot_be_seen_is_an_error() {
    let (forge, settings) = ci(ForgeDialect::Woodpecker).await;
    let settings = settings.replace(&format!("'{PROJECT}'"), "'12'");
    let outcome = ask::<CiPipelineSucceeded>(&(settings.clone() + "run = 7")).await.unwrap();
    assert!(matches!(outcome, Outcome::Fail(_)), "{outcome:?}");
    forge.edit(|state| state.visible = false);
    let error = ask::<CiPipelineSucceeded>(&(settings + "run = 7")).await.unwrap_err();
    assert!(error.to_string().contains("may not see it"), "{error}");
}

#[tokio::test]
async fn pipelines_are_found_below_a_path_of_their_server() {
    for (dialect, below) in [(ForgeDialect::GitHub, "/api/v3"), (ForgeDialect::Woodpecker, "/ci")] {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| {
            state.below = below.to_owned();
            state.runs = (1..=80).map(|id| a_run(id, "success")).collect();
            state.runs[0].branch = "release".to_owned();
            state.older = true;
        });
        let root = forge.url().replace(below, "");
        let settings = settings.replace(&root, &forge.url());
        let outcome = ask::<CiPipelineSucceeded>(&(settings.clone() + "branch = 'release'")).await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)), "{dialect:?} {outcome:?}");
        let begun = ask::<CiPipelineTriggered>(&triggering(dialect, &settings)).await.unwrap();
        assert!(matches!(begun, Outcome::Pass(_)), "{dialect:?} {begun:?}");
    }
}

#[tokio::test]
async fn a_branch_without_a_pipeline_fails() {
    let (forge, settings) = ci(ForgeDialect::Woodpecker).await;
    forge.edit(|state| state.workflows.clear());
    let result = ask::<CiPipelineTriggered>(&triggering(ForgeDialect::Woodpecker, &settings)).await;
    assert_told!(result);
    with_evidence::<CiPipelineTriggered>(&result.unwrap());
}

#[tokio::test]
async fn a_run_that_succeeded_passes() {
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| state.runs = vec![a_run(3, "failure"), a_run(4, "success")]);
        let workflow = if dialect == ForgeDialect::GitHub { "workflow = 'release.yml'\n" } else { "" };
        for which in [
            "run = 4".to_owned(),
            format!("{workflow}branch = 'main'"),
            format!("{workflow}commit = '{COMMIT}'"),
            format!("{workflow}commit = '5CA1AB1E'\nbranch = 'main'"),
        ] {
            let outcome = ask::<CiPipelineSucceeded>(&(settings.clone() + &which)).await.unwrap();
            assert!(matches!(outcome, Outcome::Pass(_)), "{dialect:?} {which} {outcome:?}");
            with_evidence::<CiPipelineSucceeded>(&outcome);
            assert_eq!(outcome.finding().evidence.get("run"), Some(&Value::Int(4)));
        }
    }
}

#[tokio::test]
async fn a_run_that_has_not_ended_or_failed_fails() {
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| {
            state.runs =
                vec![a_run(1, "queued"), a_run(2, "in_progress"), a_run(3, "failure"), a_run(4, "cancelled")];
        });
        for number in 1..=5 {
            let result = ask::<CiPipelineSucceeded>(&format!("{settings}run = {number}")).await;
            assert_told!(format!("a_run_that_does_not_pass_{dialect:?}_{number}"), result);
            let outcome = result.unwrap();
            assert!(matches!(outcome, Outcome::Fail(_)));
            with_evidence::<CiPipelineSucceeded>(&outcome);
            assert_eq!(outcome.finding().lasting, matches!(number, 3 | 4), "{number}");
        }
    }
}

#[tokio::test]
async fn a_run_of_something_else_fails() {
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| state.runs = vec![a_run(4, "success")]);
        for other in [
            "run = 4\ncommit = '0ddba110'",
            "run = 4\nbranch = 'next'",
            "branch = 'next'",
            "commit = '0ddba110'",
        ] {
            let outcome = ask::<CiPipelineSucceeded>(&format!("{settings}{other}")).await.unwrap();
            assert!(matches!(outcome, Outcome::Fail(_)), "{dialect:?} {other} {outcome:?}");
        }
    }
}

#[tokio::test]
async fn the_run_of_the_baseline_is_waited_for_until_it_has_ended() {
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| {
            state.begin_as = "success".to_owned();
            state.runs = vec![a_run(3, "failure")];
        });
        let checklist = format!(
            "checklist = 'it'\n[phase.before]\n[check.begun]\nphase = 'before'\nkind = 'ci.pipeline_triggered'\n{}\n\
             [check.it]\nphase = 'before'\nkind = 'ci.pipeline_succeeded'\nbaseline = 'begun'\nneeds = ['begun']\n\
             until = {{ interval = '20s', timeout = '2m' }}\n{settings}",
            triggering(dialect, &settings)
        );
        let status = run(&checklist).await;
        assert!(status.holds(), "{status:?}");
        // and where it does not end, the check does
        forge.edit(|state| state.begin_as = "in_progress".to_owned());
        let status = run(&checklist).await;
        assert!(!status.holds());
        assert!(status.summary().contains("has not ended yet"), "{}", status.summary());
        assert!(forge.requests().len() > 8, "it looked once");
        // one that has failed does not get better
        forge.edit(|state| state.begin_as = "failure".to_owned());
        let before = forge.requests().len();
        let status = run(&checklist).await;
        assert!(status.summary().ends_with("ended with `failure`"), "{}", status.summary());
        assert!(forge.requests().len() - before < 8, "it went on looking");
    }
}

#[tokio::test]
async fn which_run_has_to_be_said() {
    let (_forge, settings) = ci(ForgeDialect::GitHub).await;
    assert_told!(ask::<CiPipelineSucceeded>(&settings).await);
}

#[tokio::test]
async fn a_project_that_cannot_be_seen_has_no_runs_that_are_known() {
    for dialect in PIPELINES {
        let (forge, settings) = ci(dialect).await;
        forge.edit(|state| state.visible = false);
        let error = ask::<CiPipelineSucceeded>(&(settings.clone() + "run = 1")).await.unwrap_err();
        assert!(!error.is_transient(), "{error}");
        forge.edit(|state| state.limited = Some(SimLimit::TooFast(Some(5))));
        let error = ask::<CiPipelineSucceeded>(&(settings.clone() + "run = 1")).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        let other = settings.replace("'TOKEN'", "'OLD_TOKEN'");
        let error = ask::<CiPipelineSucceeded>(&(other + "run = 1")).await.unwrap_err();
        assert!(error.to_string().contains("does not accept the token"), "{error}");
    }
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    fn told<K: Kind>(parameters: &str) -> String {
        let mut problems = Problems::default();
        toml::from_str::<K>(parameters).unwrap().validate(&mut problems);
        problems.messages().collect::<Vec<_>>().join("\n")
    }
    let all = [
        told::<CiPipelineTriggered>("ci = { api = 'github_actions', project = 'a/b' }\nbranch = ' '"),
        told::<CiPipelineTriggered>(
            "ci = { api = 'woodpecker', project = 'a' }\nbranch = 'main'\nworkflow = 'x'\ncommit = 'main'",
        ),
        told::<CiPipelineSucceeded>(
            "ci = { api = 'github_actions', project = 'a/b', url = 'https://github.com/a/b' }\nrun = 1\nworkflow = 'x'\nbranch = ''\ncommit = '123'",
        ),
        told::<CiPipelineSucceeded>(
            "ci = { api = 'woodpecker', project = '12', url = 'https://ci.a.test', token = { env = 'T' } }\nrun = 1",
        ),
    ]
    .join("\n");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("parameters_of_pipelines_that_do_not_go_together", all);
    });
}
