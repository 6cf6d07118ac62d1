//! `ticket.tracks_change`.

use vapora_preflight::{Kind, Outcome, Problems, Value};
use vapora_preflight_http::TicketTracksChange;
use vapora_preflight_sim::{Fault, FaultPlan, ForgeDialect, SimForge, SimLimit, SimTicket, TicketFate};

use crate::ask::{FORGES, PROJECT, TOKEN, ask, assert_told, forge, run, settings, with_evidence};

const TEXT: &str = "## What\r\nrelease 2.0.0\r\n\r\n## Why\r\nprojects are listed once\r\n\r\n## Rollback plan\r\n\r\n```sh\r\n\
    kubectl rollout undo deployment/vapora-backend -n vapora\r\n```\r\n\r\n## Success criteria\r\nno errors\r\n\r\n\
    ## Estimated duration\r\n10 minutes\r\n";
const SECTIONS: &str = "sections = ['what', 'why', 'rollback', 'success', 'duration']";

fn ticket() -> SimTicket {
    let mut ticket = SimTicket::new(7, "Release 2.0.0", TEXT);
    ticket.assignees = vec!["Ada".to_owned()];
    ticket.labels = vec!["deployment".to_owned(), "backend".to_owned()];
    ticket.milestone = Some("2.0.0".to_owned());
    ticket
}

async fn tracked(dialect: ForgeDialect) -> SimForge {
    let forge = forge(dialect).await;
    forge.edit(|state| state.tickets.push(ticket()));
    forge
}

async fn changed(dialect: ForgeDialect, change: impl FnOnce(&mut SimTicket)) -> (SimForge, String) {
    let forge = tracked(dialect).await;
    forge.edit(|state| change(&mut state.tickets[0]));
    let asked = settings(dialect, &forge) + "number = 7\n";
    (forge, asked)
}

#[tokio::test]
async fn a_ticket_that_has_all_passes_at_every_forge() {
    for dialect in FORGES {
        let forge = tracked(dialect).await;
        let asked = format!(
            "{}number = '#7'\nassigned = true\nassignee = 'ada'\nlabels = ['Deployment']\nmilestone = '2.0.0'\n\
             mentions = ['kubectl rollout undo']\n{SECTIONS}",
            settings(dialect, &forge)
        );
        let result = ask::<TicketTracksChange>(&asked).await;
        assert_told!("a_ticket_that_has_all_passes", result);
        let outcome = result.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)));
        with_evidence::<TicketTracksChange>(&outcome);
        let evidence = &outcome.finding().evidence;
        assert_eq!(evidence.get("open"), Some(&Value::Bool(true)));
        assert_eq!(evidence.get("labels"), Some(&Value::from(vec!["deployment", "backend"])));
        assert_eq!(evidence.get("milestone"), Some(&Value::from("2.0.0")));
        assert_eq!(forge.requests().len(), 1);
        assert_eq!(forge.edit(|state| state.seen.clone()), [TOKEN]);
    }
}

#[tokio::test]
async fn a_closed_ticket_fails_unless_it_may_be() {
    for dialect in FORGES {
        let (_forge, asked) = changed(dialect, |ticket| ticket.open = false).await;
        let outcome = ask::<TicketTracksChange>(&asked).await.unwrap();
        assert!(matches!(&outcome, Outcome::Fail(it) if it.summary.contains("is closed")), "{outcome:?}");
        let outcome = ask::<TicketTracksChange>(&(asked + "may_be_closed = true")).await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)));
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let (_forge, asked) = changed(ForgeDialect::GitHub, |ticket| {
        ticket.open = false;
        ticket.labels.clear();
        ticket.body = "## What\nTODO\n## Why\n<!-- because -->\n## Rollback\nask Ada".to_owned();
    })
    .await;
    let asked = asked
        + "assignee = 'grace'\nlabels = ['deployment', 'backend']\nmilestone = '3.0.0'\nmentions = ['helm rollback']\n"
        + SECTIONS;
    let result = ask::<TicketTracksChange>(&asked).await;
    assert_told!(result);
    with_evidence::<TicketTracksChange>(&result.unwrap());
}

