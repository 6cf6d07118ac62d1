//! What was measured, against what it may be.

use std::fmt::Write as _;

use vapora_preflight::{Advice, CheckResult, Evidence, EvidenceField, Finding, Outcome, Unit, Value};

use super::{PrometheusHolds, before::Before, bounds::Bounds};
use crate::{
    MetricUnit,
    prometheus::{Measured, Row, shown, spoken},
    wording::clauses,
};

/// How many series are kept as evidence.
const KEPT: usize = 100;

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "query", about: "the query" },
    EvidenceField { name: "measured_at", about: "when Prometheus worked the query out" },
    EvidenceField {
        name: "value",
        about: "the newest number of the only series; nothing where there are several",
    },
    EvidenceField { name: "min", about: "the lowest number of all series and points" },
    EvidenceField { name: "average", about: "the average of all series and points" },
    EvidenceField { name: "max", about: "the highest number of all series and points" },
    EvidenceField { name: "series_count", about: "how many series the query gives" },
    EvidenceField { name: "failing", about: "the labels of those that do not hold" },
    EvidenceField { name: "points", about: "how many points all of them have" },
    EvidenceField { name: "missing_points", about: "how many more points there would be without gaps" },
    EvidenceField {
        name: "holding_percent",
        about: "how many points of the series hold where the fewest do, in percent",
    },
    EvidenceField {
        name: "held_for",
        about: "for how long up to now the series has held that has held the shortest, in seconds; nothing for the present alone",
    },
    EvidenceField {
        name: "age",
        about: "how old the newest sample of the series is whose is the oldest, in seconds",
    },
    EvidenceField { name: "compared_with", about: "when the baseline was recorded" },
    EvidenceField {
        name: "growth_percent",
        about: "how far a number is above the baseline at most, in percent",
    },
    EvidenceField {
        name: "drop_percent",
        about: "how far a number is below the baseline at most, in percent",
    },
    EvidenceField { name: "warnings", about: "what Prometheus warns of" },
    EvidenceField { name: "infos", about: "what Prometheus remarks" },
    EvidenceField {
        name: "series",
        about: "by labels, those that fail first and 100 at most: `value`, `min`, `average`, `max`, `points`, `missing_points`, `holding_percent`, \
                `held_for` and `age` in seconds, `before`, `growth_percent`",
    },
];

/// One series against its bounds.
struct Judged<'m> {
    row: &'m Row,
    bounds: Bounds,
    holding_percent: f64,
    held_for: Option<f64>,
    wrong: bool,
}

/// For how long up to the end the points of a row have held, without a gap.
fn held_for(row: &Row, bounds: &Bounds, end: f64, step: f64) -> f64 {
    let mut since = end;
    for point in row.points.iter().rev() {
        if !bounds.holds(point.value) || since - point.at > step * 1.5 {
            break;
        }
        since = point.at;
    }
    end - since
}

impl<'m> Judged<'m> {
    fn of(kind: &PrometheusHolds, row: &'m Row, before: Option<f64>, end: f64) -> Self {
        let bounds = Bounds::of(kind, before);
        let holding = row.values().filter(|value| bounds.holds(*value)).count();
        let holding_percent = holding as f64 * 100.0 / row.points.len().max(1) as f64;
        let step = kind.step.get().as_secs_f64();
        let held = kind.over.map(|_| held_for(row, &bounds, end, step));
        let holds = match (kind.held_for, held) {
            // the point at the beginning need not be at the very instant
            (Some(wanted), Some(held)) => held + step - 1e-3 > wanted.get().as_secs_f64() && holding > 0,
            _ => holding > 0 && holding_percent >= kind.hold_percent.unwrap_or(100.0),
        };
        Self { row, bounds, holding_percent, held_for: held, wrong: row.unsound.is_none() && !holds }
    }

    fn is_wrong_by_itself(&self) -> bool {
        self.row.values().any(|value| !self.bounds.holds_by_itself(value))
    }

    /// The number that says it best: one that does not hold, the newest where there are several.
    fn worst(&self) -> Option<f64> {
        let wrong = self.row.points.iter().rev().map(|point| point.value).find(|it| !self.bounds.holds(*it));
        wrong.or(self.row.newest())
    }

