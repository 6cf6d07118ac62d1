//! Prometheus, and what speaks its HTTP API (`/api/v1`): Thanos, Mimir, VictoriaMetrics.

use serde::Deserialize;
use vapora_preflight::{CheckError, Problems};

mod answer;
mod measure;
mod number;
mod series;
mod unsound;

pub(crate) use self::{
    answer::{Answer, Data, Shape},
    measure::{Measure, Measured, Row, default_max_age, default_points_percent, default_step, spoken},
    number::{at, shown},
    series::{Point, Series},
    unsound::Unsound,
};
use crate::{
    HttpUrl,
    service::{Said, Service},
    wording::short,
};

pub(crate) const NAME: &str = "Prometheus";

/// What surrounds every answer.
#[derive(Debug, Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
    /// What VictoriaMetrics says where some of its nodes did not answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

/// What Prometheus tells, with what it remarks on it.
#[derive(Debug)]
pub(crate) struct Told<T> {
    pub(crate) data: T,
    pub(crate) remarks: Remarks,
}

/// What Prometheus remarks on an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Remarks {
    pub(crate) warnings: Vec<String>,
    pub(crate) infos: Vec<String>,
}

impl Remarks {
    pub(crate) fn take(&mut self, others: Self) {
        for (mine, theirs) in [(&mut self.warnings, others.warnings), (&mut self.infos, others.infos)] {
            for one in theirs {
                if !mine.contains(&one) {
                    mine.push(one);
                }
            }
        }
    }

    /// All of them, the graver first.
    pub(crate) fn all(&self) -> Vec<String> {
        self.warnings.iter().chain(&self.infos).map(|text| short(text)).collect()
    }
}

/// Why Prometheus did not answer a question.
pub(crate) enum Refusal {
    /// It says that the question is wrong.
    BadData(CheckError),
    /// It cannot work the question out over the data it has.
    Execution(CheckError),
    /// Anything else.
    Other(CheckError),
}

impl From<CheckError> for Refusal {
    fn from(error: CheckError) -> Self {
        Self::Other(error)
    }
}
impl From<Refusal> for CheckError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BadData(error) | Refusal::Execution(error) | Refusal::Other(error) => error,
        }
    }
}

/// Asks a page of the API.
pub(crate) async fn ask<T: for<'de> Deserialize<'de>>(
    service: &Service<'_>,
    page: &str,
    pairs: &[(&str, &str)],
) -> Result<Told<T>, Refusal> {
    let answer = service.get(&format!("api/v1/{page}"), pairs).await?;
    // an error is told in the same envelope, whatever its status
    let failed = serde_json::from_slice::<Envelope<serde::de::IgnoredAny>>(answer.body());
    if let Ok(Envelope { status, error_type, error, .. }) = failed
        && status == "error"
    {
        return Err(refused(service, &error_type.unwrap_or_default(), &error.unwrap_or_default()));
    }
    if answer.status() != 200 {
        return Err(service.refused(&answer).into());
    }
    let envelope: Envelope<T> = service.json(&answer)?;
    let Some(data) = envelope.data.filter(|_| envelope.status == "success") else {
        let what = format!("{service} neither answered the question nor said why");
        return Err(CheckError::transient(what).into());
    };
    let mut remarks = Remarks {
        warnings: envelope.warnings.unwrap_or_default(),
        infos: envelope.infos.unwrap_or_default(),
    };
    if envelope.is_partial {
        remarks.warnings.push("the answer is partial: not all of the storage answered".to_owned());
    }
    Ok(Told { data, remarks })
}

fn refused(service: &Service<'_>, error_type: &str, error: &str) -> Refusal {
    let why = Said(short(error));
    match error_type {
        "bad_data" => Refusal::BadData(
            CheckError::permanent(format!("{service} cannot read the query"))
                .because(&why)
                .remedy("try the query on the page of Prometheus, and correct it"),
        ),
        "execution" => Refusal::Execution(
            CheckError::transient(format!("{service} could not work the query out"))
                .because(&why)
                .remedy("try the query on the page of Prometheus; the labels of both sides of an operator have to fit"),
        ),
        "timeout" | "canceled" => Refusal::Other(
            CheckError::transient(format!("{service} gave the query up"))
                .because(&why)
                .remedy("ask for less, or record the expression by a recording rule"),
        ),
        other => Refusal::Other(
            CheckError::transient(format!("{service} failed ({})", short(other))).because(&why),
        ),
    }
}

/// Reports what is wrong with the address of a Prometheus.
pub(crate) fn validate_url(problems: &mut Problems, parameter: &'static str, url: &HttpUrl) {
    if url.is_page_of("/api/v1") {
        problems.at(
            parameter,
            "it is a page of the API, and not the address of Prometheus",
            "leave out what begins with `/api`",
        );
    }
}
