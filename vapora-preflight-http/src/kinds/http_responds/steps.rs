//! Several requests, one after the other, that hand values on.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use vapora_preflight::{
    CheckContext, CheckError, CheckResult, Evidence, EvidenceCondition, Finding, Outcome, SecretRef,
    SecretString, TextOrSecret, Value,
};

use super::{
    HttpResponds,
    capture::{Capture, Captured},
    evidence, fill,
    judge::Expected,
    samples::Taken,
};
use crate::{BodySource, HttpAnswer, HttpClient, HttpMethod, HttpRequest, HttpUrl, StatusSet, TextPattern};

/// One request of a sequence. Its path, its headers and its body may hold what earlier steps captured: `${id}`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// What it is called: its method and path unless said otherwise.
    pub(super) name: Option<String>,
    /// The method.
    #[serde(default)]
    pub(super) method: HttpMethod,
    /// The path on the server of `url`, with a query where there is one: `/api/projects/${id}`. What is put into it is escaped.
    pub(super) path: String,
    /// Headers besides those of the check, or in their place.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, TextOrSecret>,
    /// The token that proves who asks, in place of the check's credentials: a secret, or what was captured, as in
    /// `{ captured = "token" }`.
    pub(super) bearer: Option<TokenSource>,
    /// Whether the credentials of the check are left out, and those of its headers that hold a secret.
    #[serde(default)]
    pub(super) anonymous: bool,
    /// What to send: a text as it stands, or a table or list as JSON. A text in it that is nothing but `${id}` becomes the value
    /// as it was captured, a number for instance.
    pub(super) body: Option<BodySource>,
    /// The statuses that are right: numbers, or hundreds as `"2xx"`.
    #[serde(default)]
    pub(super) status: StatusSet,
    /// What the media type has to begin with.
    pub(super) content_type: Option<String>,
    /// Texts that the body has to contain, all of them.
    pub(super) contains: Option<Vec<String>>,
    /// Texts that the body must not contain, any of them.
    pub(super) lacks: Option<Vec<String>>,
    /// Regular expressions that have to be found in the body, all of them.
    pub(super) matches: Option<Vec<TextPattern>>,
    /// Conditions over the values of this answer, as in `json.status == 'active'`.
    pub(super) expect: Option<Vec<EvidenceCondition>>,
    /// What later steps need, by the name they use for it. What is not found is a failure.
    #[serde(default)]
    pub(super) capture: BTreeMap<String, Capture>,
}

/// Where a step has its token from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum TokenSource {
    /// The environment variable that holds it.
    Env(String),
    /// The file that holds it.
    File(String),
    /// The name under which an earlier step captured it.
    Captured(String),
}

impl Step {
    /// What it is called.
    pub(super) fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }

    fn expected<'a>(&'a self, url: &'a HttpUrl, shows_body: bool) -> Expected<'a> {
        Expected {
            url,
            status: &self.status,
            content_type: self.content_type.as_deref(),
            contains: self.contains.as_deref().unwrap_or_default(),
            lacks: self.lacks.as_deref().unwrap_or_default(),
            matches: self.matches.as_deref().unwrap_or_default(),
            redirects_to: None,
            shows_body,
        }
    }

    /// Whether it may change something.
    fn touches(&self, asked: &HttpResponds) -> bool {
        asked.mutates && !self.method.is_safe()
    }

    fn request(
        &self,
        asked: &HttpResponds,
        captured: &Captured,
        cx: &CheckContext,
    ) -> Result<HttpRequest, CheckError> {
        let url = self.url(asked, captured)?;
        let request = HttpRequest::new(self.method, &url);
        let mut request = if self.anonymous {
            asked.sender().leave_unsigned(request)?
        } else {
            asked.sender().sign(request, cx)?
        };
        for (name, source) in &self.headers {
            request = match source {
                TextOrSecret::Secret(secret) => request.secret_header(name, &cx.secret(secret)?)?,
                TextOrSecret::Text(text) => {
                    let value: String = fill::fill(text, |name| captured.text(name))?;
                    if captured.holds_secret(text) {
                        request.secret_header(name, &SecretString::from(value))?
                    } else {
                        request.header(name, &value)?
                    }
                }
            };
        }
        request = match &self.bearer {
            None => request,
            Some(TokenSource::Captured(name)) => request.bearer(&SecretString::from(captured.text(name)?)),
            Some(TokenSource::Env(name)) => request.bearer(&cx.secret(&SecretRef::Env(name.clone()))?),
            Some(TokenSource::File(path)) => request.bearer(&cx.secret(&SecretRef::File(path.clone()))?),
        };
        if let Some(body) = &self.body {
            request = request.body(&filled(body, captured)?);
        }
        let request = asked.bounded(request);
        Ok(if self.touches(asked) { request.acts() } else { request })
    }

    /// The URL of its path, which is one of the same server whatever was captured.
    fn url(&self, asked: &HttpResponds, captured: &Captured) -> Result<HttpUrl, CheckError> {
        let path: String = fill::fill(&self.path, |name| {
            let value = captured.text(name)?;
            // these alone would lead to another path, and escaping does not help
            if matches!(value.as_str(), "." | "..") {
                return Err(CheckError::permanent(format!(
                    "`{name}` is `{value}`, which is no part of a path"
                )));
            }
            Ok(fill::escaped(&value))
        })?;
        asked.url.on_same_server(&path).map_err(|error| CheckError::permanent(error.to_string()))
    }

    /// What is wrong with the answer, the conditions included.
    fn wrong(
        &self,
        answer: &HttpAnswer,
        url: &HttpUrl,
        seen: &Evidence,
    ) -> Result<Option<Finding>, CheckError> {
        let shows_body = seen.get("text").is_some_and(|text| *text != Value::Null);
        if let Some(wrong) = self.expected(url, shows_body).wrong(answer) {
            return Ok(Some(wrong));
        }
        for condition in self.expect.iter().flatten() {
            if !condition.holds(seen)? {
                return Ok(Some(
                    Finding::new(format!("`{condition}` does not hold of the answer of `{url}`"))
                        .expected(format!("`{condition}`"))
                        .actual(condition.values(seen)),
                ));
            }
        }
        Ok(None)
    }
}

