//! What of a plan is asked.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use super::RunError;
use crate::{CheckId, CheckView, PhaseId, Plan, Report, Standing, Timestamp, Unknown, diagnostic::nearest};

/// What of a plan is asked: the union of its parts, or everything where it has none; without what is excluded; and of that
/// only what failed or is stale, where so asked.
///
/// The name of a check stands for all its instances: `logs-clean` for every `logs-clean[…]`. What a selected check needs is
/// asked with it where it only reads and is not known to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    parts: Vec<Part>,
    excluded: Vec<String>,
    failed: bool,
    stale: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Phase(PhaseId),
    Check(String),
    Tag(String),
}

/// A selection applied to a plan, by places in it.
pub(super) struct Chosen {
    pub(super) checks: Vec<bool>,
    /// Of the checks, those that were named without a wild card.
    pub(super) exact: Vec<bool>,
    pub(super) gates: Vec<bool>,
    pub(super) excluded: Vec<bool>,
    /// Only what failed or is stale is asked.
    pub(super) filtered: bool,
}

impl Selection {
    /// Everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// With the checks and the gates of a phase.
    pub fn phase(mut self, phase: PhaseId) -> Self {
        self.parts.push(Part::Phase(phase));
        self
    }

    /// With the checks and gates that a pattern fits: `staging-*`, `logs-clean`, `logs-clean[vapora-backend]`.
    pub fn check_glob(mut self, pattern: impl Into<String>) -> Self {
        self.parts.push(Part::Check(pattern.into()));
        self
    }

    /// With the checks that carry a tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.parts.push(Part::Tag(tag.into()));
        self
    }

    /// Without the checks and gates that a pattern fits; they are not asked even where another one needs them.
    pub fn exclude_glob(mut self, pattern: impl Into<String>) -> Self {
        self.excluded.push(pattern.into());
        self
    }

    /// Of all that, only the checks that were settled and do not hold: failed, errored, timed out, panicked, skipped.
    pub fn only_failed(mut self) -> Self {
        self.failed = true;
        self
    }

    /// Of all that, only the checks whose answer no longer counts: stale, changed, expired. Together with
    /// [`only_failed`](Self::only_failed), both.
    pub fn rerun_stale(mut self) -> Self {
        self.stale = true;
        self
    }

    /// Whether each of its parts fits something that a plan declares. A run finds that out as well; who keeps a record can ask
    /// before it is begun.
    ///
    /// # Errors
    ///
    /// The part that fits nothing, or that nothing is left of it.
    pub fn fits(&self, plan: &Plan) -> Result<(), RunError> {
        // what is known of the checks does not matter here
        let declared = Self { failed: false, stale: false, ..self.clone() };
        let at = Timestamp::UNIX_EPOCH;
        declared.choose(plan, &Report::new(plan.shared_outline(), at), at).map(drop)
    }

    /// Applies it to a plan of which a report tells what is known.
    pub(super) fn choose(&self, plan: &Plan, report: &Report, now: Timestamp) -> Result<Chosen, RunError> {
        let outline = plan.outline();
        let none = vec![false; outline.checks.len()];
        let mut chosen = Chosen {
            checks: if self.parts.is_empty() { vec![true; none.len()] } else { none.clone() },
            exact: none.clone(),
            gates: vec![self.parts.is_empty(); outline.gates.len()],
            excluded: none,
            filtered: self.failed || self.stale,
        };
        for part in &self.parts {
            part.choose(plan, &mut chosen)?;
        }
        for pattern in &self.excluded {
            let pattern = Pattern::parse(pattern)?;
            let mut any = false;
            for (index, check) in outline.checks.iter().enumerate() {
                if pattern.fits(&check.id) {
                    any = true;
                    chosen.excluded[index] = true;
                    chosen.checks[index] = false;
                }
            }
            for (gate, chosen) in outline.gates.iter().zip(&mut chosen.gates) {
                if pattern.fits(&gate.id) {
                    any = true;
                    *chosen = false;
                }
            }
            pattern.found(any, plan)?;
        }
        if chosen.filtered {
            for (check, chosen) in report.checks().zip(&mut chosen.checks) {
                *chosen &= self.wants(&check, now);
            }
        }
        if chosen.checks.iter().chain(&chosen.gates).any(|chosen| *chosen) {
            Ok(chosen)
        } else {
            Err(RunError::NothingSelected { selection: self.to_string() })
        }
    }

    fn wants(&self, check: &CheckView<'_>, now: Timestamp) -> bool {
        let standing = check.standing(now);
        let failed = matches!(
            standing,
            Standing::Fails
                | Standing::Unknown(
                    Unknown::Errored
                        | Unknown::TimedOut
                        | Unknown::Panicked
                        | Unknown::Skipped
                        | Unknown::Unsettled { .. }
                )
        );
        let stale = matches!(
            standing,
            Standing::Unknown(Unknown::Stale { .. } | Unknown::Changed | Unknown::Expired)
        );
        (self.failed && failed) || (self.stale && stale)
    }
}

