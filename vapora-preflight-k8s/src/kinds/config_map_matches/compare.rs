//! What of a config map is not as it should be.

use std::collections::BTreeMap;

use vapora_preflight::{CheckId, Evidence, Timestamp, Value};

use super::{ConfigMapMatches, manifest::Written};
use crate::{
    OneOrMore,
    diff::Diff,
    object::{ConfigMap, Content, Contents},
    wording::{count, names, plural, short},
};

/// How many lines of a diff are kept, and how long each of them may be.
const MOST_LINES: usize = 60;
/// How many lines of all diffs together are kept, before a key is only named.
const MOST_LINES_OF_ALL: usize = 200;
const LONGEST_LINE: usize = 160;

/// What a config map has to hold.
pub(super) struct Wanted<'a> {
    pub(super) check: &'a ConfigMapMatches,
    pub(super) written: Option<&'a Written>,
    /// All of it, where it is known.
    pub(super) contents: Option<Contents>,
}

/// What is not as it should be.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// One clause for each.
    pub(super) said: Vec<String>,
    missing: Vec<String>,
    extra: Vec<String>,
    different: Vec<String>,
    diff: Vec<String>,
}

/// The first key of which nothing is said, though it is named.
pub(super) fn has_empty<T>(
    by_key: &BTreeMap<String, OneOrMore<T>>,
    is_empty: impl Fn(&T) -> bool,
) -> Option<&str> {
    let empty = |texts: &OneOrMore<T>| texts.as_slice().is_empty() || texts.as_slice().iter().any(&is_empty);
    by_key.iter().find(|(_, texts)| empty(texts)).map(|(key, _)| key.as_str())
}

impl Wanted<'_> {
    pub(super) fn compare(&self, found: &ConfigMap, live: &Contents, evidence: &Evidence) -> Differences {
        let mut all = Differences::default();
        for (key, content) in self.contents.iter().flatten() {
            match live.get(key) {
                Some(found) => self.value(key, content, found, &mut all),
                None => all.lacks_key(key),
            }
        }
        let named = self.check.contains.keys().chain(self.check.matches.keys());
        for key in self.check.keys.iter().chain(named) {
            if !live.contains_key(key) {
                all.lacks_key(key);
            }
        }
        if !self.check.may_have_more() {
            self.extra(live, &mut all);
        }
        self.texts(live, &mut all);
        if let (Some(wanted), Some(Value::Text(found))) = (self.check.sha256, evidence.get("digest"))
            && wanted.to_string() != *found
        {
            all.said.push(format!("expected the digest `{wanted}`, found `{found}`"));
        }
        if let Some(written) = self.written {
            self.metadata(found, written, &mut all);
        }
        if let Some(first) = all.missing.first() {
            let what = plural(all.missing.len(), "key");
            let said = match all.missing.as_slice() {
                [_] => format!("the {what} `{first}` is missing"),
                several => format!("the {what} {} are missing", names(several)),
            };
            all.said.insert(0, said);
        }
        all
    }

    fn value(&self, key: &str, wanted: &Content, found: &Content, all: &mut Differences) {
        let said = match (wanted, found) {
            (Content::Text(wanted), Content::Text(found)) => self.text(key, wanted, found, &mut all.diff),
            (Content::Binary(wanted), Content::Binary(found)) if wanted == found => None,
            (Content::Binary(wanted), Content::Binary(found)) => {
                let (wanted, found) = (count(wanted.len(), "byte"), count(found.len(), "byte"));
                Some(format!("`{key}` holds other bytes: expected {wanted}, found {found}"))
            }
            (Content::Text(_), Content::Binary(_)) => {
                Some(format!("`{key}` is in `binaryData`, not in `data`"))
            }
            (Content::Binary(_), Content::Text(_)) => {
                Some(format!("`{key}` is in `data`, not in `binaryData`"))
            }
        };
        if let Some(said) = said {
            all.said.push(said);
            all.differs(key);
        }
    }

    fn text(&self, key: &str, wanted: &str, found: &str, into: &mut Vec<String>) -> Option<String> {
        let end = |text: &str| text.trim_end_matches(['\n', '\r']).len();
        let only_the_end = wanted[..end(wanted)] == found[..end(found)];
        if wanted == found || (only_the_end && self.check.ignore_final_newline) {
            return None;
        }
        if only_the_end {
            return Some(format!("`{key}` differs only in the newlines at its end"));
        }
        let diff = Diff::of(wanted, found);
        if self.check.show_values {
            into.push(format!("`{key}`"));
            if into.len() < MOST_LINES_OF_ALL {
                into.extend(diff.unified(MOST_LINES, LONGEST_LINE));
            }
        }
        let one_line = |text: &str| !text.trim_end_matches('\n').contains('\n');
        if one_line(wanted) && one_line(found) {
            return Some(if self.check.show_values {
                format!("`{key}`: expected `{}`, found `{}`", short(wanted), short(found))
            } else {
                format!("`{key}` has another value")
            });
        }
        let (gone, new) = diff.counts();
        let from = diff.first().unwrap_or_default();
        Some(format!(
            "`{key}` differs from line {from} on: {} {} missing, {} {} not expected",
            count(gone, "line"),
            crate::wording::is(gone),
            count(new, "line"),
            crate::wording::is(new)
        ))
    }

    fn extra(&self, live: &Contents, all: &mut Differences) {
        let check = self.check;
        let named = |key: &String| {
            self.contents.as_ref().is_some_and(|contents| contents.contains_key(key))
                || check.keys.contains(key)
                || check.contains.contains_key(key)
                || check.matches.contains_key(key)
        };
        all.extra = live.keys().filter(|key| !named(key)).cloned().collect();
        match all.extra.as_slice() {
            [] => {}
            [one] => all.said.push(format!("the key `{one}` is not expected")),
            several => all.said.push(format!("the keys {} are not expected", names(several))),
        }
    }

    /// What the texts have to contain, and must not.
    fn texts(&self, live: &Contents, all: &mut Differences) {
        let check = self.check;
        let mut wrong: Vec<(&str, String)> = Vec::new();
        for (key, content) in live {
            let Content::Text(text) = content else {
                let named = check.contains.contains_key(key)
                    || check.matches.contains_key(key)
                    || check.lacks.contains_key(key);
                if named {
                    wrong.push((key, format!("`{key}` holds bytes, and no text to search")));
                }
                continue;
            };
            for part in check.contains.get(key).map_or(&[][..], OneOrMore::as_slice) {
                if !text.contains(part.as_str()) {
                    wrong.push((key, format!("`{key}` does not contain `{}`", short(part))));
                }
            }
            for pattern in check.matches.get(key).map_or(&[][..], OneOrMore::as_slice) {
                if !pattern.is_in(text) {
                    wrong.push((key, format!("`{key}` does not match `{}`", short(pattern.as_str()))));
                }
            }
            for part in check.lacks.get(key).map_or(&[][..], OneOrMore::as_slice) {
                if text.contains(part.as_str()) {
                    wrong.push((key, format!("`{key}` contains `{}`", short(part))));
                }
            }
        }
        for (key, said) in wrong {
            all.said.push(said);
            all.differs(key);
        }
    }

    fn metadata(&self, found: &ConfigMap, written: &Written, all: &mut Differences) {
        let metadata = &found.metadata;
        for (asked, noun, wanted, found) in [
            (self.check.labels, "label", &written.labels, &metadata.labels),
            (self.check.annotations, "annotation", &written.annotations, &metadata.annotations),
        ] {
            for (key, value) in wanted.iter().filter(|_| asked) {
                match found.get(key) {
                    Some(found) if found == value => {}
                    Some(found) if self.check.show_values => all.said.push(format!(
                        "the {noun} `{key}`: expected `{}`, found `{}`",
                        short(value),
                        short(found)
                    )),
                    Some(_) => all.said.push(format!("the {noun} `{key}` has another value")),
                    None => all.said.push(format!("the {noun} `{key}` is missing")),
                }
            }
        }
        if written.immutable && !found.immutable {
            all.said.push("it is not immutable, as it should be".to_owned());
        }
    }
}

