//! The deployment record.

use std::fmt;

use vapora_preflight::{NoteRecord, Report, RunEnd, RunRecord, Timestamp};

use super::{
    escape::{code, text},
    table,
};
use crate::{
    clip::clip,
    deployment::{Course, RolledBack},
    measure::seen,
    sign_off::before,
    wording,
};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    writeln!(out, "## Deployment record\n")?;
    let course = Course::of(report);
    let noted = |at: Option<Timestamp>, topic: &str| {
        at.map_or_else(|| format!("not recorded (add a note on `{topic}`)"), Timestamp::to_minute)
    };
    let duration = match (course.start, course.end, course.duration()) {
        (_, _, Some(duration)) => wording::duration(duration),
        (Some(_), Some(_), None) => "not known: the end is noted before the start".to_owned(),
        _ => "not known".to_owned(),
    };
    writeln!(out, "- Planned: {}", wording::planned(report).unwrap_or_else(|| "not said".to_owned()))?;
    writeln!(out, "- Started: {}", noted(course.start, "start"))?;
    writeln!(out, "- Ended: {}", noted(course.end, "end"))?;
    writeln!(out, "- Duration: {duration}")?;
    let performed = match RolledBack::of(report) {
        RolledBack::Noted { done, text: told } => {
            format!("{} ({})", if done { "Y" } else { "N" }, text(&told))
        }
        _ => "not recorded (add a note on `rollback`)".to_owned(),
    };
    writeln!(out, "- Rollback performed: {performed}\n")?;
    for (topic, title) in [("issue", "Issues"), ("lesson", "Lessons"), ("team", "Team")] {
        notes(out, title, report.noted(topic))?;
    }
    let told = ["issue", "lesson", "team", "start", "end", "rollback"];
    let others = report.notes().iter().filter(|record| !told.contains(&record.note.topic.as_str()));
    notes(out, "Other notes", others)?;
    roles(report, out)?;
    metrics(report, out)?;
    runs(report, out)
}

fn notes<'a>(
    out: &mut dyn fmt::Write,
    title: &str,
    notes: impl Iterator<Item = &'a NoteRecord>,
) -> fmt::Result {
    let rows: Vec<Vec<String>> = notes
        .map(|record| {
            vec![
                text(&record.note.text),
                code(&record.note.topic),
                text(&record.note.who),
                record.at.to_minute(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    table::write(out, &[title, "Topic", "By", "At"], &rows)
}

fn roles(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let rows: Vec<Vec<String>> = report
        .outline()
        .roles
        .iter()
        .map(|role| {
            let person = match (role.person.is_empty(), role.optional) {
                (false, _) => text(&role.person),
                (true, true) => "nobody (optional)".to_owned(),
                (true, false) => "**nobody yet**".to_owned(),
            };
            vec![format!("{} ({})", text(&role.title), code(&role.id)), person, text(&role.duties.join("; "))]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    table::write(out, &["Role", "Person", "Duties"], &rows)
}

/// What the checks tagged `metrics` saw, before and after, in plan order.
fn metrics(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut rows = Vec::new();
    for check in report.checks().filter(|check| check.outline.tags.iter().any(|tag| tag == "metrics")) {
        let cell = |value: String, at: String| {
            vec![
                code(check.id().as_str()),
                text(&check.outline.title),
                code(check.outline.phase.as_str()),
                value,
                at,
            ]
        };
        let at = check.record.map(|record| record.finished.to_minute()).unwrap_or_default();
        let evidence = report.evidence(check.id().as_str());
        let seen = evidence.map(|evidence| seen(&check, evidence, &before(report, &check)));
        let values: Vec<String> = seen
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| format!("{}: {}", text(&name), text(&clip(&value, 120))))
            .collect();
        let value = if values.is_empty() {
            format!("not known: {}", check.standing(report.as_of()).word())
        } else {
            values.join("<br>")
        };
        rows.push(cell(value, at));
    }
    if rows.is_empty() {
        return Ok(());
    }
    table::write(out, &["Metrics", "Title", "Phase", "Value", "At"], &rows)
}

fn runs(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let rows: Vec<Vec<String>> =
        report.runs().iter().enumerate().map(|(number, run)| run_row(number, run)).collect();
    if rows.is_empty() {
        return writeln!(out, "Nothing has been run yet.\n");
    }
    table::write(out, &["Run", "By", "Selection", "Started", "Ended", "Took", "Used", "Version"], &rows)
}

/// How much a run has used of what it had: ``12 requests to `production` ``.
fn used(run: &RunRecord) -> String {
    let told = run.usage.iter().filter(|usage| usage.amount > 0).map(|usage| {
        let to = usage.target.as_ref().map_or_else(String::new, |target| format!(" to {target}"));
        format!("{} {}{to}", usage.amount, usage.what)
    });
    told.collect::<Vec<_>>().join(", ")
}

fn run_row(number: usize, run: &RunRecord) -> Vec<String> {
    let (end, took) = match run.end {
        Some((end, at)) => {
            let how = match end {
                RunEnd::Completed => "",
                RunEnd::Cancelled => " (cancelled)",
                RunEnd::Deadline => " (its time was used up)",
                _ => " (otherwise)",
            };
            (format!("{}{how}", at.to_minute()), wording::duration(at.since(run.started)))
        }
        None => ("going on, or killed".to_owned(), String::new()),
    };
    vec![
        (number + 1).to_string(),
        text(&run.start.by),
        text(&run.start.selection),
        run.started.to_minute(),
        end,
        took,
        text(&used(run)),
        code(&run.start.version),
    ]
}