    fn words(&self, unit: Option<MetricUnit>) -> String {
        let mut words = self.worst().map_or_else(|| "has no number".to_owned(), |it| shown(it, unit));
        if let (Some(grown), Some(worst)) = (self.bounds.grown, self.worst()) {
            let percent =
                grown.percent(worst).map_or_else(String::new, |percent| format!(" ({percent:+} %)"));
            let _ = write!(words, ", {} before{percent}", shown(grown.before, unit));
        }
        if let Some(held) = self.held_for {
            let points = self.row.points.len();
            let holding = (self.holding_percent * points as f64 / 100.0).round();
            let _ = write!(words, ", {holding} of {points} points hold");
            if held > 0.0 {
                let _ = write!(words, ", those of the last {}", spoken(held));
            }
        }
        words
    }

    fn growth(&self, pick: fn(f64, f64) -> f64) -> Option<f64> {
        let grown = self.bounds.grown?;
        self.row.values().filter_map(|value| grown.percent(value)).reduce(pick)
    }

    fn value(&self) -> Value {
        let [min, average, max] = spread(self.row.values());
        Value::table([
            ("value", Value::from(self.row.newest())),
            ("min", Value::from(min)),
            ("average", Value::from(average)),
            ("max", Value::from(max)),
            ("points", Value::from(self.row.points.len())),
            ("missing_points", Value::from(self.row.missing())),
            ("holding_percent", Value::from(self.holding_percent)),
            ("held_for", Value::from(self.held_for)),
            ("age", Value::from(self.row.age)),
            ("before", Value::from(self.bounds.grown.map(|grown| grown.before))),
            ("growth_percent", Value::from(self.growth(f64::max))),
        ])
    }
}

