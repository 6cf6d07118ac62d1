//! The sign-off of the checklist, filled in with what is so.

use std::fmt::Write as _;

use vapora_preflight::{CheckId, CheckView, Counts, Evidence, Question, Report, Standing, Timestamp};

use crate::{
    deployment::{Course, RolledBack},
    judgement::{Judgement, decision_word},
    measure::seen,
    visible::visible,
    wording,
};

/// The lines that checks answer, by the tag those checks carry.
const BY_TAG: &[(&str, &str)] = &[
    ("sign-off-pods", "All pods running"),
    ("sign-off-health", "Health checks passing"),
    ("sign-off-impact", "No user impact"),
];

/// The block, line by line. A tick stands only before what is known to be so.
pub(crate) fn sign_off(report: &Report) -> String {
    let course = Course::of(report);
    let rolled_back = RolledBack::of(report);
    let (confirmed, successful) = successful(report);
    let mut lines = vec![title(&course, &rolled_back, confirmed), all_passed(report), successful];
    lines.extend(BY_TAG.iter().map(|(tag, claim)| by_tag(report, tag, claim)));
    lines.push(format!("Deployed by: {}", deployed_by(report, &course)));
    let or_unrecorded = |text: Option<String>| text.unwrap_or_else(|| "not recorded".to_owned());
    lines.push(format!("Start time: {}", or_unrecorded(course.start.map(Timestamp::to_minute))));
    lines.push(format!("Duration: {}", or_unrecorded(course.duration().map(wording::duration))));
    lines.push(format!("Rollback needed: {}", rolled_back.needed()));
    lines.push("Metrics:".to_owned());
    lines.extend(metrics(report));
    let next = report.noted("next").last().map(|record| record.note.text.clone());
    lines.push(format!("Next deployment: {}", or_unrecorded(next)));
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{}", visible(&line)).expect("writing to a text cannot fail");
    }
    text
}

fn title(course: &Course<'_>, rolled_back: &RolledBack, confirmed: bool) -> String {
    let title = match (course.start, course.end, rolled_back) {
        (_, _, RolledBack::Noted { done: true, .. }) => "DEPLOYMENT ROLLED BACK",
        (_, Some(_), _) if confirmed => "DEPLOYMENT COMPLETED",
        (_, Some(_), _) => "DEPLOYMENT ENDED, NOT CONFIRMED",
        (Some(_), None, _) => "DEPLOYMENT NOT COMPLETED: no end is noted",
        (None, None, _) => "DEPLOYMENT NOT STARTED: no start is noted",
    };
    title.to_owned()
}

/// How checks stood when they were last judged under a gate that then opened, and else how they stand now: what was
/// fresh for the decision need not be so at the end of the day.
fn counts<'a>(report: &Report, checks: impl Iterator<Item = CheckView<'a>>) -> Counts {
    let mut sum = Counts::default();
    for check in checks {
        let counts = Counts::of([check], judged_at(report, &check));
        sum.declared += counts.declared;
        sum.holding += counts.holding;
        sum.warned += counts.warned;
        sum.failing += counts.failing;
        sum.awaiting += counts.awaiting;
        sum.unknown += counts.unknown;
        sum.not_applicable += counts.not_applicable;
    }
    sum
}

fn judged_at(report: &Report, check: &CheckView<'_>) -> Timestamp {
    let settled = check.record.map(|record| record.finished);
    report
        .gates()
        .filter(|(gate, _)| gate.subjects.contains(check.id()))
        .filter_map(|(_, record)| record.filter(|record| record.verdict.is_go()))
        .map(|record| record.at)
        .filter(|at| settled.is_some_and(|settled| settled <= *at))
        .max()
        .unwrap_or_else(|| report.as_of())
}

/// The tick, where all of some checks hold and at least one does.
fn tick(counts: &Counts) -> bool {
    counts.holding > 0 && counts.failing + counts.awaiting + counts.unknown == 0
}

fn all_passed(report: &Report) -> String {
    let counts = counts(report, report.checks());
    if tick(&counts) {
        let warned = match counts.warned {
            0 => String::new(),
            warned => format!(", {warned} with a warning"),
        };
        let not_applicable = match counts.not_applicable {
            0 => String::new(),
            other => format!("; {}", wording::many(other, "does not apply", "do not apply")),
        };
        return format!("✓ All checks passed ({}{warned}{not_applicable})", counts.holding);
    }
    let checks = wording::many(counts.declared, "check", "checks");
    format!("✗ Not all checks passed: of {checks}, {}", wording::counts(&counts))
}

