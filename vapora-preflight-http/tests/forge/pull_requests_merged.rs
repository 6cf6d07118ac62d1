//! `forge.pull_requests_merged`.

use vapora_preflight::{Kind, Outcome, Problems, Value};
use vapora_preflight_http::ForgePullRequestsMerged;
use vapora_preflight_sim::{
    Fault, FaultPlan, ForgeDialect, SimChange, SimCommit, SimForge, SimForgeState, SimLimit, SimReview,
};

use crate::ask::{FORGES, NOW, TOKEN, ask, assert_told, forge, settings, with_evidence};

async fn with(dialect: ForgeDialect, change: impl FnOnce(&mut SimForgeState)) -> (SimForge, String) {
    let forge = forge(dialect).await;
    forge.edit(|state| {
        state.changes = (1..=3).map(|number| SimChange::merged(number, "ada", "grace")).collect();
        change(state);
    });
    let asked = settings(dialect, &forge) + "branch = 'main'\n";
    (forge, asked)
}

async fn outcome(asked: &str) -> Outcome {
    let outcome = ask::<ForgePullRequestsMerged>(asked).await.unwrap();
    with_evidence::<ForgePullRequestsMerged>(&outcome);
    outcome
}

#[tokio::test]
async fn changes_that_are_merged_and_reviewed_pass_at_every_forge() {
    for dialect in FORGES {
        let (forge, asked) = with(dialect, |_| {}).await;
        let outcome = outcome(&(asked + "numbers = [1, '#2', 3]")).await;
        assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
        assert_eq!(outcome.finding().evidence.get("changes"), Some(&Value::Int(3)));
        assert!(forge.edit(|state| state.seen.clone()).iter().all(|token| token == TOKEN));
        assert_told!("changes_that_are_merged_and_reviewed_pass", Ok(outcome));
    }
}

fn review(author: &str, state: &str) -> SimReview {
    SimReview { author: author.to_owned(), state: state.to_owned(), commit: String::new() }
}

#[tokio::test]
async fn what_is_wrong_with_each_is_told() {
    let (_forge, asked) = with(ForgeDialect::GitHub, |state| {
        state.changes[0].state = "open".to_owned();
        state.changes[1].base = "develop".to_owned();
        state.changes[1].reviews = vec![review("Ada", "APPROVED")];
        state.changes[1].check_runs =
            vec![("test".to_owned(), "failure".to_owned()), ("lint".to_owned(), "in_progress".to_owned())];
        state.changes[2].statuses.clear();
        state.changes[2].reviews.push(review("grace", "CHANGES_REQUESTED"));
    })
    .await;
    let result = ask::<ForgePullRequestsMerged>(&(asked + "numbers = [1, 2, 3, 9]")).await;
    assert_told!(result);
    with_evidence::<ForgePullRequestsMerged>(&result.unwrap());
}

#[tokio::test]
async fn the_last_word_of_a_reviewer_counts() {
    let first = |state: &str| vec![review("grace", state)];
    let then = |one: &str, other: &str| vec![review("grace", one), review("grace", other)];
    for (reviews, passes) in [
        (first("APPROVED"), true),
        (first("COMMENTED"), false),
        (first("DISMISSED"), false),
        (first("CHANGES_REQUESTED"), false),
        (vec![], false),
        (then("CHANGES_REQUESTED", "APPROVED"), true),
        (then("APPROVED", "COMMENTED"), true),
        (then("APPROVED", "CHANGES_REQUESTED"), false),
        (then("APPROVED", "DISMISSED"), false),
        (vec![review("ada", "APPROVED")], false),
        (vec![review("grace", "APPROVED"), review("linus", "CHANGES_REQUESTED")], false),
    ] {
        for dialect in [ForgeDialect::GitHub, ForgeDialect::Forgejo] {
            let (_forge, asked) = with(dialect, |state| state.changes[0].reviews = reviews.clone()).await;
            let outcome = outcome(&(asked + "numbers = [1]")).await;
            assert_eq!(matches!(outcome, Outcome::Pass(_)), passes, "{dialect:?} {reviews:?} {outcome:?}");
        }
    }
}

