//! Cachet, of the versions 2 and 3.

use jiff::{civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};
use vapora_preflight::{CheckError, Timestamp};

use super::{
    Entry, Service,
    page::{Page, Sent},
};
use crate::{BodySource, HttpAnswer, HttpMethod, HttpRequest, HttpUrl};

/// How many entries a page of a list holds.
const PER_PAGE: usize = 100;
/// How many pages are looked through.
const MOST_PAGES: usize = 20;

/// A Cachet that is asked.
pub(super) struct Cachet<'p> {
    page: &'p Page<'p>,
    old: bool,
    /// Where its clocks are.
    zone: TimeZone,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// A schedule of version 2.
#[derive(Deserialize)]
struct Old {
    id: Value,
    name: String,
    status: Option<Value>,
    human_status: Option<String>,
    scheduled_at: Option<String>,
    completed_at: Option<String>,
}

/// A schedule of version 3.
#[derive(Deserialize)]
struct New {
    id: Value,
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    name: String,
    status: Status,
    scheduled: At,
    completed: Option<At>,
}

#[derive(Deserialize)]
struct Status {
    human: String,
}

#[derive(Deserialize)]
struct At {
    string: Option<String>,
}

/// A number or a text, as a text.
fn plain(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

impl<'p> Cachet<'p> {
    pub(super) fn of(page: &'p Page<'p>) -> Result<Self, CheckError> {
        let zone = match &page.check.zone {
            Some(name) => TimeZone::get(name)
                .map_err(|_| CheckError::permanent(format!("the time zone `{name}` is not known")))?,
            None => TimeZone::UTC,
        };
        Ok(Self { page, old: page.check.service == Service::CachetV2, zone })
    }

    fn place(&self, path: &str, pairs: &[(&str, &str)]) -> Result<HttpUrl, CheckError> {
        Ok(self.page.api()?.below(&format!("{}{path}", if self.old { "v1/" } else { "" })).asking(pairs))
    }

    fn signed(&self, request: HttpRequest) -> Result<HttpRequest, CheckError> {
        let request = request.header("accept", "application/json")?;
        match &self.page.token {
            Some(token) if self.old => request.secret_header("x-cachet-token", token),
            Some(token) => Ok(request.bearer(token)),
            None => Ok(request),
        }
    }

    /// A time in the words of this Cachet.
    fn written(&self, at: Timestamp) -> String {
        let zoned =
            jiff::Timestamp::from_second(at.unix_seconds()).unwrap_or_default().to_zoned(self.zone.clone());
        zoned.strftime(if self.old { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }

    /// A time that this Cachet says.
    fn time(&self, text: Option<&str>) -> Result<Option<Timestamp>, CheckError> {
        let Some(text) = text else { return Ok(None) };
        let shown: Result<DateTime, _> = text.parse();
        let zoned = shown.and_then(|shown| shown.to_zoned(self.zone.clone()));
        let at = zoned.map_err(|error| {
            CheckError::transient(format!("{} says the time `{text}`, which is none", self.page))
                .because(&error)
        })?;
        Ok(Some(Timestamp::from_unix_seconds(at.timestamp().as_second())))
    }

    fn of_old(&self, it: Old) -> Result<Entry, CheckError> {
        let state = it.human_status.or_else(|| it.status.map(|status| of_number(&status)));
        Ok(Entry {
            id: plain(&it.id),
            name: it.name,
            opens: self.time(it.scheduled_at.as_deref())?,
            closes: self.time(it.completed_at.as_deref())?,
            state,
            url: None,
        })
    }

    fn of_new(&self, New { id, attributes: it }: New) -> Result<Entry, CheckError> {
        let closes = it.completed.and_then(|at| at.string);
        Ok(Entry {
            id: plain(&id),
            name: it.name,
            opens: self.time(it.scheduled.string.as_deref())?,
            closes: self.time(closes.as_deref())?,
            state: Some(it.status.human),
            url: None,
        })
    }

    fn entry(&self, answer: &HttpAnswer) -> Result<Entry, CheckError> {
        if self.old {
            return self.of_old(answer.json::<Data<Old>>()?.data);
        }
        self.of_new(answer.json::<Data<New>>()?.data)
    }

    fn entries(&self, answer: &HttpAnswer) -> Result<Vec<Entry>, CheckError> {
        if self.old {
            return answer.json::<Data<Vec<Old>>>()?.data.into_iter().map(|it| self.of_old(it)).collect();
        }
        answer.json::<Data<Vec<New>>>()?.data.into_iter().map(|it| self.of_new(it)).collect()
    }

    /// The schedules, the newest first.
    pub(super) async fn list(&self) -> Result<Vec<Entry>, CheckError> {
        let mut all = Vec::new();
        for number in 1..=MOST_PAGES {
            let (number, per_page) = (number.to_string(), PER_PAGE.to_string());
            let pairs = [("page", number.as_str()), ("per_page", per_page.as_str())];
            let answer =
                self.page.ask(self.signed(HttpRequest::get(&self.place("schedules", &pairs)?))?).await?;
            let shown = self.entries(&answer)?;
            let count = shown.len();
            all.extend(shown);
            if count < PER_PAGE {
                return Ok(all);
            }
        }
        Err(CheckError::permanent(format!("{} holds more than {} schedules", self.page, all.len())))
    }

    pub(super) async fn post(&self) -> Result<Sent, CheckError> {
        let (page, check) = (self.page, self.page.check);
        let mut schedule = json!({
            "name": page.name(),
            "message": page.text,
            "scheduled_at": self.written(page.window.opens),
            "completed_at": self.written(page.window.closes),
        });
        if self.old {
            schedule["status"] = if page.window.opens <= page.cx.now() { 1.into() } else { 0.into() };
        }
        let number = |id: &String| id.parse::<i64>().map_or_else(|_| id.as_str().into(), Value::from);
        if !check.components.is_empty() {
            // 4 is what Cachet calls a major outage, 2 performance issues; under maintenance is 6 in version 3
            let status = if self.old { 2 } else { 6 };
            let components = check.components.iter().map(|id| json!({ "id": number(id), "status": status }));
            schedule["components"] = components.collect();
        }
        let Value::Object(schedule) = schedule else { return Err(CheckError::permanent("nothing to post")) };
        let request = HttpRequest::new(HttpMethod::Post, &self.place("schedules", &[])?);
        let request = self.signed(request.body(&BodySource::Table(schedule)))?;
        let answer = page.send(request).await?;
        match answer.status() {
            200 | 201 => Ok(Sent::Posted(self.entry(&answer).map_err(CheckError::uncertain)?.id)),
            _ => Ok(Sent::Refused { why: why(&answer), status: answer.status_text() }),
        }
    }

    pub(super) async fn read(&self, id: &str) -> Result<Entry, CheckError> {
        let request = HttpRequest::get(&self.place(&format!("schedules/{id}"), &[])?);
        let answer = self.page.ask(self.signed(request)?).await?;
        self.entry(&answer)
    }
}

/// What version 2 calls the state of a schedule.
fn of_number(status: &Value) -> String {
    match plain(status).as_str() {
        "0" => "Upcoming".to_owned(),
        "1" => "In Progress".to_owned(),
        "2" => "Complete".to_owned(),
        other => other.to_owned(),
    }
}

/// What is wrong: a message, or the details of errors.
fn why(answer: &HttpAnswer) -> String {
    let said: Value = answer.json().unwrap_or_default();
    let message = said["message"].as_str().map(str::to_owned);
    let details = || {
        let details = said["errors"][0]["meta"]["details"].as_array()?;
        let all: Vec<&str> = details.iter().filter_map(Value::as_str).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    let detail = || said["errors"][0]["detail"].as_str().map(str::to_owned);
    let line = || answer.first_line().unwrap_or_else(|| "it gives no reason".to_owned());
    message.or_else(details).or_else(detail).unwrap_or_else(line)
}
