//! `calendar.clear`.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, Outcome, Period,
    Problems, SecretRef, TextOrSecret, Value, async_trait,
};

mod conflicts;
mod patterns;
mod source;

use self::{
    conflicts::{Conflict, Found},
    patterns::Patterns,
};
use crate::{
    HttpUrl,
    calendar::Span,
    param::{Basic, ClientCertificate, Sender, Window},
};

/// How many conflicts the evidence holds.
const MOST_TOLD: usize = 20;

/// Nothing in a calendar conflicts with the window of the deployment.
///
/// The calendar is iCalendar (RFC 5545), from a URL or a file. It fails where an event that the patterns fit takes
/// place in the window, or over one of its edges. Events that recur count with their additional and left out dates, and
/// with what was moved or cancelled of them; times count in the zones they are written in, whether those are of the tz
/// database or defined by the calendar. Cancelled events do not count, and neither do those that are marked as taking
/// nobody's time.
///
/// A calendar that cannot be read to its end, or that holds no event at all, is an error, and never clear. So is an
/// event that fits and cannot be placed, because its zone or its rule cannot be understood.
///
/// Dates, and times without a zone, are meant in `zone`, or in the zone that the calendar names for itself
/// (`X-WR-TIMEZONE`). Where neither is said they are taken to be meant anywhere on Earth, so that a day lasts 50 hours.
///
/// An event without a summary, as a private one is often published, fits every pattern. So does a time that is published as
/// busy and no more (`VFREEBUSY`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarClear {
    /// Where the calendar is asked for, with `https` in place of `webcal`.
    url: Option<HttpUrl>,
    /// The same where the URL is a secret itself, as the private address of a calendar is.
    secret_url: Option<SecretRef>,
    /// The file that holds the calendar, in place of a URL.
    file: Option<PathBuf>,
    /// Headers to send, each a text or a secret.
    #[serde(default)]
    headers: BTreeMap<String, TextOrSecret>,
    /// The token that proves who asks.
    bearer: Option<SecretRef>,
    /// The name and password that prove who asks.
    basic: Option<Basic>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM.
    client_certificate: Option<ClientCertificate>,
    /// How large the calendar may be.
    #[serde(default = "limit")]
    limit: Bytes,
    /// The summaries that count, as in `*database*`; case means nothing. Without `summary` and `category` every event
    /// counts.
    #[serde(default)]
    summary: Vec<String>,
    /// The categories that count, in the same way. An event counts if one of `summary` and `category` fits.
    #[serde(default)]
    category: Vec<String>,
    /// The summaries that do not count, such as that of the deployment itself.
    #[serde(default)]
    except: Vec<String>,
    /// Whether events count that are marked as taking nobody's time.
    #[serde(default)]
    transparent: bool,
    /// The window that has to be clear, in place of that of the deployment.
    window: Option<Window>,
    /// How long before and after the window it has to be clear too.
    #[serde(default)]
    margin: Period,
    /// The time zone in which dates, and times without a zone, are meant: `Europe/Madrid`.
    zone: Option<String>,
    /// Whether a calendar without any event is a clear one.
    #[serde(default)]
    may_be_empty: bool,
}

fn limit() -> Bytes {
    Bytes::new(8 << 20)
}

impl CalendarClear {
    fn sender(&self) -> Sender<'_> {
        Sender {
            headers: &self.headers,
            bearer: self.bearer.as_ref(),
            basic: self.basic.as_ref(),
            client_certificate: self.client_certificate.as_ref(),
        }
    }

    fn window(&self, cx: &CheckContext) -> Result<Window, CheckError> {
        let window = Window::of(self.window, cx)?;
        let margin = self.margin.get();
        Ok(Window { opens: window.opens.minus(margin), closes: window.closes.plus(margin) })
    }
}

/// The finding of a summary, with all of the evidence.
fn finding(summary: String, place: &str, window: Window, found: &Found) -> Finding {
    let told = found.conflicts.iter().take(MOST_TOLD).map(Conflict::value);
    Finding::new(summary)
        .with("calendar", place)
        .with("opens", window.opens)
        .with("closes", window.closes)
        .with("events", found.events)
        .with("counted", found.counted)
        .with("conflicts", found.conflicts.len())
        .with("conflicting", Value::List(told.collect()))
}

