//! From a report to its wire form: the whole, and what is declared.

use serde::Serialize;
use vapora_preflight as core;
use vapora_preflight::{Report, Standing};

use super::{
    SCHEMA_VERSION,
    of_gates::{gate, headline},
    of_records::{attestation, note, record, run},
    wire,
};
use crate::{deployment::Course, wording};

pub(super) fn report(report: &Report) -> wire::Report {
    let outline = report.outline();
    wire::Report {
        schema_version: SCHEMA_VERSION,
        checklist: wire::Checklist {
            name: outline.checklist.clone(),
            title: outline.title.clone(),
            digest: digest(outline.digest()),
        },
        as_of: instant(report.as_of()),
        deployment: deployment(report),
        headline: headline(report),
        counts: counts(report.counts()),
        phases: report.phases().iter().map(|phase| phase_of(report, phase)).collect(),
        gates: report.gates().map(|(outline, record)| gate(report, outline, record)).collect(),
        checks: report.checks().map(|view| check(report, &view)).collect(),
        targets: outline.targets.iter().map(target).collect(),
        roles: outline.roles.iter().map(role).collect(),
        change: outline.change.iter().map(section).collect(),
        messages: outline.messages.iter().map(section).collect(),
        commands: outline.commands.iter().map(commands).collect(),
        attestations: report.attestations().iter().map(attestation).collect(),
        notes: report.notes().iter().map(note).collect(),
        runs: report.runs().iter().map(run).collect(),
    }
}

pub(super) fn instant(at: core::Timestamp) -> wire::Instant {
    wire::Instant(at.to_string())
}

pub(super) fn digest(digest: core::Digest) -> wire::Digest {
    wire::Digest(digest.to_string())
}

/// The name under which an enumeration is written everywhere.
pub(super) fn name<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "unknown".to_owned(),
    }
}

pub(super) fn names(ids: &[core::CheckId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn deployment(report: &Report) -> wire::Deployment {
    let deployment = report.deployment();
    let course = Course::of(report);
    wire::Deployment {
        release: deployment.release.as_ref().map(ToString::to_string),
        environment: deployment.environment.clone(),
        planned: deployment.planned.map(instant),
        window: deployment
            .window
            .map(|window| wire::Window { opens: instant(window.opens), closes: instant(window.closes) }),
        started: course.start.map(instant),
        ended: course.end.map(instant),
        duration_seconds: course.duration().map(|duration| duration.as_secs_f64()),
    }
}

fn counts(counts: core::Counts) -> wire::Counts {
    wire::Counts {
        declared: counts.declared,
        holding: counts.holding,
        warned: counts.warned,
        failing: counts.failing,
        awaiting: counts.awaiting,
        unknown: counts.unknown,
        not_applicable: counts.not_applicable,
    }
}

fn phase_of(report: &Report, phase: &core::PhaseOutline) -> wire::Phase {
    wire::Phase {
        id: phase.id.to_string(),
        title: phase.title.clone(),
        opens: phase.opens.map(instant),
        due: phase.due.map(instant),
        counts: counts(core::Counts::of(report.checks_of(&phase.id), report.as_of())),
        state: wording::phase_state(report, phase),
    }
}

fn check(report: &Report, check: &core::CheckView<'_>) -> wire::Check {
    let now = report.as_of();
    let outline = check.outline;
    let standing = check.standing(now);
    let state = match standing {
        Standing::Holds { .. } => "holds",
        Standing::Fails => "fails",
        Standing::NotApplicable => "not_applicable",
        Standing::Unknown(_) => "unknown",
    };
    wire::Check {
        id: outline.id.to_string(),
        base: outline.id.base().to_owned(),
        phase: outline.phase.to_string(),
        kind: outline.kind.clone(),
        title: outline.title.clone(),
        severity: name(outline.severity),
        effect: name(outline.effect),
        definition: digest(outline.definition),
        target: outline.target.as_ref().map(ToString::to_string),
        needs: names(&outline.needs),
        fresh_for_seconds: outline.fresh_for.map(|duration| duration.as_secs_f64()),
        on_fail: outline.on_fail.map(name),
        role: outline.role.clone(),
        runs_commands: outline.runs_commands,
        hint: outline.hint.clone(),
        docs: outline.docs.clone(),
        owner: outline.owner.clone(),
        tags: outline.tags.clone(),
        standing: wire::Standing { state: state.to_owned(), word: standing.word().to_owned() },
        summary: check.summary(now),
        remedy: check.remedy(now),
        record: check.record.map(|it| record(it, it.definition == outline.definition)),
    }
}

fn target(target: &core::TargetOutline) -> wire::Target {
    wire::Target {
        name: target.name.to_string(),
        protected: target.protected,
        settings: target
            .settings
            .iter()
            .map(|(name, value)| wire::Setting { name: name.clone(), value: value.clone() })
            .collect(),
    }
}

fn role(role: &core::Role) -> wire::Role {
    wire::Role {
        id: role.id.clone(),
        title: role.title.clone(),
        person: Some(role.person.clone()).filter(|person| !person.is_empty()),
        optional: role.optional,
        duties: role.duties.clone(),
    }
}

fn section(section: &core::Section) -> wire::Section {
    wire::Section { id: section.id.clone(), title: section.title.clone(), text: section.text.clone() }
}

fn commands(commands: &core::Commands) -> wire::Commands {
    wire::Commands {
        id: commands.id.clone(),
        title: commands.title.clone(),
        target: commands.target.as_ref().map(ToString::to_string),
        lines: commands.lines.clone(),
    }
}
