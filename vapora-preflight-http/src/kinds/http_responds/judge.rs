//! What an answer means.

use vapora_preflight::{Bytes, Finding, Outcome};

use super::HttpResponds;
use crate::HttpAnswer;

/// Whether an answer is the one that is expected. The first thing that is wrong is told.
pub(super) fn judge(asked: &HttpResponds, answer: &HttpAnswer) -> Outcome {
    let wrong = redirected(asked, answer)
        .or_else(|| status(asked, answer))
        .or_else(|| size(asked, answer))
        .or_else(|| content_type(asked, answer))
        .or_else(|| contents(asked, answer))
        .or_else(|| json(asked, answer));
    if let Some(finding) = wrong {
        return Outcome::Fail(finding.evidence(answer.evidence()));
    }
    let finding = Finding::new(format!("`{}` answered {}", asked.url, answer.status_text()));
    Outcome::Pass(finding.evidence(answer.evidence()))
}

fn redirected(asked: &HttpResponds, answer: &HttpAnswer) -> Option<Finding> {
    let why = answer.stopped()?;
    Some(
        Finding::new(format!("`{}` redirects to where the check does not follow", asked.url))
            .expected(asked.status.to_string())
            .actual(format!("{}: {why}", answer.status_text()))
            .remedy("ask the URL where the redirects end"),
    )
}

fn status(asked: &HttpResponds, answer: &HttpAnswer) -> Option<Finding> {
    if asked.status.holds(answer.status()) {
        return None;
    }
    let mut actual = answer.status_text();
    if let Some(line) = answer.first_line() {
        actual = format!("{actual}: {line}");
    }
    let finding = Finding::new(format!("`{}` answered {}", asked.url, answer.status_text()))
        .expected(asked.status.to_string())
        .actual(actual);
    Some(match answer.status() {
        401 | 403 => finding.remedy("check the credentials of the request, and what they allow"),
        301 | 302 | 303 | 307 | 308 => {
            finding.remedy("ask the URL it redirects to, or let the check follow with `redirects`")
        }
        _ => finding,
    })
}

fn size(asked: &HttpResponds, answer: &HttpAnswer) -> Option<Finding> {
    let limit = Bytes::new(answer.limit());
    answer.is_larger_than_limit().then(|| {
        Finding::new(format!("the body of `{}` is larger than {limit}", asked.url))
            .expected(format!("no more than {limit}"))
            .actual(format!("more than {limit}"))
            .remedy("ask for less, or raise `body_limit`")
    })
}

fn content_type(asked: &HttpResponds, answer: &HttpAnswer) -> Option<Finding> {
    let expected = asked.content_type.as_ref()?;
    let found = answer.content_type();
    if found.as_ref().is_some_and(|found| found.starts_with(&expected.trim().to_ascii_lowercase())) {
        return None;
    }
    Some(
        Finding::new(format!("`{}` answered with another type of content", asked.url))
            .expected(expected.as_str())
            .actual(found.unwrap_or_else(|| "no type".to_owned())),
    )
}

fn contents(asked: &HttpResponds, answer: &HttpAnswer) -> Option<Finding> {
    let wanted = asked.contains.as_deref()?;
    let Some(text) = answer.text() else {
        return Some(
            Finding::new(format!("the body of `{}` is not text", asked.url))
                .expected("text in UTF-8")
                .actual("bytes that are not UTF-8"),
        );
    };
    let missing: Vec<&String> = wanted.iter().filter(|part| !text.contains(part.as_str())).collect();
    let first = missing.first()?;
    let summary = match missing.len() {
        1 => format!("the body of `{}` does not contain `{first}`", asked.url),
        count => format!("the body of `{}` lacks {count} of {} texts", asked.url, wanted.len()),
    };
    let quoted: Vec<String> = missing.iter().map(|part| format!("`{part}`")).collect();
    Some(
        Finding::new(summary)
            .expected(quoted.join(", "))
            .actual(answer.first_line().unwrap_or_else(|| "an empty body".to_owned())),
    )
}

fn json(asked: &HttpResponds, answer: &HttpAnswer) -> Option<Finding> {
    if !answer.says_json() || !answer.may_have_body() {
        return None;
    }
    let error = answer.json::<serde::de::IgnoredAny>().err()?;
    let why = error.report().causes.first().cloned().unwrap_or_default();
    Some(
        Finding::new(format!("the body of `{}` says that it is JSON, and is not", asked.url))
            .expected("JSON")
            .actual(why),
    )
}
