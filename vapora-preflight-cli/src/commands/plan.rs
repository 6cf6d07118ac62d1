//! `plan`

use std::fmt::Write as _;

use serde_json::json;
use vapora_preflight::{CheckOutline, Effect, Outline, Period, Plan};

use crate::{
    args::{PlanArgs, PlanFormat},
    exit::{self, Ended},
    setup::{self, Purpose},
    terminal::{Terminal, clean_json, clean_lines, many},
    waiting::filled,
};

/// Shows what a run would do.
pub(crate) fn plan(args: &PlanArgs, terminal: &Terminal) -> Ended {
    let opened =
        setup::open(args.checklist.checklist.as_deref(), &args.checklist.set, Purpose::Show, terminal)?;
    let text = match args.format {
        PlanFormat::Text => clean_lines(&as_text(&opened.plan)),
        PlanFormat::Json => clean_json(&serde_json::to_string_pretty(&as_json(&opened.plan))?),
        PlanFormat::Mermaid => clean_lines(&as_mermaid(&opened.plan)),
    };
    terminal.print(&text);
    Ok(exit::GO)
}

fn whole(duration: std::time::Duration) -> Period {
    Period::from(duration)
}

fn as_text(plan: &Plan) -> String {
    let outline = plan.outline();
    let mut text = String::new();
    let name = outline.title.as_deref().unwrap_or(&outline.checklist);
    let _ = writeln!(
        text,
        "{name}: {}, {}",
        many(outline.checks.len(), "check"),
        many(outline.gates.len(), "gate")
    );
    if let Some(planned) = outline.deployment.planned {
        let _ = writeln!(text, "T is {}", planned.to_minute());
    }
    for target in &outline.targets {
        let protected = if target.protected { ", protected: nothing may change it" } else { "" };
        let _ = writeln!(text, "target {}{protected}", target.name);
    }
    for phase in &outline.phases {
        let _ = write!(text, "\n{} — {}", phase.id, phase.title);
        if let (Some(opens), Some(due)) = (phase.opens, phase.due) {
            let _ = write!(text, " ({} to {})", opens.to_minute(), due.to_minute());
        }
        text.push('\n');
        let checks: Vec<&CheckOutline> =
            outline.checks.iter().filter(|check| check.phase == phase.id).collect();
        let width = checks.iter().map(|check| check.id.as_str().chars().count()).max().unwrap_or_default();
        for check in checks {
            text.push_str(&check_line(plan, check, width.min(WIDEST)));
        }
        for gate in outline.gates.iter().filter(|gate| gate.phase == phase.id) {
            let _ = writeln!(
                text,
                "  ◆ {} — {}: judges {}",
                gate.id,
                gate.title,
                many(gate.subjects.len(), "check")
            );
            for condition in &gate.conditions {
                let _ =
                    writeln!(text, "      {} ({})", condition.name, many(condition.subjects.len(), "check"));
            }
        }
    }
    text
}

/// How wide the column of the ids may be.
const WIDEST: usize = 36;

fn check_line(plan: &Plan, check: &CheckOutline, width: usize) -> String {
    let mut text = format!("  • {:<width$}  {:<25} {}\n", check.id.as_str(), check.kind, check.title);
    let mut more: Vec<String> = Vec::new();
    if let Some(why) = &check.not_applicable {
        more.push(format!("does not apply: {why}"));
    }
    if let Some(target) = &check.target {
        more.push(format!("asks {target}"));
    }
    if let Some(role) = &check.role {
        let who = filled(plan.outline(), role).unwrap_or("nobody fills it");
        more.push(format!("waits for the {role} ({who})"));
    }
    if check.effect > Effect::Reads {
        more.push(check.effect.to_string());
    }
    if check.runs_commands {
        more.push("runs a program".to_owned());
    }
    if check.severity != vapora_preflight::Severity::Required {
        more.push(check.severity.to_string());
    }
    let needs: Vec<&str> = plan.needs_of(check.id.as_str()).iter().map(|need| need.as_str()).collect();
    if !needs.is_empty() {
        more.push(format!("needs {}", needs.join(", ")));
    }
    if let Some(until) = plan.limits_of(check.id.as_str()).and_then(|limits| limits.until) {
        more.push(format!("until it holds, for at most {}", whole(until.timeout)));
    }
    if let Some(fresh_for) = check.fresh_for {
        more.push(format!("counts for {}", whole(fresh_for)));
    }
    if !more.is_empty() {
        let _ = writeln!(text, "      {}", more.join("; "));
    }
    text
}

