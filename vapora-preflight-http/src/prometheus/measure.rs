//! Asking a query, and telling what of its answer counts.

use std::time::Duration;

use vapora_preflight::{CheckError, Period, Problems, Timestamp};

use super::{Answer, Data, Point, Refusal, Remarks, Series, Shape, Unsound, ask, at};
use crate::{
    service::Service,
    wording::{clauses, short},
};

/// How many points of one series Prometheus gives at most.
const MOST_POINTS: f64 = 11_000.0;

pub(crate) fn default_step() -> Period {
    Period::from_secs(30)
}

pub(crate) fn default_max_age() -> Period {
    Period::from_secs(120)
}

pub(crate) fn default_points_percent() -> f64 {
    90.0
}

/// A query, and what its answer has to be like so that it counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure<'p> {
    pub(crate) query: &'p str,
    pub(crate) over: Option<Period>,
    pub(crate) step: Period,
    pub(crate) points_percent: f64,
    pub(crate) max_age: Period,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    pub(crate) remarks: Remarks,
    /// When the server worked it out, by its own clock.
    pub(crate) at: Timestamp,
}

/// What was measured of one series.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) title: String,
    /// The numbers, without those that are none.
    pub(crate) points: Vec<Point>,
    /// How many points there would be without gaps.
    pub(crate) wanted: usize,
    /// How old its newest sample is, in seconds.
    pub(crate) age: Option<f64>,
    /// Why it cannot be judged, if it cannot.
    pub(crate) unsound: Option<Unsound>,
}

impl Row {
    pub(crate) fn newest(&self) -> Option<f64> {
        self.points.last().map(|point| point.value)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|point| point.value)
    }

    pub(crate) fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.points.len())
    }
}

/// When the newest sample of each series is from.
enum Ages {
    /// In the same order as the answer's series; none for a series that is gone.
    Samples(Vec<Option<f64>>),
    /// The times of the points are those of the samples.
    Points,
    /// A number without a series has no age.
    None,
}