/// The lowest, the average and the highest of numbers.
pub(in crate::kinds) fn spread(numbers: impl Iterator<Item = f64>) -> [Option<f64>; 3] {
    let all: Vec<f64> = numbers.collect();
    let average = (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    [all.iter().copied().reduce(f64::min), average, all.iter().copied().reduce(f64::max)]
}

impl PrometheusHolds {
    pub(super) fn judge(&self, measured: &Measured, before: Option<&Before>) -> CheckResult {
        let titles: Vec<&str> = measured.rows.iter().map(|row| row.title.as_str()).collect();
        let earlier = before.map(|before| before.values(&titles)).transpose();
        let end = measured.at.unix_micros() as f64 / 1e6;
        let known = earlier.as_ref().ok().and_then(Option::as_ref);
        let rows = measured.rows.iter().enumerate();
        let mut judged: Vec<Judged<'_>> = rows
            .map(|(index, row)| Judged::of(self, row, known.and_then(|all| all.get(index)).copied(), end))
            .collect();
        judged.sort_by_key(|one| !one.wrong);
        let evidence = self.evidence_of(measured, before, &judged);
        let wrong: Vec<&Judged<'_>> = judged.iter().filter(|one| one.wrong).collect();
        if !wrong.is_empty() {
            return Ok(Outcome::Fail(self.failed(&judged, &wrong).evidence(evidence)));
        }
        if let Some(error) = self.measure().unsound(measured) {
            return Err(error);
        }
        earlier?;
        let finding = Finding::new(self.summary(&judged, before)).evidence(evidence);
        Ok(remarked(finding, &measured.remarks.all()))
    }

    fn failed(&self, judged: &[Judged<'_>], wrong: &[&Judged<'_>]) -> Finding {
        let (query, unit) = (self.measure().title(), self.unit());
        let summary = match (judged, wrong) {
            ([only], _) => {
                let worst = only.worst().map_or_else(String::new, |worst| shown(worst, unit));
                match self.over {
                    None => format!("{query} is {worst}"),
                    Some(over) => format!("{query} did not hold over the last {over}"),
                }
            }
            (all, wrong) => {
                let do_not = if wrong.len() == 1 { "does" } else { "do" };
                format!("{} of {} series of {query} {do_not} not hold", wrong.len(), all.len())
            }
        };
        let said: Vec<String> = match judged {
            [only] => vec![only.words(unit)],
            _ => wrong.iter().map(|one| format!("`{}` is {}", one.row.title, one.words(unit))).collect(),
        };
        let by_growth = wrong.iter().all(|one| !one.is_wrong_by_itself());
        let advice = if by_growth && self.compares() { Advice::RollBack } else { Advice::Investigate };
        Finding::new(summary)
            .expected(Bounds::expected(self))
            .actual(clauses(&said))
            .remedy(format!("look at the query on the page of Prometheus, `{}`", self.url.below("graph")))
            .advice(advice)
    }

    fn summary(&self, judged: &[Judged<'_>], before: Option<&Before>) -> String {
        let (query, unit) = (self.measure().title(), self.unit());
        let values = judged.iter().flat_map(|one| one.row.values());
        let [low, _, high] = spread(values).map(|number| number.map(|number| shown(number, unit)));
        let (low, high) = (low.unwrap_or_default(), high.unwrap_or_default());
        let range = if low == high { low } else { format!("from {low} to {high}") };
        let mut summary = match (judged.len(), self.over) {
            (1, None) => format!("{query} is {range}"),
            (1, Some(over)) => format!("{query} was {range} over the last {over}"),
            (many, None) => format!("{many} series of {query} are {range}"),
            (many, Some(over)) => format!("{many} series of {query} were {range} over the last {over}"),
        };
        let growth = judged.iter().filter_map(|one| one.growth(f64::max)).reduce(f64::max);
        if let (Some(growth), Some(before)) = (growth, before) {
            let _ = write!(summary, ", {growth:+} % since {}", before.at.to_minute());
        }
        summary
    }

    fn evidence_of(&self, measured: &Measured, before: Option<&Before>, judged: &[Judged<'_>]) -> Evidence {
        let unit = self.unit().map(MetricUnit::get);
        let [min, average, max] = spread(judged.iter().flat_map(|one| one.row.values()));
        let value = if let [only] = judged { only.row.newest() } else { None };
        let mut evidence =
            Evidence::new().with("query", self.query.as_str()).with("measured_at", measured.at);
        for (name, number) in [("value", value), ("min", min), ("average", average), ("max", max)] {
            evidence.set(name, number, unit);
        }
        let failing: Vec<&str> =
            judged.iter().filter(|one| one.wrong).take(KEPT).map(|one| one.row.title.as_str()).collect();
        let most = |of: &dyn Fn(&Judged<'_>) -> Option<f64>, pick: fn(f64, f64) -> f64| {
            judged.iter().filter_map(of).reduce(pick)
        };
        let rows = judged.iter().take(KEPT).map(|one| (one.row.title.clone(), one.value())).collect();
        let drop = most(&|one| one.growth(f64::min), f64::min).map(|growth| (-growth).max(0.0));
        evidence
            .with("series_count", judged.len())
            .with("failing", failing)
            .with("points", judged.iter().map(|one| one.row.points.len()).sum::<usize>())
            .with("missing_points", judged.iter().map(|one| one.row.missing()).sum::<usize>())
            .measured("holding_percent", most(&|one| Some(one.holding_percent), f64::min), Unit::Percent)
            .measured("held_for", most(&|one| one.held_for, f64::min), Unit::Seconds)
            .measured("age", most(&|one| one.row.age, f64::max), Unit::Seconds)
            .with("compared_with", before.map(|before| before.at))
            .measured("growth_percent", most(&|one| one.growth(f64::max), f64::max), Unit::Percent)
            .measured("drop_percent", drop, Unit::Percent)
            .with("warnings", measured.remarks.warnings.clone())
            .with("infos", measured.remarks.infos.clone())
            .with("series", Value::Table(rows))
    }
}

/// A finding that holds, with what Prometheus remarks on it.
pub(in crate::kinds) fn remarked(mut finding: Finding, remarks: &[String]) -> Outcome {
    if remarks.is_empty() {
        return Outcome::Pass(finding);
    }
    finding.summary.push_str("; Prometheus remarks on it");
    Outcome::Warn(
        finding
            .expected("an answer without remarks")
            .actual(clauses(remarks))
            .remedy("see whether the numbers are those that are meant, and correct the query or the storage"),
    )
}