#[tokio::test]
async fn nobody_is_no_assignee() {
    for dialect in FORGES {
        let (_forge, asked) = changed(dialect, |ticket| ticket.assignees.clear()).await;
        let outcome = ask::<TicketTracksChange>(&(asked + "assigned = true")).await.unwrap();
        assert!(
            matches!(&outcome, Outcome::Fail(it) if it.summary.contains("assigned to nobody")),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_there_fails() {
    for dialect in FORGES {
        let forge = tracked(dialect).await;
        let result = ask::<TicketTracksChange>(&(settings(dialect, &forge) + "number = 8")).await;
        assert_told!("a_ticket_that_is_not_there_fails", result);
        with_evidence::<TicketTracksChange>(&result.unwrap());
    }
}

#[tokio::test]
async fn a_ticket_that_has_moved_fails_and_says_where_to() {
    let moved = |ticket: &mut SimTicket| ticket.fate = TicketFate::Moved("vapora/ops".to_owned(), 3);
    let (_forge, asked) = changed(ForgeDialect::GitHub, moved).await;
    assert_told!(ask::<TicketTracksChange>(&asked).await);
    let (_forge, asked) = changed(ForgeDialect::GitLab, moved).await;
    let outcome = ask::<TicketTracksChange>(&asked).await.unwrap();
    assert!(matches!(&outcome, Outcome::Fail(it) if it.summary.contains("has moved")), "{outcome:?}");
}

#[tokio::test]
async fn a_ticket_that_was_deleted_fails() {
    let (_forge, asked) = changed(ForgeDialect::GitHub, |ticket| ticket.fate = TicketFate::Deleted).await;
    assert_told!(ask::<TicketTracksChange>(&asked).await);
}

#[tokio::test]
async fn a_project_that_cannot_be_seen_is_an_error() {
    for dialect in FORGES {
        let forge = tracked(dialect).await;
        forge.edit(|state| state.visible = false);
        let result = ask::<TicketTracksChange>(&(settings(dialect, &forge) + "number = 7")).await;
        assert_told!(format!("a_project_that_cannot_be_seen_is_an_error_{dialect:?}"), result);
    }
}

#[tokio::test]
async fn a_token_that_lacks_a_right_is_an_error() {
    for (dialect, right) in FORGES.into_iter().zip(["issues=read", "read:issue", "read_api"]) {
        let forge = tracked(dialect).await;
        forge.edit(|state| state.lacking = Some(right.to_owned()));
        let result = ask::<TicketTracksChange>(&(settings(dialect, &forge) + "number = 7")).await;
        assert_told!(format!("a_token_that_lacks_a_right_is_an_error_{dialect:?}"), result);
    }
}

#[tokio::test]
async fn a_token_that_is_not_known_is_an_error() {
    for dialect in FORGES {
        let forge = tracked(dialect).await;
        let asked = settings(dialect, &forge) + "number = 7";
        let error = ask::<TicketTracksChange>(&asked.replace("'TOKEN'", "'OLD_TOKEN'")).await.unwrap_err();
        assert!(!error.is_transient());
        assert!(error.to_string().contains("does not accept the token"), "{error}");
        assert!(!error.to_string().contains("hunter11"), "{error}");
        let error =
            ask::<TicketTracksChange>(&asked.replace(", token = { env = 'TOKEN' }", "")).await.unwrap_err();
        assert!(error.to_string().contains("wants to know who asks"), "{error}");
    }
}

#[tokio::test]
async fn a_limit_that_is_used_up_is_an_error_that_says_how_long_to_wait() {
    for dialect in FORGES {
        let forge = tracked(dialect).await;
        forge.edit(|state| state.limited = Some(SimLimit::TooFast(Some(90))));
        let result = ask::<TicketTracksChange>(&(settings(dialect, &forge) + "number = 7")).await;
        assert_told!(format!("a_limit_that_is_used_up_is_an_error_{dialect:?}"), result);
    }
}

#[tokio::test]
async fn a_project_that_is_called_otherwise_now_is_no_ticket_that_has_moved() {
    for dialect in [ForgeDialect::GitHub, ForgeDialect::GitLab] {
        let forge = tracked(dialect).await;
        forge.edit(|state| state.renamed = Some("vapora/deploy".to_owned()));
        let result = ask::<TicketTracksChange>(&(settings(dialect, &forge) + "number = 7")).await;
        assert_told!(format!("the_project_of_a_ticket_was_renamed_{dialect:?}"), result);
    }
}

#[tokio::test]
async fn the_lines_of_a_document_have_to_be_in_the_text() {
    let (forge, asked) = changed(ForgeDialect::GitHub, |_| {}).await;
    let checklist = |lines: &str| {
        format!(
            "checklist = 'it'\n[commands.rollback]\ntitle = 'Roll back'\nlines = [{lines}]\n[phase.before]\n\
             [check.it]\nphase = 'before'\nkind = 'ticket.tracks_change'\ndocuments = ['commands.rollback']\n{asked}"
        )
    };
    let there = "'kubectl  rollout undo deployment/vapora-backend -n vapora'";
    let status = run(&checklist(there)).await;
    assert!(status.holds(), "{status:?}");
    let status =
        run(&checklist(&format!("{there}, 'kubectl rollout undo deployment/vapora-agents -n vapora'"))).await;
    assert!(!status.holds());
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(status.summary());
    });
    // asked alone there is no checklist, and so nothing that could be in the ticket
    let outcome = ask::<TicketTracksChange>(&(asked + "documents = ['commands.rollback']")).await.unwrap();
    assert!(matches!(outcome, Outcome::Fail(_)));
    drop(forge);
}

#[tokio::test]
async fn no_fault_of_the_forge_is_a_pass_and_none_tells_the_token() {
    for dialect in FORGES {
        let (forge, asked) = changed(dialect, |_| {}).await;
        for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
            forge.faults().set(FaultPlan::every(fault));
            let error = ask::<TicketTracksChange>(&asked).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains(TOKEN), "{error}");
        }
        forge.faults().clear();
        assert!(matches!(ask::<TicketTracksChange>(&asked).await, Ok(Outcome::Pass(_))));
    }
}

