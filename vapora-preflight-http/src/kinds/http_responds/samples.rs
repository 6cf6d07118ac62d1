//! The same request several times, and how long the answers took.

use std::time::Duration;

use futures::{StreamExt as _, stream::FuturesUnordered};
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{CheckContext, CheckResult, Evidence, Finding, Outcome, Period, Problems, Unit};

use super::{HttpResponds, evidence};
use crate::{HttpAnswer, HttpClient};

/// How many samples may be taken.
pub(super) const MOST: u32 = 10_000;
/// How many of them may be under way at a time.
pub(super) const WIDEST: u16 = 100;

/// How long the answers may take, each from sending the request to the end of the body.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Latency {
    /// Half of them take no longer.
    p50: Option<Period>,
    /// 95 of 100 take no longer.
    p95: Option<Period>,
    /// 99 of 100 take no longer.
    p99: Option<Period>,
    /// None takes longer.
    max: Option<Period>,
}

/// How long the answers took, shortest first.
#[derive(Default)]
pub(super) struct Taken(Vec<Duration>);

impl Taken {
    pub(super) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The one that so many of a hundred do not exceed, by nearest rank.
    fn percentile(&self, of_hundred: usize) -> Option<Duration> {
        let rank = (self.0.len() * of_hundred).div_ceil(100);
        self.0.get(rank.checked_sub(1)?).copied()
    }

    /// The percentiles by their names.
    pub(super) fn percentiles(&self) -> [(&'static str, Option<Duration>); 4] {
        [("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)]
            .map(|(name, of_hundred)| (name, self.percentile(of_hundred)))
    }
}

impl Latency {
    fn bounds(&self) -> [(&'static str, Option<Period>); 4] {
        [("p50", self.p50), ("p95", self.p95), ("p99", self.p99), ("max", self.max)]
    }

    /// What is too slow. Where a bound is given, a percentile without a value is too slow as well.
    fn exceeded(&self, url: &str, taken: &Taken) -> Option<Finding> {
        let (mut expected, mut actual) = (Vec::new(), Vec::new());
        for ((name, bound), (_, found)) in self.bounds().into_iter().zip(taken.percentiles()) {
            let Some(bound) = bound else { continue };
            if found.is_none_or(|found| found > bound.get()) {
                expected.push(format!("{name} of no more than {bound}"));
                actual.push(format!("{name} of {}", found.map_or_else(|| "nothing".to_owned(), shown)));
            }
        }
        let first = actual.first()?;
        let count = match taken.count() {
            1 => "its answer".to_owned(),
            count => format!("{count} answers"),
        };
        Some(
            Finding::new(format!("`{url}` is too slow: {first} over {count}"))
                .expected(expected.join(", "))
                .actual(actual.join(", ")),
        )
    }

    pub(super) fn validate(&self, problems: &mut Problems) {
        let given: Vec<_> =
            self.bounds().into_iter().filter_map(|(name, bound)| Some((name, bound?))).collect();
        if given.is_empty() {
            problems.at("latency", "the table is empty and bounds nothing", "leave it out, or give a `p95`");
        }
        if let Some((name, _)) = given.iter().find(|(_, bound)| bound.get().is_zero()) {
            problems.at("latency", format!("`{name}` is zero, and every answer takes longer"), "raise it");
        }
        for pair in given.windows(2) {
            let [(low, first), (high, second)] = pair else { continue };
            if first > second {
                problems.at(
                    "latency",
                    format!("`{low}` may be {first} and `{high}` no more than {second}, so the first bounds nothing"),
                    format!("lower `{low}`, or leave it out"),
                );
            }
        }
    }
}

/// A time as a reader takes it in: milliseconds below a second.
fn shown(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1_000.0;
    if millis < 10.0 {
        format!("{millis:.2} ms")
    } else if millis < 1_000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.2} s", millis / 1_000.0)
    }
}

/// Asks as often as wanted, and stops at the first answer that is wrong.
pub(super) async fn ask(asked: &HttpResponds, client: &HttpClient, cx: &CheckContext) -> CheckResult {
    let request = asked.request(cx)?;
    let expected = asked.expected();
    let (mut left, mut taken) = (asked.samples, Vec::new());
    let mut answers = FuturesUnordered::new();
    let mut last: Option<HttpAnswer> = None;
    loop {
        while left > 0 && answers.len() < usize::from(asked.width) {
            answers.push(client.fetch(request.clone()));
            left -= 1;
        }
        if asked.samples == 1 {
            cx.doing(format!("waiting for the answer of `{}`", asked.url));
        } else {
            cx.doing(format!("waiting for answer {} of `{}`", taken.len() + 1, asked.url));
        }
        let Some(answer) = answers.next().await else { break };
        let answer = answer?;
        taken.push(answer.latency());
        if let Some(wrong) = expected.wrong(&answer) {
            return Ok(Outcome::Fail(wrong.evidence(evidence::of(&answer, &Taken::of(taken)))));
        }
        last = Some(answer);
    }
    let Some(answer) = last else {
        return Err(vapora_preflight::CheckError::permanent("no answer was asked for"));
    };
    let taken = Taken::of(taken);
    let seen: Evidence = evidence::of(&answer, &taken);
    if let Some(slow) = asked.latency.as_ref().and_then(|it| it.exceeded(asked.url.as_str(), &taken)) {
        return Ok(Outcome::Fail(slow.evidence(seen)));
    }
    let mut summary = format!("`{}` answered {}", asked.url, answer.status_text());
    if taken.count() > 1 {
        let [_, (_, p95), ..] = taken.percentiles();
        let p95 = p95.map(shown).unwrap_or_default();
        summary = format!("{summary} {} times, with a p95 of {p95}", taken.count());
    }
    Ok(Outcome::Pass(Finding::new(summary).evidence(seen)))
}

/// The evidence with the percentiles.
pub(super) fn with_percentiles(evidence: Evidence, taken: &Taken) -> Evidence {
    taken
        .percentiles()
        .into_iter()
        .fold(evidence.with("samples", taken.count()), |evidence, (name, found)| {
            evidence.measured(name, found.map(|it| it.as_secs_f64()), Unit::Seconds)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(millis: impl IntoIterator<Item = u64>) -> Taken {
        Taken::of(millis.into_iter().map(Duration::from_millis).collect())
    }

    #[test]
    fn percentiles_go_by_nearest_rank() {
        let millis = |taken: &Taken| taken.percentiles().map(|(_, found)| found.map(|it| it.as_millis()));
        assert_eq!(millis(&taken((1..=200).rev())), [Some(100), Some(190), Some(198), Some(200)]);
        assert_eq!(millis(&taken([7])), [Some(7); 4]);
        assert_eq!(millis(&taken([3, 1, 2])), [Some(2), Some(3), Some(3), Some(3)]);
        assert_eq!(millis(&taken([])), [None; 4]);
    }

    #[test]
    fn a_bound_is_exceeded_by_more_than_it_and_by_nothing() {
        let bounds: Latency = toml::from_str("p50 = '2ms'\nmax = '3ms'").unwrap();
        assert!(bounds.exceeded("u", &taken([1, 2, 3])).is_none());
        let slow = bounds.exceeded("u", &taken([1, 3, 4])).unwrap();
        assert_eq!(slow.expected.unwrap(), "p50 of no more than 2ms, max of no more than 3ms");
        assert_eq!(slow.actual.unwrap(), "p50 of 3.00 ms, max of 4.00 ms");
        assert!(bounds.exceeded("u", &taken([])).is_some());
    }
}