#[tokio::test]
async fn an_approval_of_an_earlier_commit_counts_unless_it_is_not_to() {
    for dialect in FORGES {
        let (forge, asked) = with(dialect, |state| {
            state.changes[0].reviews[0].commit = "0ddba11".repeat(5);
        })
        .await;
        let asked = asked + "numbers = [1]\n";
        assert!(matches!(outcome(&asked).await, Outcome::Pass(_)));
        let asked = asked + "approvals_of_head = true";
        let earlier = outcome(&asked).await;
        assert_eq!(
            earlier.finding().actual.as_deref(),
            Some("#1 is approved only at an earlier commit"),
            "{earlier:?}"
        );
        forge.edit(|state| state.changes[0].reviews.push(review("linus", "APPROVED")));
        let current = outcome(&asked).await;
        assert!(matches!(current, Outcome::Pass(_)), "{dialect:?} {current:?}");
    }
}

#[tokio::test]
async fn a_gitlab_that_does_not_tell_when_somebody_approved_is_an_error_where_that_counts() {
    let (_forge, asked) = with(ForgeDialect::GitLab, |state| state.older = true).await;
    let asked = asked + "numbers = [1]\n";
    assert!(matches!(outcome(&asked).await, Outcome::Pass(_)));
    assert_told!(ask::<ForgePullRequestsMerged>(&(asked + "approvals_of_head = true")).await);
}