/// A body with what was captured.
fn filled(body: &BodySource, captured: &Captured) -> Result<BodySource, CheckError> {
    Ok(match body {
        BodySource::Text(text) => BodySource::Text(fill::fill(text, |name| captured.text(name))?),
        BodySource::List(list) => {
            BodySource::List(list.iter().map(|value| filled_json(value, captured)).collect::<Result<_, _>>()?)
        }
        BodySource::Table(table) => BodySource::Table(filled_table(table, captured)?),
    })
}

fn filled_json(value: &Json, captured: &Captured) -> Result<Json, CheckError> {
    Ok(match value {
        Json::String(text) => match fill::only_name(text) {
            Some(name) => captured.value(name)?.clone(),
            None => Json::String(fill::fill(text, |name| captured.text(name))?),
        },
        Json::Array(list) => {
            list.iter().map(|value| filled_json(value, captured)).collect::<Result<_, _>>()?
        }
        Json::Object(table) => Json::Object(filled_table(table, captured)?),
        other => other.clone(),
    })
}

fn filled_table(table: &Map<String, Json>, captured: &Captured) -> Result<Map<String, Json>, CheckError> {
    table.iter().map(|(key, value)| Ok((key.clone(), filled_json(value, captured)?))).collect()
}

/// What the steps so far came to.
#[derive(Default)]
struct Course {
    captured: Captured,
    taken: Vec<Duration>,
    rows: Vec<Value>,
    /// Whether something was answered that may have changed the server.
    touched: bool,
}

impl Course {
    /// Takes one step; gives what is wrong with its answer, and what the answer was.
    async fn take(
        &mut self,
        asked: &HttpResponds,
        step: &Step,
        client: &HttpClient,
        cx: &CheckContext,
    ) -> Result<(Option<Finding>, Evidence), CheckError> {
        let title = step.title();
        let request = step.request(asked, &self.captured, cx)?;
        let url = request.url.clone();
        cx.doing(format!("waiting for the answer of the step `{title}`"));
        let answer = client.fetch(request).await?;
        self.touched |= step.touches(asked);
        let missing = self.captured.take(&step.capture, &answer, cx)?;
        let mut seen = self.captured.cleaned(answer.evidence());
        if missing.iter().any(|(_, capture)| capture.is_secret()) {
            // it may stand in the answer all the same, at a place that nobody knows
            seen.set("headers", Value::Table(Vec::new()), None);
            seen.set("json", Value::Null, None);
            seen.set("text", Value::Null, None);
        }
        let mut wrong = step.wrong(&answer, &url, &seen)?;
        if let (None, Some((name, capture))) = (&wrong, missing.first()) {
            wrong = Some(
                Finding::new(format!("the answer of `{url}` has nothing to capture as `{name}`"))
                    .expected(capture.place())
                    .actual("nothing there"),
            );
        }
        self.taken.push(answer.latency());
        self.rows.push(Value::Table(vec![
            ("name".to_owned(), title.into()),
            ("status".to_owned(), answer.status().into()),
            ("latency".to_owned(), answer.latency().as_secs_f64().into()),
            ("url".to_owned(), answer.url().as_str().into()),
        ]));
        Ok((wrong, seen))
    }

    /// An error of a step. Where an earlier one has changed something, the sequence is not begun again by itself.
    fn errored(&self, error: CheckError, step: &Step) -> CheckError {
        let error = error.at(format!("`{}`", step.title()));
        let error = if self.touched { error.uncertain() } else { error };
        if !error.report().uncertain {
            return error;
        }
        let look = "see what came about; if the sequence is to be begun again, run the check by its id with \
                    `--repeat-effects`";
        match error.report().remedy.clone() {
            Some(first) => error.remedy(format!("{first}; {look}")),
            None => error.remedy(look),
        }
    }

    fn evidence(self, seen: Evidence) -> Evidence {
        let captured = self.captured.shown();
        evidence::complete(seen, &Taken::of(self.taken), Value::List(self.rows), captured)
    }
}

/// Takes the steps in their order, up to the first that goes wrong.
pub(super) async fn ask(
    asked: &HttpResponds,
    steps: &[Step],
    client: &HttpClient,
    cx: &CheckContext,
) -> CheckResult {
    let mut course = Course::default();
    let mut last = None;
    for (number, step) in steps.iter().enumerate() {
        let (wrong, seen) = match course.take(asked, step, client, cx).await {
            Ok(answered) => answered,
            Err(error) => return Err(course.errored(error, step)),
        };
        if let Some(mut wrong) = wrong {
            let place = format!("step {} of {}, `{}`", number + 1, steps.len(), step.title());
            wrong.summary = format!("{place}: {}", wrong.summary);
            return Ok(Outcome::Fail(wrong.evidence(course.evidence(seen))));
        }
        last = Some(seen);
    }
    let Some(seen) = last else { return Err(CheckError::permanent("there is no step to take")) };
    let titles: Vec<String> = steps.iter().map(|step| format!("`{}`", step.title())).collect();
    let summary = format!("`{}` went through {} steps: {}", asked.url, steps.len(), titles.join(", "));
    Ok(Outcome::Pass(Finding::new(summary).evidence(course.evidence(seen))))
}