impl Part {
    fn choose(&self, plan: &Plan, chosen: &mut Chosen) -> Result<(), RunError> {
        let outline = plan.outline();
        match self {
            Self::Phase(phase) => {
                if outline.phase(phase.as_str()).is_none() {
                    let known = outline.phases.iter().map(|phase| phase.id.as_str());
                    return Err(no_match("phase", phase.as_str(), known));
                }
                for (check, chosen) in outline.checks.iter().zip(&mut chosen.checks) {
                    *chosen |= check.phase == *phase;
                }
                for (gate, chosen) in outline.gates.iter().zip(&mut chosen.gates) {
                    *chosen |= gate.phase == *phase;
                }
                Ok(())
            }
            Self::Check(pattern) => {
                let pattern = Pattern::parse(pattern)?;
                let mut any = false;
                for (index, check) in outline.checks.iter().enumerate() {
                    if pattern.fits(&check.id) {
                        any = true;
                        chosen.checks[index] = true;
                        chosen.exact[index] |= pattern.glob.is_none();
                    }
                }
                for (gate, chosen) in outline.gates.iter().zip(&mut chosen.gates) {
                    if pattern.fits(&gate.id) {
                        any = true;
                        *chosen = true;
                    }
                }
                pattern.found(any, plan)
            }
            Self::Tag(tag) => {
                let mut any = false;
                for (check, chosen) in outline.checks.iter().zip(&mut chosen.checks) {
                    let tagged = check.tags.contains(tag);
                    any |= tagged;
                    *chosen |= tagged;
                }
                if any {
                    Ok(())
                } else {
                    let known = outline.checks.iter().flat_map(|check| &check.tags).map(String::as_str);
                    Err(no_match("tag", tag, known))
                }
            }
        }
    }
}

/// A name, or a pattern for names.
struct Pattern<'t> {
    text: &'t str,
    glob: Option<GlobMatcher>,
}

impl<'t> Pattern<'t> {
    fn parse(text: &'t str) -> Result<Self, RunError> {
        if !text.contains(['*', '?', '{']) {
            return Ok(Self { text, glob: None });
        }
        // brackets hold the values of `for_each`, and are no character class
        let literal = text.replace('[', "\\[").replace(']', "\\]");
        let glob = GlobBuilder::new(&literal).backslash_escape(true).build();
        let glob = glob.map_err(|error| RunError::InvalidPattern {
            pattern: text.to_owned(),
            message: error.kind().to_string(),
        })?;
        Ok(Self { text, glob: Some(glob.compile_matcher()) })
    }

    fn fits(&self, id: &CheckId) -> bool {
        match &self.glob {
            Some(glob) => glob.is_match(id.as_str()) || glob.is_match(id.base()),
            None => id.as_str() == self.text || id.base() == self.text,
        }
    }

    fn found(&self, any: bool, plan: &Plan) -> Result<(), RunError> {
        if any {
            return Ok(());
        }
        let outline = plan.outline();
        let checks = outline.checks.iter().flat_map(|check| [check.id.as_str(), check.id.base()]);
        let known = checks.chain(outline.gates.iter().map(|gate| gate.id.as_str()));
        Err(no_match("check or gate", self.text, known))
    }
}

fn no_match<'k>(what: &'static str, found: &str, known: impl IntoIterator<Item = &'k str>) -> RunError {
    RunError::NoMatch {
        what,
        pattern: found.to_owned(),
        did_you_mean: nearest(found, known).map(str::to_owned),
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts.is_empty() {
            f.write_str("everything")?;
        }
        for (index, part) in self.parts.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            match part {
                Part::Phase(phase) => write!(f, "phase {phase}")?,
                Part::Check(pattern) => write!(f, "check {pattern}")?,
                Part::Tag(tag) => write!(f, "tag {tag}")?,
            }
        }
        self.excluded.iter().try_for_each(|pattern| write!(f, ", without {pattern}"))?;
        match (self.failed, self.stale) {
            (true, true) => f.write_str(", only what failed or is stale"),
            (true, false) => f.write_str(", only what failed"),
            (false, true) => f.write_str(", only what is stale"),
            (false, false) => Ok(()),
        }
    }
}
