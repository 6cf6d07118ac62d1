//! A report in which every text means harm.

use serde_json::{Value as Json, json};
use vapora_preflight::{ErrorReport, Finding, Outcome, Report, RunEnd, Status, Unit, Value, Word};

use crate::scene::Scene;

/// What is tried everywhere.
pub(crate) const HARM: &str =
    "a|b `c` **d** <img src=x> [e](http://evil.example) ![f](x)\n\n# g\n```\n\x1b[31m\u{202e}h\\";

/// A release whose every free text is the given one.
pub(crate) fn report_of(harm: &str) -> Report {
    let each: String = harm.chars().filter(|c| !c.is_control() && !"[],".contains(*c)).collect();
    let each = format!("logs-clean[{each}x]");
    let section = json!([{ "id": harm, "title": harm, "text": harm }]);
    let check = |id: &str| -> Json {
        json!({
            "id": id, "phase": "p", "kind": harm, "title": harm, "severity": "required", "effect": "reads",
            "hint": harm, "docs": harm, "owner": harm, "role": harm, "tags": ["metrics", harm],
        })
    };
    let outline = json!({
        "checklist": harm, "title": harm, "deployment": { "environment": harm },
        "phases": [{ "id": "p", "title": harm }],
        "checks": [check(&each), check("b"), check("c")],
        "gates": [{
            "id": "g", "phase": "p", "title": harm, "question": "proceed", "subjects": [each, "b", "c"],
            "conditions": [{ "name": harm, "side": "proceed_if", "subjects": ["b"] }],
        }],
        "targets": [{ "name": "t", "protected": false, "settings": [[harm, harm]] }],
        "roles": [{ "id": harm, "title": harm, "person": harm, "optional": false, "duties": [harm] }],
        "change": section, "messages": section,
        "commands": [{ "id": harm, "title": harm, "lines": [harm, harm] }],
    });
    let finding = Finding::new(harm)
        .expected(harm)
        .actual(harm)
        .remedy(harm)
        .with(harm, Value::table([(harm, harm)]))
        .measured("n", harm, Unit::Percent);
    let mut file = finding.clone();
    file.evidence = file.evidence.attached(harm, harm, &b"x"[..]);
    let error = ErrorReport {
        message: harm.to_owned(),
        causes: vec![harm.to_owned()],
        transient: false,
        remedy: Some(harm.to_owned()),
        uncertain: false,
    };
    Scene::new(outline, "2026-12-01T12:00:00Z")
        .run(harm)
        .reviewed("t", &[(harm, true, &[&each, "b"])], None)
        .reviewed("t", &[], Some(harm))
        .attested("b", harm, Word::No, None)
        .later(1)
        .done(&each, 5, Outcome::Fail(file))
        .done("b", 5, Outcome::Warn(finding))
        .settled("c", 5, 2, Status::Errored(error))
        .noted(harm, harm)
        .noted("issue", harm)
        .noted("rollback", harm)
        .noted("next", harm)
        .judged("g")
        .ended(RunEnd::Completed)
        .report()
}

/// The canonical hostile report.
pub(crate) fn report() -> Report {
    report_of(HARM)
}
