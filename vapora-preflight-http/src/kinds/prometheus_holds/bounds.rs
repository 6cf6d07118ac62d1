//! What a number may be.

use vapora_preflight::Problems;

use super::PrometheusHolds;
use crate::{MetricUnit, prometheus::shown};

/// The bounds of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    lowest: Option<f64>,
    highest: Option<f64>,
    only: Option<f64>,
    /// The number before, with the bounds that come of it.
    pub(super) grown: Option<Grown>,
}

/// The bounds that come of a number before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grown {
    pub(super) before: f64,
    lowest: Option<f64>,
    highest: Option<f64>,
}

impl Grown {
    /// By how much a number is above the one before, in percent; none where that was nothing.
    pub(super) fn percent(&self, number: f64) -> Option<f64> {
        (self.before != 0.0).then(|| ((number - self.before) / self.before.abs() * 1000.0).round() / 10.0)
    }

    fn holds(&self, number: f64) -> bool {
        self.lowest.is_none_or(|lowest| number >= lowest)
            && self.highest.is_none_or(|highest| number <= highest)
    }
}

impl Bounds {
    pub(super) fn of(kind: &PrometheusHolds, before: Option<f64>) -> Self {
        let grown = before.map(|before| {
            let slack = kind.slack.map_or(0.0, crate::Amount::get);
            let part = |percent: f64| (before.abs() * percent / 100.0).max(slack);
            Grown {
                before,
                lowest: kind.drop_percent.map(|percent| before - part(percent)),
                highest: kind.growth_percent.map(|percent| before + part(percent)),
            }
        });
        Self {
            lowest: kind.min.map(crate::Amount::get),
            highest: kind.max.map(crate::Amount::get),
            only: kind.equals.map(crate::Amount::get),
            grown,
        }
    }

    /// Whether a number holds.
    pub(super) fn holds(&self, number: f64) -> bool {
        self.holds_by_itself(number) && self.grown.is_none_or(|grown| grown.holds(number))
    }

    /// Whether a number holds, whatever was before.
    pub(super) fn holds_by_itself(&self, number: f64) -> bool {
        self.lowest.is_none_or(|lowest| number >= lowest)
            && self.highest.is_none_or(|highest| number <= highest)
            && self.only.is_none_or(|only| number - only == 0.0)
    }

    /// What would be right, in words.
    pub(super) fn expected(kind: &PrometheusHolds) -> String {
        let unit = kind.unit();
        let mut parts = Vec::new();
        match (kind.min, kind.max) {
            (Some(min), Some(max)) => {
                parts.push(format!("from {} to {}", exact(min.get(), unit), exact(max.get(), unit)));
            }
            (Some(min), None) => parts.push(format!("at least {}", exact(min.get(), unit))),
            (None, Some(max)) => parts.push(format!("at most {}", exact(max.get(), unit))),
            (None, None) => {}
        }
        if let Some(only) = kind.equals {
            parts.push(exact(only.get(), unit));
        }
        for (percent, word) in [(kind.growth_percent, "more"), (kind.drop_percent, "less")] {
            if let Some(percent) = percent {
                parts.push(format!("at most {percent} % {word} than before"));
            }
        }
        let mut expected = parts.join(", ");
        if let Some(slack) = kind.slack.filter(|_| kind.compares()) {
            expected = format!("{expected} (or {})", exact(slack.get(), unit));
        }
        match (kind.over, kind.hold_percent, kind.held_for) {
            (Some(over), _, Some(held)) => format!("{expected}, for the last {held} of {over}"),
            (Some(over), Some(percent), None) => {
                format!("{expected}, at {percent} % of the points of the last {over}")
            }
            (Some(over), None, None) => format!("{expected}, at every point of the last {over}"),
            (None, ..) => expected,
        }
    }

    pub(super) fn validate(kind: &PrometheusHolds, problems: &mut Problems) {
        let bounds = [kind.min.is_some(), kind.max.is_some(), kind.equals.is_some(), kind.compares()];
        if bounds.iter().all(|given| !given) {
            problems.whole(
                "nothing is said about the numbers, so that any of them would be right",
                "write `min`, `max`, `equals`, `growth_percent` or `drop_percent`; what is all in `expect` is of the kind \
                 `prometheus.recorded`",
            );
        }
        if kind.equals.is_some() && (kind.min.is_some() || kind.max.is_some()) {
            problems.at("equals", "there is a `min` or `max` besides", "keep one of them");
        }
        if let (Some(min), Some(max)) = (kind.min, kind.max)
            && min.get() > max.get()
        {
            problems.at("min", "it is above `max`, so that no number is right", "exchange the two");
        }
        let unit = kind.unit();
        for (name, amount) in kind.amounts() {
            if let Some(written) = amount.and_then(crate::Amount::unit)
                && Some(written) != unit
            {
                let unit = unit.map_or("none", MetricUnit::name);
                problems.at(
                    name,
                    format!("it is written in {}, and the unit is {unit}", written.name()),
                    "write all of them in the unit of the metric",
                );
            }
        }
        if kind.slack.is_some_and(|slack| slack.get() < 0.0) {
            problems.at("slack", "it is below zero", "write it without a sign");
        }
        for (name, percent) in [("growth_percent", kind.growth_percent), ("drop_percent", kind.drop_percent)]
        {
            if percent.is_some_and(|percent| !(percent.is_finite() && percent >= 0.0)) {
                problems.at(name, "expected a number from 0 on", "write it without a sign");
            }
        }
        for (name, given) in [("slack", kind.slack.is_some()), ("compare", kind.compare.is_some())] {
            if given && !kind.compares() {
                problems.at(
                    name,
                    "nothing is compared with a baseline",
                    "leave it out, or write `growth_percent`",
                );
            }
        }
        Self::validate_time(kind, problems);
    }

    fn validate_time(kind: &PrometheusHolds, problems: &mut Problems) {
        for (name, given) in
            [("hold_percent", kind.hold_percent.is_some()), ("held_for", kind.held_for.is_some())]
        {
            if given && kind.over.is_none() {
                problems.at(name, "only the present is asked for", "say with `over` how far back to ask");
            }
        }
        if kind.hold_percent.is_some() && kind.held_for.is_some() {
            problems.at("held_for", "there is a `hold_percent` besides", "keep one of them");
        }
        if kind.hold_percent.is_some_and(|percent| !(percent > 0.0 && percent <= 100.0)) {
            problems.at("hold_percent", "expected more than 0 and at most 100", "write a share in percent");
        }
        if let (Some(held), Some(over)) = (kind.held_for, kind.over)
            && !(kind.step..=over).contains(&held)
        {
            problems.at(
                "held_for",
                format!("expected from `step` to `over`, found {held}"),
                "ask further back",
            );
        }
    }
}

/// A bound as it was written, with its unit.
fn exact(number: f64, unit: Option<MetricUnit>) -> String {
    match unit {
        Some(MetricUnit::Bytes) => shown(number, unit),
        Some(unit) => format!("{number} {}", unit.get().sign()),
        None => number.to_string(),
    }
}
