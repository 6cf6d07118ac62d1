//! What is wrong with the parameters taken together.

use std::collections::BTreeSet;

use vapora_preflight::{Problems, TextOrSecret};

use super::{
    HttpResponds, fill,
    samples::{MOST, WIDEST},
    steps::{Step, TokenSource},
};
use crate::{
    BodySource, HttpAnswer, HttpMethod, InvalidParameter, StatusSet, TextPattern, param::is_credential,
};

/// Reports all of it.
pub(super) fn find(asked: &HttpResponds, problems: &mut Problems) {
    asked.sender().validate(problems);
    if asked.first_byte_within.is_some_and(|within| within.get().is_zero()) {
        problems.at("first_byte_within", "it is zero, and every answer takes longer", "raise it");
    }
    if let Some(latency) = &asked.latency {
        latency.validate(problems);
    }
    match &asked.steps {
        Some(steps) => sequence(asked, steps, problems),
        None => one_request(asked, problems),
    }
}

fn one_request(asked: &HttpResponds, problems: &mut Problems) {
    expectations(&asked.status, asked.content_type.as_deref(), problems);
    let texts = [("contains", asked.contains.as_deref()), ("lacks", asked.lacks.as_deref())];
    contents(texts, asked.matches.as_deref(), problems);
    let wants_body = asked.contains.is_some() || asked.lacks.is_some() || asked.matches.is_some();
    if asked.body_limit.get() == 0 && wants_body {
        problems.at("body_limit", "no body can be read, and a text in it is asked for", "raise the limit");
    }
    if asked.body.as_ref().is_some_and(BodySource::holds_date) {
        problems.at("body", DATE, "write the date as text");
    }
    if asked.method.changes() && !asked.mutates {
        problems.at("method", format!("`{}` asks for a change", asked.method), MUTATES);
    }
    let redirects = [301, 302, 303, 307, 308];
    if asked.redirects_to.is_some()
        && asked.redirects == 0
        && !redirects.into_iter().any(|status| asked.status.holds(status))
    {
        problems.at(
            "redirects_to",
            "no redirect is followed, and none is a right answer",
            "follow them with `redirects`, or expect one with `status`, as in `[301]`",
        );
    }
    if asked.samples == 0 || asked.samples > MOST {
        problems.at("samples", format!("expected 1 to {MOST}, found {}", asked.samples), "change it");
    }
    if asked.width == 0 || asked.width > WIDEST {
        problems.at("width", format!("expected 1 to {WIDEST}, found {}", asked.width), "change it");
    } else if u32::from(asked.width) > asked.samples.max(1) {
        problems.at("width", "it is wider than there are samples", "raise `samples`, or leave it out");
    }
    if asked.samples > 1 && asked.mutates {
        problems.at("samples", "what changes something is done once", "leave it out");
    }
}

const DATE: &str = "there is a date in it, which JSON does not know";
const MUTATES: &str = "say that this is meant, with `mutates = true`";

fn expectations(status: &StatusSet, content_type: Option<&str>, problems: &mut Problems) {
    if status.is_empty() {
        problems.at("status", "the list is empty, so no status is right", "leave it out, or name one");
    }
    if content_type.is_some_and(|it| it.trim().is_empty()) {
        problems.at("content_type", "the text is empty and asks for nothing", "leave it out, or name a type");
    }
}

