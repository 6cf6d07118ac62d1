//! What an answer means, as each service documents it.

use std::time::Duration;

use serde::Deserialize;

use super::{NotifyPosted, Service, slack};
use crate::{HttpAnswer, exchange::LONGEST_PAUSE};

/// What a service said about a message.
pub(super) enum Said {
    /// It took it.
    Posted { id: Option<String>, channel: Option<String> },
    /// It did not take it, and will not.
    Refused { why: String, remedy: &'static str },
    /// It took nothing, and asks to wait.
    Busy { pause: Option<Duration> },
    /// It took nothing, and may do so later.
    Unavailable { why: String },
    /// It may have taken it.
    Unclear { why: String },
}

const AGAIN: &str = "make sure that the URL of the webhook is whole, or make another webhook";

pub(super) fn judge(check: &NotifyPosted, answer: &HttpAnswer) -> Said {
    if answer.is_larger_than_limit() {
        return Said::Unclear { why: format!("{}, with an endless body", answer.status_text()) };
    }
    match answer.status() {
        429 => return Said::Busy { pause: pause(check.service, answer) },
        300..=399 => return redirected(answer),
        // a Mattermost that takes no webhooks says so in this way
        501 if check.service == Service::Mattermost => return mattermost(answer),
        503 => return Said::Unavailable { why: in_short(answer) },
        500..=599 => return Said::Unclear { why: in_short(answer) },
        _ => {}
    }
    match check.service {
        Service::Slack if check.token.is_some() => slack_api(answer),
        Service::Slack => slack_webhook(answer),
        Service::Mattermost => mattermost(answer),
        Service::Discord => discord(answer),
        Service::Teams => teams(answer),
        Service::Webhook if check.status.holds(answer.status()) => Said::Posted { id: None, channel: None },
        Service::Webhook => Said::Refused { why: said(answer), remedy: AGAIN },
    }
}

/// The status and what else is said in one line.
fn in_short(answer: &HttpAnswer) -> String {
    let told: Option<serde_json::Value> = answer.json().ok();
    let message = told.as_ref().and_then(|told| {
        let message = |at: &str| told.pointer(at).and_then(serde_json::Value::as_str).map(str::to_owned);
        message("/message").or_else(|| message("/error/message"))
    });
    match message.or_else(|| answer.first_line()) {
        Some(line) => format!("{}: {line}", answer.status_text()),
        None => answer.status_text(),
    }
}

fn said(answer: &HttpAnswer) -> String {
    answer.first_line().unwrap_or_else(|| answer.status_text())
}

/// Where to, and not how: the way may hold a credential.
fn redirected(answer: &HttpAnswer) -> Said {
    let to = answer.header("location").and_then(|to| answer.url().0.join(to).ok());
    let host = to.as_ref().and_then(|to| to.host_str()).map(|host| format!("to `{host}`"));
    let why = format!("it redirects {}", host.unwrap_or_else(|| "without saying where to".to_owned()));
    Said::Refused { why, remedy: "hand over the URL that it redirects to, if you trust it; none is followed" }
}

/// How long to wait, in the way each service says it.
fn pause(service: Service, answer: &HttpAnswer) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Limited {
        retry_after: f64,
    }
    let seconds = match service {
        Service::Discord => answer.json::<Limited>().ok().map(|limited| limited.retry_after),
        Service::Mattermost => answer.header("x-ratelimit-reset").and_then(|it| it.trim().parse().ok()),
        _ => None,
    };
    let told = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    told.map(|told| told.min(LONGEST_PAUSE)).or_else(|| answer.retry_after())
}

fn slack_webhook(answer: &HttpAnswer) -> Said {
    let line = said(answer);
    match answer.status() {
        200 if answer.text().is_some_and(|text| text.trim() == "ok") => {
            Said::Posted { id: None, channel: None }
        }
        200..=299 => Said::Unclear { why: format!("expected `ok`, found `{line}`") },
        _ => Said::Refused { remedy: slack::remedy(&line), why: line },
    }
}

