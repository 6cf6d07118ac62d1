//! `ticket.commented`.

use std::sync::Arc;

use vapora_preflight::{
    Effect, Kind, PlanBuilder, Problems, Registry, Resources, Run, Sources, Status, Value,
};
use vapora_preflight_http::{HttpClient, TicketCommented, TicketPage, TicketPages};
use vapora_preflight_sim::{Fault, FaultPlan, ForgeDialect, SimClock, SimComment, SimForge, SimTicket};

use crate::ask::{FORGES, NOW, PROJECT, Secrets, TOKEN, ask, forge, settings};

const PAGE: &str = "## GO\n\nsaid by @ada\n\n```text\nssh git@host\n```";

async fn ticket(dialect: ForgeDialect) -> (SimForge, String) {
    let forge = forge(dialect).await;
    forge.edit(|state| {
        state.page_size = 2;
        let mut ticket = SimTicket::new(7, "Release 2.0.0", "it");
        ticket.comments = (1..=5)
            .map(|id| SimComment { id, author: "ada".to_owned(), body: format!("comment {id}") })
            .collect();
        state.tickets.push(ticket);
    });
    let asked = settings(dialect, &forge) + "number = 7\ncontent = 'decision'\n";
    (forge, asked)
}

fn said(forge: &SimForge) -> Vec<SimComment> {
    forge.edit(|state| state.tickets[0].comments.iter().skip(5).cloned().collect())
}

/// What the check comes to in a run of that release, whose page is this.
async fn comment(asked: &str, release: &str, page: &'static str) -> Status {
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    vapora_preflight_http::register(&mut registry);
    let mut sources = Sources::new();
    let checklist = format!(
        "checklist = 'it'\ndeployment = {{ release = '{release}' }}\n[phase.before]\n[check.it]\nphase = 'before'\n\
         kind = 'ticket.commented'\nretry = {{ attempts = 3 }}\n{asked}"
    );
    sources.add("it.toml", checklist);
    let plan = PlanBuilder::new(&registry)
        .sources(&sources)
        .build()
        .map_err(|error| error.diagnostics)
        .unwrap()
        .plan;
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    resources.insert(TicketPages::new(move |report, asked| {
        assert_eq!((report.outline().checklist.as_str(), asked), ("it", TicketPage::Decision));
        page.to_owned()
    }));
    let run = Run::new(&plan)
        .resources(Arc::new(resources))
        .secrets(Arc::new(Secrets))
        .clock(Arc::new(SimClock::at_unix_seconds(NOW)))
        .allow(Effect::Notifies)
        .ignore_windows(true);
    let report = run.execute().await.unwrap().report;
    report.check("it").and_then(|check| check.record).unwrap().status.clone()
}

fn done(status: &Status) -> Value {
    let Status::Done(outcome) = status else { panic!("{status:?}") };
    let evidence = &outcome.finding().evidence;
    let found: Vec<_> = evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = TicketCommented::evidence().iter().map(|field| field.name).collect();
    assert_eq!(found, declared);
    evidence.get("done").unwrap().clone()
}

#[tokio::test]
async fn a_page_is_posted_and_then_written_anew_in_its_place() {
    for dialect in FORGES {
        let (forge, asked) = ticket(dialect).await;
        let status = comment(&asked, "2.0.0", PAGE).await;
        assert_eq!(done(&status), Value::from("posted"), "{dialect:?}");
        let text = said(&forge)[0].body.clone();
        assert_eq!(
            text,
            "<!-- vapora-preflight 2.0.0 it -->\n\n## GO\n\nsaid by @\u{200b}ada\n\n```text\nssh git@host\n```\n"
        );
        assert_eq!(done(&comment(&asked, "2.0.0", PAGE).await), Value::from("unchanged"));
        assert_eq!(done(&comment(&asked, "2.0.0", "## NO-GO").await), Value::from("updated"));
        let all = said(&forge);
        assert_eq!(all.len(), 1, "{dialect:?} {all:?}");
        assert!(all[0].body.contains("NO-GO"));
        // another release has a comment of its own
        assert_eq!(done(&comment(&asked, "2.0.1", PAGE).await), Value::from("posted"));
        assert_eq!(said(&forge).len(), 2);
        assert!(forge.edit(|state| state.seen.clone()).iter().all(|token| token == TOKEN));
    }
}

