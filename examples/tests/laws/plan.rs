//! The kinds that need no client: the word of a person, and what the plan itself says.

use vapora_preflight_sim::{SimClock, laws::Case};

use crate::{NOW, checklist};

pub(crate) fn cases() -> Vec<Case> {
    vec![attested(), in_window(), documented(), roles_filled(), unchanged()]
}

fn attested() -> Case {
    let asking = |more: &str| {
        let check =
            format!("kind = \"manual.attested\"\nrole = \"on_call\"\nstatement = \"I am ready\"\n{more}");
        checklist(&check, "[roles.on_call]\nperson = \"Ada\"")
    };
    Case::new("manual.attested", asking("in_person = true\nevidence = \"required\""))
        .broken("another person speaks", asking("in_person = true").replace("Ada", "Grace"))
        .attested_by("Ada")
        .clock(SimClock::at_unix_seconds(NOW))
}

fn in_window() -> Case {
    let asking = |window: &str, more: &str| {
        checklist(&format!("kind = \"plan.in_window\"\n{more}"), &format!("[deployment]\n{window}"))
    };
    let window = |opens: &str, closes: &str| {
        format!("window = {{ opens = 2026-12-01T{opens}:00Z, closes = 2026-12-01T{closes}:00Z }}")
    };
    let open = window("13:30", "15:00");
    Case::new("plan.in_window", asking(&open, "time_left = \"30m\""))
        .broken("there is no window", asking("", ""))
        .broken("it is over", asking(&window("12:00", "14:00"), ""))
        .broken("it has not opened", asking(&window("14:01", "15:00"), ""))
        .broken("too little of it is left", asking(&open, "time_left = \"61m\""))
        .clock(SimClock::at_unix_seconds(NOW))
}

fn documented() -> Case {
    let asking = |text: &str| {
        let check = "kind = \"plan.documented\"\ndocument = \"rollback\"\nmentions = [\"kubectl\"]";
        checklist(check, &format!("[change]\nrollback = \"{text}\""))
    };
    Case::new("plan.documented", asking("kubectl rollout undo deployment/vapora-backend"))
        .broken("nothing is written", asking(""))
        .broken("too little is written", asking("kubectl"))
        .broken("a placeholder is left", asking("TODO: kubectl rollout undo"))
        .broken("the command is not mentioned", asking("start the version of yesterday again"))
}

fn roles_filled() -> Case {
    let asking = |ada: &str, grace: &str| {
        let roles = format!("[roles.on_call]\nperson = \"{ada}\"\n[roles.lead]\nperson = \"{grace}\"");
        checklist("kind = \"plan.roles_filled\"", &roles)
    };
    Case::new("plan.roles_filled", asking("Ada", "Grace"))
        .broken("nobody fills one", asking("Ada", ""))
        .broken("one person fills both", asking("Ada", "Ada"))
        .broken("none is declared", checklist("kind = \"plan.roles_filled\"", ""))
}

fn unchanged() -> Case {
    let compare = |now: &str, name: &str| {
        format!("compare = [{{ was = \"first\", now = \"{now}\", evidence = [\"{name}\"] }}]")
    };
    let asking = |compare: &str| {
        let check = format!(
            r#"
kind = "plan.unchanged"
needs = ["first", "second", "third"]
{compare}
[check.first]
phase = "before"
kind = "plan.documented"
document = "one"
[check.second]
phase = "before"
kind = "plan.documented"
document = "one"
[check.third]
phase = "before"
kind = "plan.documented"
document = "three"
"#
        );
        checklist(&check, "[change]\none = \"as it was before\"\nthree = \"as it is now\"")
    };
    Case::new("plan.unchanged", asking(&compare("second", "text")))
        .broken("the texts differ", asking(&compare("third", "text")))
        .broken("there is no such evidence", asking(&compare("second", "digest")))
        .broken("nothing was answered", checklist("kind = \"plan.unchanged\"", ""))
}