#[tokio::test]
async fn a_redirect_does_not_take_the_token_anywhere() {
    let other = forge(ForgeDialect::GitHub).await;
    let (server, asked) = changed(ForgeDialect::GitHub, |_| {}).await;
    let to = format!("{}/elsewhere", other.url());
    let router = axum::Router::new().fallback(move || {
        let to = to.clone();
        async move { ([("location", to)], axum::http::StatusCode::MOVED_PERMANENTLY).into_response() }
    });
    use axum::response::IntoResponse as _;
    let peer = vapora_preflight_sim::Peer::serve(router).await.unwrap();
    let asked = asked.replace(&server.url(), &peer.url());
    let error = ask::<TicketTracksChange>(&asked).await.unwrap_err();
    assert!(error.to_string().contains("is called otherwise now"), "{error}");
    assert_eq!(other.requests().len(), 0);
}

fn problems(parameters: &str) -> String {
    let mut problems = Problems::default();
    toml::from_str::<TicketTracksChange>(parameters).unwrap().validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n")
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    assert_eq!(problems(&format!("forge = {{ api = 'github', project = '{PROJECT}' }}\nnumber = 1")), "");
    assert_eq!(problems("forge = { api = 'gitlab', project = 'a/b/c' }\nnumber = 1"), "");
    let told = [
        "forge = { api = 'github', project = 'vapora' }\nnumber = 1",
        "forge = { api = 'github', project = 'a/..' }\nnumber = 1",
        "forge = { api = 'github', project = 'a/b', url = 'https://github.com' }\nnumber = 1",
        "forge = { api = 'gitea', project = 'a/b' }\nnumber = 1",
        "forge = { api = 'gitlab', project = 'a/b', url = 'https://gitlab.com/?private_token=x' }\nnumber = 1",
        "forge = { api = 'gitlab', project = '12' }\nnumber = 1\nlabels = ['']\nsections = ['##']\nassignee = ' '",
    ]
    .map(problems)
    .join("\n");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(told);
    });
}

#[test]
fn a_parameter_that_cannot_be_meant_is_refused() {
    let forge = format!("forge = {{ api = 'github', project = '{PROJECT}' }}\n");
    for bad in [
        forge.clone(),
        "number = 1".to_owned(),
        forge.clone() + "number = 0",
        forge.clone() + "number = 'seven'",
        forge.clone() + "number = 1\nstate = 'open'",
        "forge = { api = 'bitbucket', project = 'a/b' }\nnumber = 1".to_owned(),
        "forge = { api = 'github', project = 'a/b', token = 'written out' }\nnumber = 1".to_owned(),
        "forge = { api = 'github', project = 'a/b', url = 'https://u:p@a.test' }\nnumber = 1".to_owned(),
    ] {
        assert!(toml::from_str::<TicketTracksChange>(&bad).is_err(), "{bad}");
    }
}
