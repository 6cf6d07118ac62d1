//! What an answer means.

use vapora_preflight::{Bytes, Finding};

use crate::{HttpAnswer, HttpUrl, StatusSet, TextPattern};

/// What is expected of one answer.
pub(super) struct Expected<'a> {
    pub(super) url: &'a HttpUrl,
    pub(super) status: &'a StatusSet,
    pub(super) content_type: Option<&'a str>,
    pub(super) contains: &'a [String],
    pub(super) lacks: &'a [String],
    pub(super) matches: &'a [TextPattern],
    pub(super) redirects_to: Option<&'a HttpUrl>,
    /// Whether a finding may show the beginning of the body.
    pub(super) shows_body: bool,
}

impl Expected<'_> {
    /// The first thing that is wrong with an answer; nothing where it is the one that is expected.
    pub(super) fn wrong(&self, answer: &HttpAnswer) -> Option<Finding> {
        self.redirected(answer)
            .or_else(|| self.status(answer))
            .or_else(|| self.target(answer))
            .or_else(|| self.size(answer))
            .or_else(|| self.content_type(answer))
            .or_else(|| self.contents(answer))
            .or_else(|| self.json(answer))
    }

    fn beginning(&self, answer: &HttpAnswer) -> Option<String> {
        answer.first_line().filter(|_| self.shows_body)
    }

    fn redirected(&self, answer: &HttpAnswer) -> Option<Finding> {
        let why = answer.stopped()?;
        Some(
            Finding::new(format!("`{}` redirects to where the check does not follow", self.url))
                .expected(self.status.to_string())
                .actual(format!("{}: {why}", answer.status_text()))
                .remedy("ask the URL where the redirects end"),
        )
    }

    fn status(&self, answer: &HttpAnswer) -> Option<Finding> {
        if self.status.holds(answer.status()) {
            return None;
        }
        let mut actual = answer.status_text();
        if let Some(line) = self.beginning(answer) {
            actual = format!("{actual}: {line}");
        }
        let finding = Finding::new(format!("`{}` answered {}", self.url, answer.status_text()))
            .expected(self.status.to_string())
            .actual(actual);
        Some(match answer.status() {
            401 | 403 => finding.remedy("check the credentials of the request, and what they allow"),
            301 | 302 | 303 | 307 | 308 => {
                finding.remedy("ask the URL it redirects to, or let the check follow with `redirects`")
            }
            _ => finding,
        })
    }

    fn target(&self, answer: &HttpAnswer) -> Option<Finding> {
        let expected = self.redirects_to?;
        let found = answer.location().or_else(|| (answer.redirects() > 0).then(|| answer.url()));
        if found == Some(expected) {
            return None;
        }
        let summary = match found {
            Some(found) => format!("`{}` redirects to `{found}`", self.url),
            None => format!("`{}` does not redirect", self.url),
        };
        let actual = found.map_or_else(|| answer.status_text(), ToString::to_string);
        Some(Finding::new(summary).expected(expected.to_string()).actual(actual))
    }

    fn size(&self, answer: &HttpAnswer) -> Option<Finding> {
        let limit = Bytes::new(answer.limit());
        answer.is_larger_than_limit().then(|| {
            Finding::new(format!("the body of `{}` is larger than {limit}", self.url))
                .expected(format!("no more than {limit}"))
                .actual(format!("more than {limit}"))
                .remedy("ask for less, or raise `body_limit`")
        })
    }

    fn content_type(&self, answer: &HttpAnswer) -> Option<Finding> {
        let expected = self.content_type?;
        let found = answer.content_type();
        if found.as_ref().is_some_and(|found| found.starts_with(&expected.trim().to_ascii_lowercase())) {
            return None;
        }
        Some(
            Finding::new(format!("`{}` answered with another type of content", self.url))
                .expected(expected)
                .actual(found.unwrap_or_else(|| "no type".to_owned())),
        )
    }

    fn contents(&self, answer: &HttpAnswer) -> Option<Finding> {
        if self.contains.is_empty() && self.lacks.is_empty() && self.matches.is_empty() {
            return None;
        }
        let Some(text) = answer.text() else {
            return Some(
                Finding::new(format!("the body of `{}` is not text", self.url))
                    .expected("text in UTF-8")
                    .actual("bytes that are not UTF-8"),
            );
        };
        let shown = || {
            self.beginning(answer).unwrap_or_else(|| {
                if text.trim().is_empty() { "an empty body" } else { "another body" }.to_owned()
            })
        };
        let missing: Vec<&String> =
            self.contains.iter().filter(|part| !text.contains(part.as_str())).collect();
        if let Some(first) = missing.first() {
            let summary = match missing.len() {
                1 => format!("the body of `{}` does not contain `{first}`", self.url),
                count => format!("the body of `{}` lacks {count} of {} texts", self.url, self.contains.len()),
            };
            return Some(Finding::new(summary).expected(quoted(&missing)).actual(shown()));
        }
        if let Some(pattern) = self.matches.iter().find(|pattern| !pattern.is_in(text)) {
            return Some(
                Finding::new(format!("the body of `{}` does not match `{pattern}`", self.url))
                    .expected(format!("a match of `{pattern}`"))
                    .actual(shown()),
            );
        }
        let found: Vec<&String> = self.lacks.iter().filter(|part| text.contains(part.as_str())).collect();
        let first = found.first()?;
        Some(
            Finding::new(format!("the body of `{}` contains `{first}`", self.url))
                .expected(format!("nothing of {}", quoted(&self.lacks.iter().collect::<Vec<_>>())))
                .actual(quoted(&found)),
        )
    }

    fn json(&self, answer: &HttpAnswer) -> Option<Finding> {
        if !answer.says_json() || !answer.may_have_body() {
            return None;
        }
        let error = answer.json::<serde::de::IgnoredAny>().err()?;
        let why = error.report().causes.first().cloned().unwrap_or_default();
        Some(
            Finding::new(format!("the body of `{}` says that it is JSON, and is not", self.url))
                .expected("JSON")
                .actual(why),
        )
    }
}

fn quoted(texts: &[&String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}