fn contents(
    texts: [(&'static str, Option<&[String]>); 2],
    matches: Option<&[TextPattern]>,
    problems: &mut Problems,
) {
    for (name, texts) in texts {
        let Some(texts) = texts else { continue };
        if texts.is_empty() {
            problems.at(name, "the list is empty and asks for nothing", "leave it out, or name a text");
        }
        if texts.iter().any(String::is_empty) {
            problems.at(name, "every body contains the empty text", "name a text");
        }
    }
    if matches.is_some_and(<[_]>::is_empty) {
        problems.at("matches", "the list is empty and asks for nothing", "leave it out, or name a pattern");
    }
}

/// The parameters of the one request, where there is a sequence in its place.
fn sequence(asked: &HttpResponds, steps: &[Step], problems: &mut Problems) {
    let of_one = [
        ("method", asked.method != HttpMethod::Get),
        ("body", asked.body.is_some()),
        ("status", asked.status != StatusSet::default()),
        ("redirects_to", asked.redirects_to.is_some()),
        ("contains", asked.contains.is_some()),
        ("lacks", asked.lacks.is_some()),
        ("matches", asked.matches.is_some()),
        ("content_type", asked.content_type.is_some()),
        ("samples", asked.samples != 1),
        ("width", asked.width != 1),
        ("latency", asked.latency.is_some()),
    ];
    for (name, _) in of_one.into_iter().filter(|(_, given)| *given) {
        problems.at(name, "it is for one request, and there are `steps`", "move it into the steps");
    }
    if steps.is_empty() {
        problems.at("steps", "the list is empty and asks for nothing", "leave it out, or give one");
    }
    let mut known = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let mut found = Problems::default();
        one_step(asked, step, &known, &mut found);
        if !titles.insert(step.title()) {
            found.at("steps", "an earlier step is called so", "give it a `name` of its own");
        }
        for name in step.capture.keys() {
            if !known.insert(name.as_str()) {
                found.at("steps", format!("`{name}` was captured by an earlier step"), "choose another name");
            }
        }
        let place = format!("step {}, `{}`", number + 1, step.title());
        for (message, help) in found.told() {
            problems.at("steps", format!("{place}: {message}"), help.unwrap_or_default());
        }
    }
}

fn one_step(asked: &HttpResponds, step: &Step, known: &BTreeSet<&str>, problems: &mut Problems) {
    expectations(&step.status, step.content_type.as_deref(), problems);
    let texts = [("contains", step.contains.as_deref()), ("lacks", step.lacks.as_deref())];
    contents(texts, step.matches.as_deref(), problems);
    if step.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        problems.at("steps", "its name is empty", "leave it out, or give it one");
    }
    if step.method.changes() && !asked.mutates {
        problems.at("steps", format!("`{}` asks for a change", step.method), MUTATES);
    }
    if step.anonymous && step.bearer.is_some() {
        problems.at("steps", "it is anonymous and has a token", "keep one of them");
    }
    places(&step.path, known, problems);
    let example = fill::fill(&step.path, |_| Ok::<_, InvalidParameter>("x".to_owned()));
    if let Some(error) = example.ok().and_then(|path| asked.url.on_same_server(&path).err()) {
        problems.at("steps", error.to_string(), "write it with a slash before it");
    }
    for (name, source) in &step.headers {
        match source {
            // a credential that is captured is not written out
            TextOrSecret::Text(text)
                if is_credential(name) && fill::names(text).is_ok_and(|it| !it.is_empty()) => {}
            source => crate::param::validate_header(source, name, problems),
        }
        if let TextOrSecret::Text(text) = source {
            places(text, known, problems);
        }
    }
    if let Some(TokenSource::Captured(name)) = &step.bearer
        && !known.contains(name.as_str())
    {
        unknown(name, problems);
    }
    if let Some(body) = &step.body {
        if body.holds_date() {
            problems.at("steps", DATE, "write the date as text");
        }
        body.texts().into_iter().for_each(|text| places(text, known, problems));
    }
    if step.expect.as_ref().is_some_and(Vec::is_empty) {
        problems.at("steps", "`expect` is empty and asks for nothing", "leave it out, or give a condition");
    }
    for condition in step.expect.iter().flatten() {
        if let Some(name) = condition.unknown_name(HttpAnswer::EVIDENCE) {
            let names: Vec<&str> = HttpAnswer::EVIDENCE.iter().map(|field| field.name).collect();
            problems.at(
                "steps",
                format!("`{name}` in `{condition}` does not exist"),
                format!("an answer has {}", names.join(", ")),
            );
        }
    }
    captures(step, problems);
}

fn captures(step: &Step, problems: &mut Problems) {
    for (name, capture) in &step.capture {
        if !fill::is_name(name) {
            problems.at(
                "steps",
                format!("`{name}` is not the name of a captured value"),
                "begin with a letter, and use small letters, digits and underscores",
            );
        }
        if capture.places() != 1 {
            problems.at(
                "steps",
                format!("`{name}` is captured from {} places", capture.places()),
                "give one of `json`, `header`, `cookie` and `matches`",
            );
        }
        if capture.json.as_ref().is_some_and(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
            problems.at(
                "steps",
                format!("{} is no JSON pointer", capture.place()),
                "begin it with a slash, as in `/data/0/id`",
            );
        }
        if capture.header.as_ref().is_some_and(|name| name.eq_ignore_ascii_case("set-cookie")) {
            problems.at("steps", "cookies are not captured as a header", "use `cookie`, with its name");
        }
    }
}

/// Makes sure that a text names only what earlier steps captured.
fn places(text: &str, known: &BTreeSet<&str>, problems: &mut Problems) {
    let names = match fill::names(text) {
        Ok(names) => names,
        Err(error) => {
            return problems.at("steps", error.to_string(), "write it as in `${id}`; `$${` stands for `${`");
        }
    };
    for name in names.into_iter().filter(|name| !known.contains(name)) {
        unknown(name, problems);
    }
}

fn unknown(name: &str, problems: &mut Problems) {
    problems.at("steps", format!("no earlier step captures `{name}`"), "capture it with `capture`");
}