/// Whether the last gate that asks so says to keep the deployment, and nothing it rests on has turned since.
fn successful(report: &Report) -> (bool, String) {
    let keep = report.gates().filter(|(gate, _)| gate.question == Question::Keep).last();
    let told = match keep {
        Some((gate, Some(record))) => {
            let word = decision_word(gate.question, &record.verdict);
            let at = record.at.to_minute();
            let stands = Judgement::new(report, gate, Some(record)).still_stands();
            match (word, stands) {
                ("KEEP", true) => {
                    return (
                        true,
                        format!("✓ Deployment successful (gate {} decided KEEP at {at})", gate.id),
                    );
                }
                (_, true) => format!("gate {} decided {word} at {at}", gate.id),
                (_, false) => format!("gate {} decided {word} at {at}, which is out of date", gate.id),
            }
        }
        Some((gate, None)) => format!("gate {} has not been judged", gate.id),
        None => "no gate asks whether to keep it".to_owned(),
    };
    (false, format!("✗ Deployment not confirmed: {told}"))
}

fn by_tag(report: &Report, tag: &str, claim: &str) -> String {
    let counts = counts(report, report.checks().filter(|check| tagged(check, tag)));
    match counts.declared {
        0 => format!("✗ {claim}: not confirmed; no check is tagged {tag}"),
        _ if tick(&counts) => format!("✓ {claim} ({})", wording::many(counts.holding, "check", "checks")),
        declared => {
            let word = if counts.failing > 0 { "no" } else { "not confirmed" };
            let checks = wording::many(declared, "check", "checks");
            format!("✗ {claim}: {word}; of {checks}, {}", wording::counts(&counts))
        }
    }
}

fn tagged(check: &CheckView<'_>, tag: &str) -> bool {
    check.outline.tags.iter().any(|own| own == tag)
}

/// Who noted the start; else who fills the role that leads.
fn deployed_by(report: &Report, course: &Course<'_>) -> String {
    let lead = || {
        let roles = &report.outline().roles;
        let role = roles.iter().find(|role| matches!(role.id.as_str(), "lead" | "deployment_lead"))?;
        (!role.person.is_empty()).then(|| format!("{} (by role; no start is noted)", role.person))
    };
    course.started_by.map(str::to_owned).or_else(lead).unwrap_or_else(|| "not recorded".to_owned())
}

/// What the checks tagged `metrics` saw that a check needs.
pub(crate) fn before<'a>(report: &'a Report, check: &CheckView<'_>) -> Vec<&'a Evidence> {
    let needs = check.outline.needs.iter().filter_map(|need| report.check(need.as_str()));
    needs
        .filter(|need| tagged(need, "metrics"))
        .filter_map(|need| report.evidence(need.id().as_str()))
        .collect()
}

/// What the checks tagged `metrics` saw: of those a gate after the deployment judges, where there is one.
fn metrics(report: &Report) -> Vec<String> {
    let after: Vec<&str> = report
        .gates()
        .filter(|(gate, _)| gate.question == Question::Keep)
        .flat_map(|(gate, _)| gate.subjects.iter().map(CheckId::as_str))
        .collect();
    let mut lines = Vec::new();
    for check in report.checks().filter(|check| tagged(check, "metrics")) {
        if !after.is_empty() && !after.contains(&check.id().as_str()) {
            continue;
        }
        let known = check.standing(report.as_of());
        let Some(evidence) = report.evidence(check.id().as_str()).filter(|evidence| !evidence.is_empty())
        else {
            lines.push(format!("- {}: not known ({})", check.outline.title, known.word()));
            continue;
        };
        let told = match known {
            Standing::Unknown(unknown) => format!(" ({})", unknown.word()),
            _ => String::new(),
        };
        for (name, value) in seen(&check, evidence, &before(report, &check)) {
            let value = crate::clip::clip(&value, 120);
            lines.push(format!("- {}, {name}: {value}{told}", check.outline.title));
        }
    }
    if lines.is_empty() {
        lines.push("- not recorded (no check is tagged metrics)".to_owned());
    }
    lines
}
