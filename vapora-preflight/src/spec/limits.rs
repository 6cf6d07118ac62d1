//! `timeout`, `retry` and `until`.

use std::time::Duration;

use super::{fields::Fields, text::Filler};
use crate::{Code, Diagnostic, Limits, Period, Retry, Span, Until};

/// Reads the limits of a check, and refuses those that can never be met.
pub(super) fn limits(fields: &mut Fields<'_>, filler: &Filler<'_>, out: &mut Vec<Diagnostic>) -> Limits {
    let mut limits = Limits::default();
    let timeout_span = timeout(fields, filler, &mut limits, out).unwrap_or(fields.span);
    if let Some(mut table) = fields.below("retry", out) {
        let span = table.span;
        limits.retry = retry(&mut table, filler, out);
        table.finish("`retry`", out);
        if limits.retry.attempts == 1 {
            unsatisfiable(
                "`retry` makes a single attempt",
                "let it make at least 2, or leave it out",
                span,
                out,
            );
        }
        if limits.retry.max < limits.retry.backoff {
            unsatisfiable(
                "the longest pause of `retry` is shorter than its first",
                "let `max` be at least `backoff`",
                span,
                out,
            );
        }
    }
    if let Some(mut table) = fields.below("until", out) {
        let span = table.span;
        limits.until = until(&mut table, filler, span, out);
        table.finish("`until`", out);
    }
    if let Some(total) = limits.total
        && total < limits.attempt
    {
        unsatisfiable(
            "the time of all attempts is shorter than that of one",
            &format!("let `total` be at least `attempt`, which is {}", Period::from(limits.attempt)),
            timeout_span,
            out,
        );
    }
    limits
}

/// `timeout = "20s"`, or `timeout = { attempt = "20s", total = "2m" }`.
fn timeout(
    fields: &mut Fields<'_>,
    filler: &Filler<'_>,
    limits: &mut Limits,
    out: &mut Vec<Diagnostic>,
) -> Option<Span> {
    let value = fields.raw("timeout")?;
    let span = super::fields::place(fields.source, value.span());
    if value.get_ref().is_table() {
        let mut table = Fields::of(fields.source, value, "`timeout`", out)?;
        if let Some(attempt) = period(&mut table, "attempt", filler, out) {
            limits.attempt = attempt;
        }
        limits.total = period(&mut table, "total", filler, out);
        table.finish("`timeout`", out);
        return Some(span);
    }
    let mut one = toml::de::DeTable::new();
    one.insert(toml::Spanned::new(0..0, "timeout".into()), value);
    let mut one = Fields::of_table(fields.source, one, span);
    if let Some(attempt) = period(&mut one, "timeout", filler, out) {
        limits.attempt = attempt;
    }
    Some(span)
}

fn retry(table: &mut Fields<'_>, filler: &Filler<'_>, out: &mut Vec<Diagnostic>) -> Retry {
    let mut retry = Retry { attempts: 3, ..Retry::default() };
    if let Some(attempts) = table.take::<u32>("attempts", filler, out) {
        if attempts.value == 0 {
            unsatisfiable("`retry` makes no attempt at all", "let it make at least 2", attempts.span, out);
        }
        retry.attempts = attempts.value.max(1);
        if attempts.value == 0 {
            retry.attempts = 2;
        }
    }
    if let Some(backoff) = period(table, "backoff", filler, out) {
        retry.backoff = backoff;
        retry.max = retry.max.max(backoff);
    }
    if let Some(max) = period(table, "max", filler, out) {
        retry.max = max;
    }
    retry
}

fn until(
    table: &mut Fields<'_>,
    filler: &Filler<'_>,
    span: Span,
    out: &mut Vec<Diagnostic>,
) -> Option<Until> {
    let missing = table.lacks("timeout");
    let timeout = period(table, "timeout", filler, out);
    if missing {
        out.push(
            Diagnostic::error(Code::MissingKey, "`until` has no `timeout`", span)
                .help("say how long to wait, as in `timeout = \"5m\"`"),
        );
    }
    let interval = period(table, "interval", filler, out).unwrap_or(Duration::from_secs(5));
    let consecutive = table.take::<u32>("consecutive", filler, out);
    if let Some(consecutive) = &consecutive
        && consecutive.value == 0
    {
        unsatisfiable(
            "`until` asks for no look at all",
            "let `consecutive` be at least 1",
            consecutive.span,
            out,
        );
    }
    let consecutive = consecutive.map_or(1, |at| at.value).max(1);
    let timeout = timeout?;
    let until = Until { interval, timeout, consecutive };
    if let Some(message) = never_met(until) {
        unsatisfiable(&message, "give it more time, or ask for fewer looks", span, out);
    }
    Some(until)
}

/// Why so many looks in a row do not fit into the time there is, where they do not.
pub(crate) fn never_met(until: Until) -> Option<String> {
    let Until { interval, timeout, consecutive } = until;
    let needed = interval.saturating_mul(consecutive.saturating_sub(1));
    (needed > timeout).then(|| {
        format!(
            "`until` can never be met: {consecutive} looks every {} need {}, and it gives up after {}",
            Period::from(interval),
            Period::from(needed),
            Period::from(timeout)
        )
    })
}

/// A duration that is not zero.
pub(super) fn period(
    table: &mut Fields<'_>,
    key: &'static str,
    filler: &Filler<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Duration> {
    let period = table.take::<Period>(key, filler, out)?;
    if period.value.get().is_zero() {
        unsatisfiable(&format!("`{key}` is no time at all"), "give it more than zero", period.span, out);
        return None;
    }
    Some(period.value.get())
}

fn unsatisfiable(message: &str, help: &str, span: Span, out: &mut Vec<Diagnostic>) {
    out.push(Diagnostic::error(Code::UnsatisfiableLimit, message, span).help(help));
}