fn as_json(plan: &Plan) -> serde_json::Value {
    let outline: &Outline = plan.outline();
    let mut checks = Vec::new();
    for check in &outline.checks {
        let id = check.id.as_str();
        let mut row = json!(check);
        let (expect, warn_unless) = plan.conditions_of(id);
        if let Some(row) = row.as_object_mut() {
            row.insert("expect".into(), json!(expect));
            row.insert("warn_unless".into(), json!(warn_unless));
            if let Some(limits) = plan.limits_of(id) {
                row.insert("attempt_seconds".into(), json!(limits.attempt.as_secs_f64()));
                row.insert("attempts".into(), json!(limits.retry.attempts));
            }
        }
        checks.push(row);
    }
    let permissions: serde_json::Map<String, serde_json::Value> = outline
        .targets
        .iter()
        .map(|target| {
            let rights: Vec<serde_json::Value> = plan
                .permissions(target.name.as_str())
                .into_iter()
                .map(|(right, checks)| {
                    json!({
                        "verb": right.verb, "group": right.group, "resource": right.resource,
                        "namespace": right.namespace, "name": right.name, "optional": right.optional,
                        "checks": checks,
                    })
                })
                .collect();
            (target.name.to_string(), rights.into())
        })
        .collect();
    let mut whole = json!(outline);
    if let Some(rows) = whole.as_object_mut() {
        rows.insert("checks".into(), checks.into());
        rows.insert("permissions".into(), permissions.into());
        rows.insert("digest".into(), json!(outline.digest()));
    }
    whole
}

/// A flow chart in the Mermaid language: a box for each phase, an arrow from what is needed to what needs it.
fn as_mermaid(plan: &Plan) -> String {
    let outline = plan.outline();
    let number = |id: &str| {
        let check = outline.checks.iter().position(|check| check.id == id).map(|at| format!("c{at}"));
        check.or_else(|| outline.gates.iter().position(|gate| gate.id == id).map(|at| format!("g{at}")))
    };
    let quoted =
        |text: &str| text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;").replace('\n', " ");
    let mut text = "flowchart LR\n".to_owned();
    for (at, phase) in outline.phases.iter().enumerate() {
        let _ = writeln!(text, "  subgraph p{at}[\"{}\"]", quoted(&phase.title));
        for (at, check) in outline.checks.iter().enumerate().filter(|(_, it)| it.phase == phase.id) {
            let _ = writeln!(text, "    c{at}[\"{}\"]", quoted(check.id.as_str()));
        }
        for (at, gate) in outline.gates.iter().enumerate().filter(|(_, it)| it.phase == phase.id) {
            let _ = writeln!(text, "    g{at}{{{{\"{}\"}}}}", quoted(gate.id.as_str()));
        }
        text.push_str("  end\n");
    }
    for check in &outline.checks {
        let to = number(check.id.as_str()).unwrap_or_default();
        for need in &check.needs {
            let _ = writeln!(text, "  {} --> {to}", number(need.as_str()).unwrap_or_default());
        }
    }
    for (at, gate) in outline.gates.iter().enumerate() {
        for subject in &gate.subjects {
            let _ = writeln!(text, "  {} -.-> g{at}", number(subject.as_str()).unwrap_or_default());
        }
    }
    text
}