impl Measure<'_> {
    /// The query on one line, to be shown.
    pub(crate) fn title(&self) -> String {
        format!("`{}`", short(self.query).replace('`', "'"))
    }

    /// Reports what is wrong with the parameters.
    pub(crate) fn validate(&self, problems: &mut Problems) {
        if self.step.get().is_zero() {
            problems.at("step", "it is no time at all", "write it as in `30s`");
        } else if let Some(over) = self.over {
            let points = over.get().as_secs_f64() / self.step.get().as_secs_f64();
            if points < 1.0 {
                problems.at(
                    "over",
                    format!("it is shorter than the `step` of {}", self.step),
                    "ask over a longer time",
                );
            } else if points > MOST_POINTS {
                problems.at(
                    "step",
                    format!(
                        "it makes {points:.0} points of each series, and Prometheus gives 11,000 at most"
                    ),
                    "write a longer one",
                );
            }
        }
        if !(self.points_percent > 0.0 && self.points_percent <= 100.0) {
            problems.at(
                "points_percent",
                format!("expected more than 0 and at most 100, found {}", self.points_percent),
                "write how much of the points there has to be, in percent",
            );
        }
    }

    /// Reports what is wrong with a query.
    pub(crate) fn validate_query(query: &str, parameter: &'static str, problems: &mut Problems) {
        if query.trim().is_empty() {
            problems.at(parameter, "the query is empty", "write it in PromQL");
        }
    }

    /// Asks, and looks at what came back.
    pub(crate) async fn take(&self, service: &Service<'_>) -> Result<Measured, CheckError> {
        let cx = service.cx;
        cx.doing(format!("waiting for {service} to answer {}", self.title()));
        let now = cx.now();
        let asked = match self.over {
            None => ask::<Data>(service, "query", &[("query", self.query)]).await,
            Some(over) => {
                let pairs = [
                    ("query", self.query),
                    ("start", &seconds(now.minus(over.get()))),
                    ("end", &seconds(now)),
                    ("step", &self.step.get().as_secs_f64().to_string()),
                ];
                ask::<Data>(service, "query_range", &pairs).await
            }
        };
        let told = asked.map_err(CheckError::from)?;
        let mut remarks = told.remarks;
        let answer = told.data.read()?;
        if answer.series.is_empty() || answer.series.iter().all(|series| series.points.is_empty()) {
            return Err(self.nothing());
        }
        let measured_at = self.clocks_agree(&answer, now)?;
        let (ages, more) = self.ages(service, &answer).await?;
        remarks.take(more);
        let rows = answer.series.iter().enumerate();
        let rows = rows.map(|(index, series)| self.row(series, index, &ages, now)).collect();
        Ok(Measured { rows, remarks, at: measured_at })
    }

    fn nothing(&self) -> CheckError {
        let over = self.over.map_or_else(String::new, |over| format!(" of the last {over}"));
        CheckError::transient(format!("there is no data{over} for {}", self.title())).remedy(
            "see that the metric has that name and is scraped; where nothing means none, let the query end with `or \
             vector(0)`; a comparison belongs into `min`, `max` or `equals`, for in the query it takes away what is not true",
        )
    }

    /// When the server answered by its own clock, which a stale cache or a wrong clock gives away. Over a range, the times
    /// are those that were asked for.
    fn clocks_agree(&self, answer: &Answer, now: Timestamp) -> Result<Timestamp, CheckError> {
        if self.over.is_some() || answer.shape == Shape::Matrix {
            return Ok(now);
        }
        let times = answer.series.iter().flat_map(|series| &series.points).map(|point| point.at);
        let server = at(times.fold(0.0, f64::max));
        let (behind, ahead) = (now.since(server), server.since(now));
        let (off, word) = if behind > ahead { (behind, "behind") } else { (ahead, "ahead of") };
        if off <= self.max_age.get() {
            return Ok(server);
        }
        Err(CheckError::transient(format!(
            "the answer for {} is of {}, {} {word} the clock here",
            self.title(),
            server.to_minute(),
            spoken(off.as_secs_f64())
        ))
        .remedy("compare the clocks of Prometheus and of this machine, and look for a cache between them"))
    }

    /// The time of an answer is when it was worked out, and not that of the samples, which may be five minutes old. That
    /// of a plain selector is asked for; of an expression the server knows none, and gives that of the answer.
    async fn ages(&self, service: &Service<'_>, answer: &Answer) -> Result<(Ages, Remarks), CheckError> {
        match (answer.shape, self.over) {
            (Shape::Scalar | Shape::String, _) => return Ok((Ages::None, Remarks::default())),
            (Shape::Matrix, None) => return Ok((Ages::Points, Remarks::default())),
            _ => {}
        }
        // on lines of its own, for the query may end with a comment
        let asking = format!("timestamp(\n{}\n)", self.query);
        let told = match ask::<Data>(service, "query", &[("query", &asking)]).await {
            Ok(told) => told,
            // the query itself could be read, so it has no series
            Err(Refusal::BadData(_)) => return Ok((Ages::None, Remarks::default())),
            Err(Refusal::Other(error)) => return Err(error),
            Err(Refusal::Execution(error)) => {
                return Err(error.remedy(
                    "the age of the samples was asked for with `timestamp(…)` around the query: select one metric only, or \
                     aggregate",
                ));
            }
        };
        let newest = told.data.read()?;
        let find = |series: &Series| {
            let same = newest.series.iter().find(|other| other.nameless() == series.nameless())?;
            same.points.last().map(|point| point.value)
        };
        Ok((Ages::Samples(answer.series.iter().map(find).collect()), told.remarks))
    }

    fn row(&self, series: &Series, index: usize, ages: &Ages, now: Timestamp) -> Row {
        let all = series.points.len();
        let points: Vec<Point> =
            series.points.iter().copied().filter(|point| point.value.is_finite()).collect();
        let no_number = series.points.iter().filter(|point| point.value.is_nan()).count();
        let infinite = all - points.len() - no_number;
        let wanted = match self.over {
            Some(over) => (over.get().as_secs_f64() / self.step.get().as_secs_f64() + 1e-6) as usize + 1,
            None => all,
        };
        let now = now.unix_micros() as f64 / 1e6;
        let sampled = match ages {
            Ages::Samples(newest) => Some(newest.get(index).copied().flatten()),
            Ages::Points => Some(series.points.last().map(|point| point.at)),
            Ages::None => None,
        };
        let age = sampled.flatten().map(|at| (now - at).max(0.0));
        let mut row = Row { title: series.title(), points, wanted, age, unsound: None };
        let percent = row.points.len() as f64 * 100.0 / wanted.max(1) as f64;
        let most = self.max_age.get().as_secs_f64();
        let odd = series.points.iter().map(|point| point.value).find(|value| !value.is_finite());
        row.unsound = match (self.over, odd, sampled) {
            (None, Some(odd), _) if odd.is_nan() => Some(Unsound::NoNumber),
            (None, Some(odd), _) => Some(Unsound::Infinite(odd)),
            (_, _, Some(None)) => Some(Unsound::Gone),
            _ => age.filter(|age| *age > most).map(Unsound::Stale),
        };
        if row.unsound.is_none() && percent < self.points_percent {
            row.unsound = Some(Unsound::Gaps { has: row.points.len(), wanted, no_number, infinite });
        }
        row
    }

    /// The error of series that cannot be judged.
    pub(crate) fn unsound(&self, measured: &Measured) -> Option<CheckError> {
        let unsound: Vec<(&Row, &Unsound)> =
            measured.rows.iter().filter_map(|row| Some((row, row.unsound.as_ref()?))).collect();
        let (_, why) = unsound.first()?;
        let total = measured.rows.len();
        let message = if total == 1 {
            format!("{} {why}", self.title())
        } else {
            let said: Vec<String> =
                unsound.iter().map(|(row, why)| format!("`{}` {why}", row.title)).collect();
            let do_not = if said.len() == 1 { "does" } else { "do" };
            format!(
                "{} of {total} series of {} {do_not} not count: {}",
                said.len(),
                self.title(),
                clauses(&said)
            )
        };
        Some(CheckError::transient(message).remedy(why.remedy()))
    }
}

/// An instant in the words of the API.
fn seconds(at: Timestamp) -> String {
    format!("{:.3}", at.unix_micros() as f64 / 1e6)
}

/// A length of time in whole seconds, to be read.
pub(crate) fn spoken(seconds: f64) -> String {
    Period::from(Duration::from_secs(seconds.max(0.0).round() as u64)).to_string()
}