fn slack_api(answer: &HttpAnswer) -> Said {
    #[derive(Deserialize)]
    struct Answered {
        ok: bool,
        error: Option<String>,
        channel: Option<String>,
        ts: Option<String>,
    }
    let answered = match answer.json::<Answered>() {
        Ok(answered) => answered,
        Err(_) if answer.status() >= 400 => {
            return Said::Refused { why: said(answer), remedy: "make sure that `api` is that of Slack" };
        }
        Err(_) => return Said::Unclear { why: format!("expected JSON, found `{}`", said(answer)) },
    };
    match (answered.ok, answered.error) {
        (true, _) if answered.ts.is_some() => Said::Posted { id: answered.ts, channel: answered.channel },
        (true, _) => Said::Unclear { why: "the answer does not name the message".to_owned() },
        (false, Some(error)) if error == "ratelimited" || error == "rate_limited" => {
            Said::Busy { pause: answer.retry_after() }
        }
        (false, Some(error)) if slack::leaves_open(&error) => Said::Unclear { why: error },
        (false, error) => {
            let why = error.unwrap_or_else(|| "it gives no reason".to_owned());
            Said::Refused { remedy: slack::remedy(&why), why }
        }
    }
}

fn mattermost(answer: &HttpAnswer) -> Said {
    #[derive(Deserialize)]
    struct Refused {
        message: String,
    }
    match answer.status() {
        200 if answer.text().is_some_and(|text| text.trim() == "ok") => {
            Said::Posted { id: None, channel: None }
        }
        200..=299 => Said::Unclear { why: format!("expected `ok`, found `{}`", said(answer)) },
        _ => {
            let why = answer.json::<Refused>().map_or_else(|_| said(answer), |refused| refused.message);
            let remedy = if answer.status() == 501 {
                "have an administrator turn incoming webhooks on"
            } else {
                "check the webhook under Integrations, and that its channel is there"
            };
            Said::Refused { why, remedy }
        }
    }
}

fn discord(answer: &HttpAnswer) -> Said {
    #[derive(Deserialize)]
    struct Posted {
        id: String,
        channel_id: Option<String>,
    }
    #[derive(Deserialize)]
    struct Refused {
        message: String,
        code: i64,
    }
    match answer.status() {
        200 => match answer.json::<Posted>() {
            Ok(posted) => Said::Posted { id: Some(posted.id), channel: posted.channel_id },
            Err(_) => Said::Unclear { why: format!("expected the message, found `{}`", said(answer)) },
        },
        // it was asked to wait until the message is kept; otherwise one that is not kept is no error
        204 => Said::Unclear { why: "it did not wait until the message was kept".to_owned() },
        201..=299 => Said::Unclear { why: in_short(answer) },
        _ => match answer.json::<Refused>() {
            Ok(Refused { message, code }) => Said::Refused {
                why: format!("{message} ({code})"),
                remedy: match code {
                    10_015 | 50_027 => "the webhook is gone; make another in the settings of the channel",
                    10_003 => "the channel is gone; make a webhook for another",
                    220_001 => "the channel is a forum; add `?thread_id=` and the id of a thread to the URL",
                    _ => "see the answer, and the settings of the webhook",
                },
            },
            Err(_) => Said::Refused { why: said(answer), remedy: AGAIN },
        },
    }
}

fn teams(answer: &HttpAnswer) -> Said {
    #[derive(Deserialize)]
    struct Refused {
        error: Reason,
    }
    #[derive(Deserialize)]
    struct Reason {
        code: String,
        #[serde(default)]
        message: String,
    }
    match answer.status() {
        202 => Said::Posted { id: answer.header("x-ms-workflow-run-id").map(str::to_owned), channel: None },
        200..=299 => Said::Unclear { why: format!("expected 202 Accepted, found {}", in_short(answer)) },
        _ => match answer.json::<Refused>() {
            Ok(Refused { error }) => Said::Refused {
                remedy: match error.code.as_str() {
                    "WorkflowTriggerIsNotEnabled" => "turn the workflow on again",
                    "TriggerInputSchemaMismatch" => {
                        "let the workflow begin with a webhook that takes any input"
                    }
                    _ => "make another workflow with a webhook, and hand over its URL",
                },
                why: if error.message.is_empty() {
                    error.code
                } else {
                    format!("{}: {}", error.code, error.message)
                },
            },
            Err(_) => Said::Refused { why: said(answer), remedy: AGAIN },
        },
    }
}