impl Differences {
    fn lacks_key(&mut self, key: &str) {
        if !self.missing.iter().any(|known| known == key) {
            self.missing.push(key.to_owned());
        }
    }

    fn differs(&mut self, key: &str) {
        if !self.different.iter().any(|known| known == key) {
            self.different.push(key.to_owned());
        }
    }

    /// Says that it holds something else than an earlier check saw. What that was is known by its size alone.
    pub(super) fn changed_since(
        &mut self,
        check: &CheckId,
        at: Timestamp,
        before: Option<&Value>,
        now: Option<&Value>,
    ) {
        let rows = |sizes: Option<&Value>| match sizes {
            Some(Value::Table(rows)) => rows.iter().cloned().collect::<BTreeMap<_, _>>(),
            _ => BTreeMap::new(),
        };
        let (before, now) = (rows(before), rows(now));
        let keys = |of: &dyn Fn(&String) -> bool, all: &BTreeMap<String, Value>| -> Vec<String> {
            all.keys().filter(|key| of(key)).cloned().collect()
        };
        let gone = keys(&|key| !now.contains_key(key), &before);
        let new = keys(&|key| !before.contains_key(key), &now);
        let sized = keys(&|key| before.get(key).is_some_and(|size| now.get(key) != Some(size)), &now);
        let mut parts = Vec::new();
        for (found, what) in [(&gone, "gone"), (&new, "new"), (&sized, "of another size")] {
            if !found.is_empty() {
                parts.push(format!("{}: {}", what, names(found)));
            }
        }
        if parts.is_empty() {
            parts.push("the same keys, of the same sizes".to_owned());
        }
        self.said.push(format!("it is not what `{check}` saw at {at} ({})", parts.join(", ")));
    }

    pub(super) fn added_to(&self, evidence: Evidence) -> Evidence {
        let diff = (!self.diff.is_empty()).then(|| self.diff.join("\n"));
        evidence
            .with("missing", self.missing.clone())
            .with("extra", self.extra.clone())
            .with("different", self.different.clone())
            .with("diff", diff)
    }
}