#[tokio::test]
async fn a_comment_of_somebody_else_is_left_alone() {
    for dialect in FORGES {
        let (forge, asked) = ticket(dialect).await;
        let forged = "<!-- vapora-preflight 2.0.0 it -->\n\nGO";
        forge.edit(|state| state.tickets[0].comments[1].body = forged.to_owned());
        assert_eq!(done(&comment(&asked, "2.0.0", PAGE).await), Value::from("posted"));
        assert_eq!(forge.edit(|state| state.tickets[0].comments[1].body.clone()), forged);
        // the account may be named, so that nobody has to be asked
        let asked = asked + "author = 'Release-Bot'";
        let before = forge.requests().len();
        assert_eq!(done(&comment(&asked, "2.0.0", "## NO-GO").await), Value::from("updated"));
        assert!(forge.requests()[before..].iter().all(|request| !request.path.ends_with("/user")));
    }
}

#[tokio::test]
async fn nothing_is_said_twice_whatever_happens_on_the_way() {
    for dialect in FORGES {
        // who asks, three pages of comments, the comment; Forgejo has all comments on one page
        let last = if dialect == ForgeDialect::Forgejo { 3 } else { 5 };
        for number in 1..=last {
            for fault in [
                Fault::Cut,
                Fault::Status(500),
                Fault::Status(403),
                Fault::Status(404),
                Fault::Empty,
                Fault::Garbage,
            ] {
                let (forge, asked) = ticket(dialect).await;
                forge.faults().set(FaultPlan::nth(number, fault));
                let status = comment(&asked, "2.0.0", PAGE).await;
                let posts = forge.requests().iter().filter(|it| it.method == "POST").count();
                assert!(posts <= 1, "{dialect:?} {number} {fault} {status:?}");
                assert!(!format!("{status:?}").contains(TOKEN));
                if number == last {
                    assert!(!status.holds(), "{dialect:?} {fault} {status:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_there_is_an_error() {
    for dialect in FORGES {
        let (forge, asked) = ticket(dialect).await;
        let status = comment(&asked.replace("number = 7", "number = 8"), "2.0.0", PAGE).await;
        assert!(!status.holds(), "{status:?}");
        assert!(said(&forge).is_empty());
        assert!(!comment(&asked, "2.0.0", " \n").await.holds());
        assert!(said(&forge).is_empty());
    }
}

#[tokio::test]
async fn a_run_without_pages_or_a_report_is_an_error() {
    let (forge, asked) = ticket(ForgeDialect::GitHub).await;
    let error = ask::<TicketCommented>(&asked).await.unwrap_err();
    assert_eq!(error.to_string(), "the run keeps no report");
    assert!(forge.requests().is_empty());
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    let mut problems = Problems::default();
    let parameters = format!(
        "forge = {{ api = 'github', project = '{PROJECT}' }}\nnumber = 1\ncontent = 'sign_off'\nauthor = ''"
    );
    toml::from_str::<TicketCommented>(&parameters).unwrap().validate(&mut problems);
    let told: Vec<&str> = problems.messages().collect();
    assert_eq!(told, ["nobody may write to a ticket without a token", "the text is empty"]);
    let other = parameters.replace("sign_off", "whole");
    assert!(toml::from_str::<TicketCommented>(&other).is_err());
}

#[test]
fn the_example_holds_such_a_check() {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    let mut sources = Sources::new();
    sources.add("first.toml", "checklist = 'it'\n[phase.before]\n");
    sources.add("second.toml", format!("phase = 'before'\n{}", TicketCommented::EXAMPLE));
    let plan = PlanBuilder::new(&registry).sources(&sources).build().map_err(|error| error.diagnostics);
    let plan = plan.unwrap().plan;
    let kinds: Vec<&str> = plan.outline().checks.iter().map(|check| check.kind.as_str()).collect();
    assert_eq!(kinds, [TicketCommented::NAME]);
}