#[tokio::test]
async fn whose_account_is_no_more_approves_nothing_and_may_still_object() {
    for dialect in [ForgeDialect::GitHub, ForgeDialect::Forgejo] {
        for (reviews, passes) in [
            (vec![review("", "APPROVED")], false),
            (vec![review("grace", "APPROVED"), review("", "COMMENTED")], true),
            (
                vec![review("", "CHANGES_REQUESTED"), review("grace", "APPROVED"), review("", "APPROVED")],
                false,
            ),
            (vec![review("", "DISMISSED"), review("grace", "APPROVED")], true),
        ] {
            let (_forge, asked) = with(dialect, |state| state.changes[0].reviews = reviews.clone()).await;
            let outcome = outcome(&(asked + "numbers = [1]")).await;
            assert_eq!(matches!(outcome, Outcome::Pass(_)), passes, "{dialect:?} {reviews:?} {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_reviewer_of_gitlab_who_asks_for_changes_is_heard() {
    let (_forge, asked) = with(ForgeDialect::GitLab, |state| {
        state.changes[0].reviews.push(review("linus", "CHANGES_REQUESTED"));
    })
    .await;
    let outcome = outcome(&(asked + "numbers = [1]")).await;
    let told = outcome.finding().actual.as_deref();
    assert_eq!(told, Some("#1 is to be changed by the word of linus"), "{outcome:?}");
}

#[tokio::test]
async fn the_pipeline_of_what_a_merge_comes_to_counts() {
    let (forge, asked) = with(ForgeDialect::GitLab, |state| {
        state.changes[0].merge_result = Some("5eed".repeat(10));
    })
    .await;
    let asked = asked + "numbers = [1]";
    assert!(matches!(outcome(&asked).await, Outcome::Pass(_)));
    forge.edit(|state| state.changes[0].statuses[0].1 = "failure".to_owned());
    assert!(matches!(outcome(&asked).await, Outcome::Fail(_)));
}

#[tokio::test]
async fn more_statuses_than_a_page_holds_are_all_read() {
    for dialect in FORGES {
        let (_forge, asked) = with(dialect, |state| {
            let status = |number: usize| (format!("ci/{number}"), "success".to_owned());
            state.changes[0].statuses = (1..=130).map(status).collect();
            state.changes[0].statuses[129].1 = "failure".to_owned();
        })
        .await;
        let outcome = outcome(&(asked + "numbers = [1]")).await;
        let told = outcome.finding().actual.as_deref();
        assert_eq!(told, Some("#1 has failed checks (ci/130)"), "{dialect:?} {outcome:?}");
    }
}

#[tokio::test]
async fn a_forge_below_a_path_or_behind_a_proxy_is_read_to_its_end() {
    for (dialect, below) in [
        (ForgeDialect::GitHub, "/api/v3"),
        (ForgeDialect::Forgejo, "/git"),
        (ForgeDialect::GitLab, "/gitlab"),
    ] {
        let (forge, _) = with(dialect, |state| {
            state.below = below.to_owned();
            state.page_size = 2;
            state.changes = (1..=5).map(|number| SimChange::merged(number, "ada", "grace")).collect();
            for change in &mut state.changes {
                change.labels = vec!["provisioning".to_owned()];
            }
        })
        .await;
        let asked = settings(dialect, &forge) + "branch = 'main'\nlabel = 'provisioning'";
        for host in [None, Some("forge.internal.test".to_owned())] {
            forge.edit(|state| state.linked_host = host);
            let outcome = outcome(&asked).await;
            assert!(matches!(outcome, Outcome::Pass(_)), "{dialect:?} {outcome:?}");
            assert_eq!(outcome.finding().evidence.get("changes"), Some(&Value::Int(5)));
        }
    }
}

#[tokio::test]
async fn a_project_of_a_subgroup_is_one_part_of_the_path() {
    let forge = SimForge::serve(ForgeDialect::GitLab, "vapora/platform/deploy/vapora", TOKEN).await.unwrap();
    forge.edit(|state| state.changes = vec![SimChange::merged(1, "ada", "grace")]);
    let asked = settings(ForgeDialect::GitLab, &forge)
        .replace("'vapora/vapora'", "'vapora/platform/deploy/vapora'")
        + "branch = 'main'\nnumbers = [1]";
    assert!(matches!(outcome(&asked).await, Outcome::Pass(_)));
    let path = "/api/v4/projects/vapora%2Fplatform%2Fdeploy%2Fvapora/merge_requests/1";
    assert_eq!(forge.requests()[0].path, path);
}

#[tokio::test]
async fn a_project_that_is_called_otherwise_now_is_told() {
    for dialect in [ForgeDialect::GitHub, ForgeDialect::GitLab] {
        let (_forge, asked) = with(dialect, |state| state.renamed = Some("vapora/deploy".to_owned())).await;
        assert_told!(
            format!("a_renamed_project_{dialect:?}"),
            ask::<ForgePullRequestsMerged>(&(asked + "numbers = [1]")).await
        );
    }
}

#[tokio::test]
async fn a_limit_says_how_long_to_wait_in_its_own_way() {
    let pause = |dialect, limit| async move {
        let (_forge, asked) = with(dialect, |state| state.limited = Some(limit)).await;
        let error = ask::<ForgePullRequestsMerged>(&(asked + "numbers = [1]")).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        error.report().remedy.clone().unwrap_or_default()
    };
    let seconds = |seconds: u64| format!("ask again in {seconds} s, or with a token of a higher limit");
    use ForgeDialect::{Forgejo, GitHub, GitLab};
    assert_eq!(pause(GitHub, SimLimit::UsedUp(NOW + 1_234)).await, seconds(1_234));
    assert_eq!(pause(GitHub, SimLimit::TooFast(Some(7))).await, seconds(7));
    // not until the hour ends, for it is not used up
    assert_eq!(pause(GitHub, SimLimit::TooFast(None)).await, seconds(60));
    assert_eq!(pause(GitLab, SimLimit::UsedUp(NOW + 30)).await, seconds(30));
    assert_eq!(pause(GitLab, SimLimit::TooFast(Some(7))).await, seconds(7));
    assert_eq!(
        pause(Forgejo, SimLimit::TooFast(None)).await,
        "ask again later, or with a token of a higher limit"
    );
}

#[tokio::test]
async fn several_approvals_may_be_asked_for_or_none() {
    for dialect in FORGES {
        let (forge, asked) = with(dialect, |_| {}).await;
        let asked = asked + "numbers = [1]\n";
        assert!(matches!(outcome(&(asked.clone() + "approvals = 2")).await, Outcome::Fail(_)));
        forge.edit(|state| state.changes[0].reviews.push(review("linus", "APPROVED")));
        assert!(matches!(outcome(&(asked.clone() + "approvals = 2")).await, Outcome::Pass(_)));
        forge.edit(|state| state.changes[0].reviews.clear());
        assert!(matches!(outcome(&(asked + "approvals = 0")).await, Outcome::Pass(_)));
    }
}

#[tokio::test]
async fn checks_that_are_not_green_fail_unless_they_are_allowed() {
    for dialect in FORGES {
        for (status, allowed) in
            [("failure", ""), ("pending", "may_be_pending = true"), ("", "checks = 'green_or_none'")]
        {
            let (_forge, asked) = with(dialect, |state| match status {
                "" => state.changes[0].statuses.clear(),
                other => state.changes[0].statuses[0].1 = other.to_owned(),
            })
            .await;
            let asked = asked + "numbers = [1]\n";
            let failed = outcome(&asked).await;
            assert!(matches!(failed, Outcome::Fail(_)), "{dialect:?} {status} {failed:?}");
            let red = status == "failure";
            let told = outcome(&(asked.clone() + allowed)).await;
            assert_eq!(matches!(told, Outcome::Pass(_)), !red, "{dialect:?} {status} {told:?}");
            assert!(matches!(outcome(&(asked + "checks = 'any'")).await, Outcome::Pass(_)));
        }
    }
}

#[tokio::test]
async fn check_runs_that_were_all_left_out_are_none() {
    let (_forge, asked) = with(ForgeDialect::GitHub, |state| {
        state.changes[0].statuses.clear();
        state.changes[0].check_runs = vec![("test".to_owned(), "skipped".to_owned())];
    })
    .await;
    let outcome = outcome(&(asked + "numbers = [1]")).await;
    assert_eq!(outcome.finding().actual.as_deref(), Some("#1 has only checks that were left out (test)"));
}

#[tokio::test]
async fn all_pages_of_a_list_are_read() {
    for dialect in FORGES {
        let (forge, asked) = with(dialect, |state| {
            state.page_size = 2;
            state.changes = (1..=7).map(|number| SimChange::merged(number, "ada", "grace")).collect();
            for change in &mut state.changes {
                change.milestone = Some("2.0.0".to_owned());
                change.labels = vec!["provisioning".to_owned()];
                change.reviews =
                    (1..=5).map(|number| review(&format!("reviewer-{number}"), "COMMENTED")).collect();
                change.reviews.push(review("grace", "APPROVED"));
            }
            let mut other = SimChange::merged(8, "ada", "grace");
            other.milestone = Some("1.0.0".to_owned());
            other.state = "open".to_owned();
            state.changes.push(other);
        })
        .await;
        for selection in ["milestone = '2.0.0'", "label = 'provisioning'"] {
            let outcome = outcome(&(asked.clone() + selection)).await;
            assert!(matches!(outcome, Outcome::Pass(_)), "{dialect:?} {outcome:?}");
            assert_eq!(
                outcome.finding().evidence.get("numbers"),
                Some(&Value::from((1..=7_i64).collect::<Vec<_>>()))
            );
        }
        // what is wrong on the last page is found, too
        forge.edit(|state| state.changes[6].state = "open".to_owned());
        let outcome = outcome(&(asked + "milestone = '2.0.0'")).await;
        assert_eq!(outcome.finding().evidence.get("wrong"), Some(&Value::from(vec![7_i64])), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_was_closed_in_a_milestone_is_warned_of_and_by_its_number_fails() {
    for dialect in FORGES {
        let (_forge, asked) = with(dialect, |state| {
            for change in &mut state.changes {
                change.milestone = Some("2.0.0".to_owned());
            }
            state.changes[1].state = "closed".to_owned();
        })
        .await;
        let warned = outcome(&(asked.clone() + "milestone = '2.0.0'")).await;
        assert!(matches!(warned, Outcome::Warn(_)), "{warned:?}");
        assert_told!("what_was_closed_is_warned_of", Ok(warned));
        assert!(matches!(outcome(&(asked + "numbers = [2]")).await, Outcome::Fail(_)));
    }
}

#[tokio::test]
async fn a_commit_without_a_change_fails() {
    for dialect in FORGES {
        let (forge, asked) = with(dialect, |state| {
            state.page_size = 2;
            let commit = |at: u64, change| SimCommit { sha: format!("{at:08x}").repeat(5), change };
            state.commits = (1..=5).map(|at| commit(at, Some(1 + at % 3))).collect();
        })
        .await;
        let asked = asked + "since_tag = 'v1.3.0'";
        let passed = outcome(&asked).await;
        assert!(matches!(passed, Outcome::Pass(_)), "{dialect:?} {passed:?}");
        assert_eq!(passed.finding().evidence.get("commits"), Some(&Value::Int(5)));
        forge.edit(|state| state.commits[4].change = None);
        let result = ask::<ForgePullRequestsMerged>(&asked).await;
        assert_told!("a_commit_without_a_change_fails", result);
        // a change that went elsewhere did not bring it
        forge.edit(|state| {
            state.commits[4].change = Some(1);
            state.changes[0].base = "develop".to_owned();
        });
        assert!(matches!(outcome(&asked).await, Outcome::Fail(_)));
    }
}

#[tokio::test]
async fn nothing_at_all_is_no_pass() {
    for dialect in FORGES {
        let (_forge, asked) = with(dialect, |_| {}).await;
        assert!(matches!(outcome(&(asked.clone() + "since_tag = 'v1.3.0'")).await, Outcome::Fail(_)));
        assert!(matches!(outcome(&(asked.clone() + "label = 'nothing'")).await, Outcome::Fail(_)));
        assert!(ask::<ForgePullRequestsMerged>(&(asked.clone() + "since_tag = 'v9'")).await.is_err());
        let milestone = ask::<ForgePullRequestsMerged>(&(asked + "milestone = '9'")).await;
        assert!(!matches!(milestone, Ok(Outcome::Pass(_) | Outcome::Warn(_))), "{milestone:?}");
    }
}

#[tokio::test]
async fn no_fault_at_any_request_is_a_pass() {
    for dialect in FORGES {
        let (forge, asked) = with(dialect, |_| {}).await;
        let asked = asked + "numbers = [1, 2]";
        forge.faults().clear();
        outcome(&asked).await;
        let requests = forge.faults().seen();
        assert!(requests >= 6, "{requests}");
        for number in 1..=requests {
            for fault in [
                Fault::Garbage,
                Fault::Empty,
                Fault::Cut,
                Fault::Status(404),
                Fault::Throttled { retry_after: 3 },
            ] {
                forge.faults().set(FaultPlan::nth(number, fault));
                let result = ask::<ForgePullRequestsMerged>(&asked).await;
                let passed = matches!(result, Ok(Outcome::Pass(_) | Outcome::Warn(_)));
                assert!(!passed, "{dialect:?} {number} {fault} {result:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_project_that_cannot_be_seen_is_not_one_without_changes() {
    for dialect in FORGES {
        let (_forge, asked) = with(dialect, |state| state.visible = false).await;
        for selection in ["numbers = [1]", "label = 'x'", "milestone = 'x'", "since_tag = 'v1.3.0'"] {
            let error = ask::<ForgePullRequestsMerged>(&(asked.clone() + selection)).await.unwrap_err();
            assert!(!error.is_transient(), "{error}");
        }
    }
}

/// A page that says that the next one is at another host.
#[tokio::test]
async fn a_next_page_at_another_host_is_not_asked() {
    use axum::response::IntoResponse as _;
    let other = forge(ForgeDialect::GitHub).await;
    let link = format!("<{}/more>; rel=\"next\"", other.url());
    let router =
        axum::Router::new().fallback(move || {
            let link = link.clone();
            async move {
                ([("link", link), ("content-type", "application/json".to_owned())], "[]").into_response()
            }
        });
    let peer = vapora_preflight_sim::Peer::serve(router).await.unwrap();
    let asked = format!(
        "forge = {{ api = 'github', url = '{}', project = 'a/b', token = {{ env = 'TOKEN' }} }}\nbranch = 'main'\nlabel = 'x'",
        peer.url()
    );
    assert_told!(ask::<ForgePullRequestsMerged>(&asked).await);
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    let told = [
        "branch = 'main'",
        "branch = 'main'\nnumbers = [1]\nlabel = 'x'",
        "branch = ''\nnumbers = [1]\napprovals = 0\napprovals_of_head = true\nchecks = 'any'\nmay_be_pending = true",
    ]
    .map(|parameters| {
        let mut problems = Problems::default();
        let all = format!("forge = {{ api = 'gitlab', project = 'a/b' }}\n{parameters}");
        toml::from_str::<ForgePullRequestsMerged>(&all).unwrap().validate(&mut problems);
        problems.messages().collect::<Vec<_>>().join("\n")
    })
    .join("\n");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("parameters_of_merged_changes_that_do_not_go_together", told);
    });
    let forge = "forge = { api = 'github', project = 'a/b' }\n";
    for bad in [
        "",
        "branch = 'main'\nnumbers = [0]",
        "branch = 'main'\nchecks = 'red'",
        "branch = 'main'\nnumber = 1",
    ] {
        assert!(toml::from_str::<ForgePullRequestsMerged>(&format!("{forge}{bad}")).is_err(), "{bad}");
    }
}
