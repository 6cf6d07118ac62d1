//! Whether the files can be read, and hold what they should.

use vapora_preflight::{Evidence, EvidenceField, Finding, Outcome, Value};

use super::super::field;
use super::{ManifestsParse, RequiredObject, reader::Reader};
use crate::{
    archive::{Flaw, refusal},
    holding::{Held, Seen},
    manifest::{Mistake, Object},
    wording::{are, count, first, names},
};

/// How many mistakes are written out.
const MOST: usize = 10;

/// What was read, to be judged.
pub(super) struct Judged<'a> {
    pub(super) check: &'a ManifestsParse,
    pub(super) held: &'a Held,
    pub(super) seen: Seen<Reader>,
}

pub(super) const EVIDENCE: &[EvidenceField] = &[
    field("from", "where the files are"),
    field("digest", "the SHA-256 of the archive they are in; nothing for a folder"),
    field("files", "how many files were read"),
    field("documents", "how many documents are in them"),
    field("mistakes", "how many mistakes there are; of each file, no more than a hundred are counted"),
    field("places", "the mistakes, each with its `file`, `line`, `column` and `message`; the first hundred"),
    field("objects", "the objects in them, as in `ConfigMap/vapora-config`; the first hundred"),
    field("missing", "the names for which there is no file"),
    field("lacking", "the objects that are required and not there"),
    field("refused", "what in the archive would do harm, in words"),
];

impl Judged<'_> {
    pub(super) fn outcome(self) -> Outcome {
        let (missing, lacking) = (self.missing(), self.lacking());
        let mistakes: Vec<(&String, &Mistake)> = self
            .seen
            .visit
            .files
            .iter()
            .flat_map(|(file, read)| read.mistakes.iter().map(move |it| (file, it)))
            .collect();
        let mut refused = self.seen.visit.harmful.clone();
        if let Some(Flaw::Refused(what)) = &self.seen.flaw {
            refused.push(what.clone());
        }
        let evidence = self.evidence(&missing, &lacking, &mistakes).with("refused", first(&refused));
        let from = &self.check.from;
        if !refused.is_empty() {
            return Outcome::Fail(refusal(from, self.held.word(), &refused).evidence(evidence));
        }
        let (mut said, mut remedy) = (Vec::new(), None);
        if let Some(flaw) = &self.seen.flaw {
            remedy.get_or_insert("get the archive again, or make it anew");
            said.push(("an archive that can be read to its end".to_owned(), flaw.to_string()));
        }
        let mut twice: Vec<&String> = self.seen.visit.twice.iter().collect();
        twice.sort();
        if !twice.is_empty() {
            remedy.get_or_insert("make the archive anew, with one file of each name");
            said.push((
                "one file of each name".to_owned(),
                format!("{} {} there twice", names(&twice), are(twice.len())),
            ));
        }
        if !mistakes.is_empty() {
            remedy.get_or_insert("correct them where they are made");
            let told: Vec<String> = mistakes.iter().take(MOST).map(placed).collect();
            let more = mistakes.len() - told.len();
            let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
            said.push(("no mistakes".to_owned(), format!("{}{more}", told.join("\n"))));
        }
        if !missing.is_empty() && self.seen.flaw.is_none() {
            remedy.get_or_insert("find out why they are not made, or correct `files`");
            said.push((names(&missing), format!("{} {} missing", names(&missing), are(missing.len()))));
        }
        if !lacking.is_empty() && self.seen.flaw.is_none() {
            remedy.get_or_insert("add them, or correct `requires`");
            said.push((
                names(&lacking),
                format!("{} {} in none of the files", names(&lacking), are(lacking.len())),
            ));
        }
        let files = self.seen.visit.files.len();
        let Some(remedy) = remedy else {
            let summary = format!(
                "{} in `{from}` can be read ({})",
                count(files, "file", "files"),
                count(self.documents(), "document", "documents")
            );
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        };
        if let (1, [only]) = (said.len(), &mistakes[..]) {
            return Outcome::Fail(
                Finding::new(format!("`{from}`: {}", placed(only)))
                    .expected("no mistakes")
                    .actual(placed(only))
                    .remedy(remedy)
                    .evidence(evidence),
            );
        }
        let broken = self.seen.visit.files.values().filter(|read| !read.mistakes.is_empty()).count();
        let summary = if mistakes.is_empty() {
            format!(
                "`{from}`: {}",
                said.iter().map(|(_, actual)| actual.as_str()).collect::<Vec<_>>().join("; ")
            )
        } else {
            let others = if said.len() > 1 { ", and more is wrong" } else { "" };
            format!(
                "{} in {} of {} in `{from}`{others}",
                count(mistakes.len(), "mistake", "mistakes"),
                broken,
                count(files, "file", "files")
            )
        };
        let (expected, actual): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        Outcome::Fail(
            Finding::new(summary)
                .expected(expected.join("; "))
                .actual(actual.join("\n"))
                .remedy(remedy)
                .evidence(evidence),
        )
    }

    fn documents(&self) -> usize {
        self.seen.visit.files.values().map(|read| read.documents).sum()
    }

    fn objects(&self) -> impl Iterator<Item = &Object> {
        self.seen.visit.files.values().flat_map(|read| &read.objects)
    }

    fn missing(&self) -> Vec<String> {
        let all = self.check.files.iter().flat_map(crate::glob::FileGlob::alternatives);
        all.filter(|one| !self.seen.visit.files.keys().any(|name| one.fits(name)))
            .map(|one| one.text.clone())
            .collect()
    }

    fn lacking(&self) -> Vec<String> {
        let lacks = |required: &&RequiredObject| !self.objects().any(|object| required.is(object));
        self.check.requires.iter().filter(lacks).map(RequiredObject::words).collect()
    }

    fn evidence(&self, missing: &[String], lacking: &[String], mistakes: &[(&String, &Mistake)]) -> Evidence {
        let place = |(file, it): &(&String, &Mistake)| {
            Value::table([
                ("file", Value::from(file.as_str())),
                ("line", Value::from(it.line)),
                ("column", Value::from(it.column)),
                ("message", Value::from(it.message.as_str())),
            ])
        };
        let objects: Vec<String> = self.objects().map(words_of).collect();
        Evidence::new()
            .with("from", self.check.from.as_str())
            .with("digest", self.seen.digest.as_ref().map(ToString::to_string))
            .with("files", self.seen.visit.files.len())
            .with("documents", self.documents())
            .with("mistakes", mistakes.len())
            .with("places", mistakes.iter().take(100).map(place).collect::<Vec<_>>())
            .with("objects", first(&objects))
            .with("missing", first(missing))
            .with("lacking", first(lacking))
    }
}

/// A mistake with its place, as in `a.yaml:3:1: what is wrong`.
fn placed((file, it): &(&String, &Mistake)) -> String {
    format!("{file}:{}:{}: {}", it.line, it.column, it.message)
}

fn words_of(object: &Object) -> String {
    match &object.name {
        Some(name) => format!("{}/{name}", object.kind),
        None => object.kind.clone(),
    }
}

impl RequiredObject {
    fn is(&self, object: &Object) -> bool {
        let same = |asked: &Option<String>, found: &Option<String>| asked.is_none() || asked == found;
        self.kind == object.kind
            && same(&self.name, &object.name)
            && same(&self.namespace, &object.namespace)
            && same(&self.api_version, &object.api_version)
    }

    fn words(&self) -> String {
        let name = self.name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
        let namespace =
            self.namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        let version = self.api_version.as_ref().map(|version| format!(" of {version}")).unwrap_or_default();
        format!("{}{name}{namespace}{version}", self.kind)
    }
}