#[async_trait]
impl Check for CalendarClear {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let window = self.window(cx)?;
        let patterns = Patterns::of(self).map_err(CheckError::permanent)?;
        let (text, place) = source::read(self, cx).await?;
        cx.doing(format!("working out what takes place in {place}"));
        let span = Span { opens: window.opens.unix_seconds(), closes: window.closes.unix_seconds() };
        let zone = self.zone.clone();
        let worked_out = move || conflicts::find(&text, &patterns, zone.as_deref(), span);
        let found = tokio::task::spawn_blocking(worked_out).await?.map_err(|trouble| {
            CheckError::transient(format!("{place} cannot be understood: {trouble}"))
                .remedy("open it in a program for calendars, and mend or leave out what cannot be understood")
        })?;
        if found.events == 0 && !self.may_be_empty {
            return Err(CheckError::transient(format!("{place} holds no event at all")).remedy(
                "make sure that it is the right one; where it may be empty, say `may_be_empty = true`",
            ));
        }
        let between = format!("between {} and {}", window.opens.to_minute(), window.closes.to_minute());
        let Some(first) = found.conflicts.first() else {
            let summary = format!("nothing in {place} takes place {between}");
            return Ok(Outcome::Pass(finding(summary, &place, window, &found)));
        };
        let summary = match found.conflicts.len() {
            1 => format!("`{}` takes place in the window", first.name),
            count => format!("{count} events take place in the window, the first of them `{}`", first.name),
        };
        let told: Vec<String> = found.conflicts.iter().take(3).map(ToString::to_string).collect();
        let more = found.conflicts.len().saturating_sub(3);
        let actual = told.join("; ") + &if more > 0 { format!("; and {more} more") } else { String::new() };
        Ok(Outcome::Fail(
            finding(summary, &place, window, &found)
                .expected(format!("nothing {between}"))
                .actual(actual)
                .remedy("move the deployment or the event; what is no conflict can be named in `except`"),
        ))
    }
}

impl Kind for CalendarClear {
    const NAME: &'static str = "calendar.clear";
    const EXAMPLE: &'static str = r#"
[check.no-conflicting-changes]
kind       = "calendar.clear"
secret_url = { env = "CHANGE_CALENDAR_URL" }
category   = ["change", "maintenance"]
except     = ["VAPORA release*"]
margin     = "30m"
zone       = "Europe/Madrid"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "calendar", about: "the calendar that was looked at" },
            EvidenceField { name: "opens", about: "when the window opens, with the margin" },
            EvidenceField { name: "closes", about: "when the window closes, with the margin" },
            EvidenceField { name: "events", about: "how many events the calendar holds" },
            EvidenceField {
                name: "counted",
                about: "how many of them fit the patterns and are not cancelled",
            },
            EvidenceField { name: "conflicts", about: "how often one of those takes place in the window" },
            EvidenceField {
                name: "conflicting",
                about: "the first 20 of the conflicts, each with `summary`, `begins` and `ends`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        let given = [self.url.is_some(), self.secret_url.is_some(), self.file.is_some()];
        match given.iter().filter(|given| **given).count() {
            1 => {}
            0 => problems.whole("no calendar is named", "give a `url`, a `secret_url` or a `file`"),
            _ => {
                problems
                    .whole("there is more than one of `url`, `secret_url` and `file`", "keep one of them");
            }
        }
        if self.file.is_some() {
            let named = !self.headers.is_empty()
                || self.bearer.is_some()
                || self.basic.is_some()
                || self.client_certificate.is_some();
            if named {
                problems.whole("a file is not asked for with credentials", "leave them out");
            }
        }
        self.sender().validate(problems);
        for (name, patterns) in
            [("summary", &self.summary), ("category", &self.category), ("except", &self.except)]
        {
            for pattern in patterns {
                if let Err(why) = patterns::read(pattern) {
                    problems.at(
                        name,
                        format!("`{pattern}` is no pattern: {why}"),
                        "write it as in `*database*`",
                    );
                }
            }
        }
        if self.except.iter().any(|pattern| pattern.trim_matches('*').trim().is_empty()) {
            problems.at(
                "except",
                "every event is left out, so that any calendar is clear",
                "name what is no conflict",
            );
        }
        Window::validate(self.window, problems);
        if self.limit.get() == 0 {
            problems.at("limit", "no calendar is that small", "raise it, or leave it out");
        }
        if self.zone.as_deref().is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
            problems.at("zone", "no such time zone is known", "write it as in `Europe/Madrid`");
        }
    }
}
