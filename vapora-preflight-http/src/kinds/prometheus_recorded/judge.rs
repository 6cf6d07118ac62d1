//! What was measured, as it is recorded.

use vapora_preflight::{CheckError, CheckResult, Evidence, EvidenceField, Finding, Unit, Value};

use super::{ONLY, PrometheusRecorded, Take};
use crate::{
    MetricUnit,
    kinds::prometheus_holds::{number, remarked, spread},
    prometheus::{Measured, Remarks, Row, shown},
    wording::{clauses, count},
};

/// How many series of one query are recorded: more cannot be compared by people.
const MOST_SERIES: usize = 100;

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "value", about: "the number of `query` where it gives one series, else nothing" },
    EvidenceField {
        name: "values",
        about: "by the name of the query, `value` for that of `query`: its number where it gives one series, else nothing",
    },
    EvidenceField {
        name: "statistics",
        about: "by the name of the query: `min`, `average`, `p50`, `p95`, `p99` and `max` of the points of all its series",
    },
    EvidenceField { name: "units", about: "by the name of the query: what its numbers count, or nothing" },
    EvidenceField { name: "series_count", about: "how many series all queries give" },
    EvidenceField { name: "points", about: "how many points all of them have" },
    EvidenceField { name: "missing_points", about: "how many more points there would be without gaps" },
    EvidenceField {
        name: "age",
        about: "how old the newest sample of the series is whose is the oldest, in seconds",
    },
    EvidenceField { name: "measured_at", about: "when Prometheus worked the last of the queries out" },
    EvidenceField { name: "warnings", about: "what Prometheus warns of" },
    EvidenceField { name: "infos", about: "what Prometheus remarks" },
    EvidenceField { name: "queries", about: "by name: the query" },
    EvidenceField {
        name: "series",
        about: "by the name of the query and the labels of the series: its number",
    },
];

/// The numbers of the series of one query, by their labels.
pub(in crate::kinds) type Recorded = Vec<(String, f64)>;

/// Reads the evidence `series` of an earlier check: the numbers of each query, by its name.
pub(in crate::kinds) fn recorded(series: &Value) -> Option<Vec<(String, Recorded)>> {
    let Value::Table(queries) = series else { return None };
    let read = |(name, rows): &(String, Value)| {
        let Value::Table(rows) = rows else { return None };
        let rows = rows.iter().map(|(title, value)| Some((title.clone(), number(value)?)));
        Some((name.clone(), rows.collect::<Option<_>>()?))
    };
    queries.iter().map(read).collect()
}

/// The number that so many of a hundred are not above, of numbers in order.
fn quantile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

impl Take {
    /// The number that stands for the points of a series.
    fn of(self, row: &Row) -> Option<f64> {
        let [min, average, max] = spread(row.values());
        let quantile = |percent| quantile(&sorted(row.values()), percent);
        match self {
            Self::Average => average,
            Self::Newest => row.newest(),
            Self::Min => min,
            Self::P50 => quantile(50),
            Self::P95 => quantile(95),
            Self::P99 => quantile(99),
            Self::Max => max,
        }
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn statistics(measured: &Measured) -> Value {
    let all = sorted(measured.rows.iter().flat_map(Row::values));
    let [min, average, max] = spread(all.iter().copied());
    Value::table([
        ("min", min),
        ("average", average),
        ("p50", quantile(&all, 50)),
        ("p95", quantile(&all, 95)),
        ("p99", quantile(&all, 99)),
        ("max", max),
    ])
}

impl PrometheusRecorded {
    pub(super) fn judge(&self, measured: &[(&str, &str, Measured)]) -> CheckResult {
        let mut remarks = Remarks::default();
        let mut said = Vec::new();
        for (name, query, one) in measured {
            let measure = self.measure(query);
            if let Some(error) = measure.unsound(one) {
                return Err(error);
            }
            if one.rows.len() > MOST_SERIES {
                return Err(CheckError::permanent(format!(
                    "expected at most {MOST_SERIES} series of {}, found {}",
                    measure.title(),
                    one.rows.len()
                ))
                .remedy("aggregate them, as with `sum by (…)`"));
            }
            remarks.take(one.remarks.clone());
            said.push(self.words(name, &one.rows));
        }
        let summary = match measured {
            [(_, query, _)] if self.query.is_some() => {
                format!("{} is recorded: {}", self.measure(query).title(), clauses(&said))
            }
            _ => format!("{} recorded: {}", count(measured.len(), "query is", "queries are"), clauses(&said)),
        };
        let finding = Finding::new(summary).evidence(self.evidence_of(measured, &remarks));
        Ok(remarked(finding, &remarks.all()))
    }

    /// What one query gives, for the summary.
    fn words(&self, name: &str, rows: &[Row]) -> String {
        let unit = self.unit_of(name);
        let numbers = rows.iter().filter_map(|row| self.take.of(row));
        let [low, _, high] = spread(numbers).map(|it| it.map(|it| shown(it, unit)).unwrap_or_default());
        let number = match rows.len() {
            1 => low,
            many => format!("from {low} to {high} in {many} series"),
        };
        if self.query.is_some() { number } else { format!("`{name}` {number}") }
    }

    fn evidence_of(&self, measured: &[(&str, &str, Measured)], remarks: &Remarks) -> Evidence {
        let single = |one: &Measured| if let [row] = &one.rows[..] { self.take.of(row) } else { None };
        let by_name = |of: &dyn Fn(&str, &Measured) -> Value| {
            Value::Table(measured.iter().map(|(name, _, one)| ((*name).to_owned(), of(name, one))).collect())
        };
        let rows = || measured.iter().flat_map(|(_, _, one)| &one.rows);
        let numbers = |_: &str, one: &Measured| {
            let numbers = one.rows.iter().map(|row| (row.title.clone(), Value::from(self.take.of(row))));
            Value::Table(numbers.collect())
        };
        let unit = self.unit_of(ONLY).map(MetricUnit::get);
        let only = measured.iter().find(|(name, ..)| *name == ONLY).and_then(|(_, _, one)| single(one));
        let mut evidence = Evidence::new();
        evidence.set("value", only, unit);
        let common = self.unit.filter(|_| self.units.is_empty());
        evidence.set("values", by_name(&|_, one| single(one).into()), common.map(MetricUnit::get));
        evidence
            .with("statistics", by_name(&|_, one| statistics(one)))
            .with(
                "units",
                by_name(&|name, _| self.unit_of(name).map(MetricUnit::name).map(str::to_owned).into()),
            )
            .with("series_count", rows().count())
            .with("points", rows().map(|row| row.points.len()).sum::<usize>())
            .with("missing_points", rows().map(Row::missing).sum::<usize>())
            .measured("age", rows().filter_map(|row| row.age).reduce(f64::max), Unit::Seconds)
            .with("measured_at", measured.iter().map(|(_, _, one)| one.at).max())
            .with("warnings", remarks.warnings.clone())
            .with("infos", remarks.infos.clone())
            .with(
                "queries",
                Value::table(measured.iter().map(|(name, query, _)| ((*name).to_owned(), *query))),
            )
            .with("series", by_name(&numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_numbers() {
        let of = |numbers: &[f64], percent| quantile(&sorted(numbers.iter().copied()), percent);
        assert_eq!(of(&[], 95), None);
        assert_eq!(of(&[3.0], 95), Some(3.0));
        assert_eq!(of(&[3.0, 1.0, 2.0, 4.0], 50), Some(2.0));
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(of(&hundred, 95), Some(95.0));
    }
}
