//! Whether the archive is complete.

use std::collections::HashSet;

use vapora_preflight::{Bytes, Evidence, EvidenceField, Finding, Outcome, Unit, shell_words};

use super::super::field;
use super::{ArchiveComplete, checksums_of, inventory::Inventory};
use crate::{
    ArchiveFormat, Place,
    archive::{Flaw, refusal},
    holding::{Held, Seen},
    sums::Sum,
    wording::{are, count, first, names},
};

/// How many files that differ are written out.
const MOST: usize = 8;

/// What was found, to be judged.
pub(super) struct Judged<'a> {
    pub(super) check: &'a ArchiveComplete,
    pub(super) held: &'a Held,
    pub(super) seen: Seen<Inventory>,
    /// What it has to be the same as, where that was named and could be compared.
    pub(super) other: Option<Seen<Inventory>>,
}

pub(super) const EVIDENCE: &[EvidenceField] = &[
    field("archive", "the archive or folder"),
    field("format", "how it is packed: `zip`, `tar`, `tar.gz`, `tar.zst` or `folder`"),
    field("size", "the size of the archive itself in bytes; nothing for a folder"),
    field("digest", "the SHA-256 of the archive itself; nothing for a folder"),
    field("files", "how many files are in it"),
    field("unpacked", "how much was read of what is in it, in bytes"),
    field("missing", "the names for which there is no file"),
    field("unexpected", "the files that are not expected"),
    field("empty", "the files that are empty and may not be"),
    field("mismatched", "the files whose digest is another than it should be, or is not known"),
    field("refused", "what would do harm, in words"),
    field(
        "differing",
        "the files that are others in `same_as`, or only in one of the two; nothing where that is not named",
    ),
];

/// What is wrong, each sort by itself.
#[derive(Default)]
struct Wrong {
    missing: Vec<String>,
    unexpected: Vec<String>,
    empty: Vec<String>,
    mismatched: Vec<String>,
    refused: Vec<String>,
    differing: Vec<String>,
}

impl Judged<'_> {
    pub(super) fn outcome(self) -> Outcome {
        let (wrong, mut said) = (self.wrong(), Vec::new());
        let evidence = self.evidence(&wrong);
        let archive = &self.check.archive;
        if !wrong.refused.is_empty() {
            return Outcome::Fail(refusal(archive, self.held.word(), &wrong.refused).evidence(evidence));
        }
        if let Some(Flaw::Broken(what)) = &self.seen.flaw {
            return Outcome::Fail(
                Finding::new(format!("`{archive}` is damaged: {what}"))
                    .expected("an archive that can be read to its end")
                    .actual(what.clone())
                    .remedy("get it again, or make it anew")
                    .evidence(evidence),
            );
        }
        let mut remedy = None;
        let mut say = |list: &[String], expected: &str, actual: &str, then: &'static str| {
            if !list.is_empty() {
                remedy.get_or_insert_with(|| then.to_owned());
                said.push((expected.to_owned(), format!("{} {}{actual}", names(list), are(list.len()))));
            }
        };
        say(
            &wrong.missing,
            &names(&wrong.missing),
            " missing",
            "find out why whoever packs it leaves them out, and make it anew",
        );
        say(
            &wrong.unexpected,
            "no other files",
            " not expected",
            "take them out, or allow them with `may_hold`",
        );
        say(
            &wrong.empty,
            "no empty files",
            " empty",
            "find out why whoever makes them writes nothing, and make it anew",
        );
        if !wrong.mismatched.is_empty() {
            remedy.get_or_insert_with(|| {
                "get it again; where it stays so, what was packed is not what was meant".to_owned()
            });
            said.push(("the digests that are named".to_owned(), wrong.mismatched.join(", ")));
        }
        if let (Some(same_as), false) = (&self.check.same_as, wrong.differing.is_empty()) {
            remedy.get_or_insert_with(|| self.anew(same_as));
            let told: Vec<&str> = wrong.differing.iter().take(MOST).map(String::as_str).collect();
            let more = wrong.differing.len() - told.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            said.push((format!("the same files as in `{same_as}`"), format!("{}{more}", told.join(", "))));
        }
        let files = self.seen.visit.files.len();
        let Some(remedy) = remedy else {
            let same = self.check.same_as.as_ref().map(|place| format!(", the same as in `{place}`"));
            let summary = format!(
                "`{archive}` holds all that it should: {} ({}){}",
                count(files, "file", "files"),
                Bytes::new(self.size_of_files()),
                same.unwrap_or_default()
            );
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        };
        let (expected, actual): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        let actual = actual.join("; ");
        Outcome::Fail(
            Finding::new(format!("`{archive}`: {actual}"))
                .expected(expected.join("; "))
                .actual(actual)
                .remedy(remedy)
                .evidence(evidence),
        )
    }

    /// How it is unpacked anew, and what differs is seen.
    fn anew(&self, same_as: &Place) -> String {
        let word = |text: &str| shell_words([text]);
        let (archive, old, new) =
            (word(self.check.archive.as_str()), word(same_as.as_str()), word(&format!("{same_as}.new")));
        let unpack = match self.seen.format {
            Some(ArchiveFormat::Zip) => format!("unzip {archive} -d {new}"),
            Some(_) => format!("tar -xf {archive} -C {new}"),
            None => return format!("look at what differs: diff -r {archive} {old}"),
        };
        format!(
            "unpack it anew into an empty folder, and see what differs: mkdir {new} && {unpack} && diff -r {new} {old}"
        )
    }

    /// The SHA-256 of the archive itself.
    fn digest(&self) -> Option<String> {
        self.seen.digest.as_ref().map(ToString::to_string)
    }

    fn size_of_files(&self) -> u64 {
        self.seen.visit.files.values().map(|entry| entry.size).sum()
    }

    fn wrong(&self) -> Wrong {
        let (check, files) = (self.check, &self.seen.visit.files);
        let mut wrong = Wrong { refused: self.seen.visit.harmful.clone(), ..Wrong::default() };
        wrong
            .refused
            .extend(self.seen.visit.both().map(|name| format!("`{name}` is both a file and a folder")));
        if let Some(Flaw::Refused(what)) = &self.seen.flaw {
            wrong.refused.push(what.clone());
        }
        if self.seen.flaw.is_some() {
            // What was not read to its end is not known to lack anything.
            return wrong;
        }
        for one in check.holds.iter().flat_map(crate::glob::FileGlob::alternatives) {
            if !files.keys().any(|name| one.fits(name)) {
                wrong.missing.push(one.text.clone());
            }
        }
        for (name, entry) in files {
            let sums = check.checksums.as_ref() == Some(name);
            let expected = check.holds.iter().chain(&check.may_hold).any(|glob| glob.fits(name));
            if !expected && !sums && !check.digests.contains_key(name) {
                wrong.unexpected.push(name.clone());
            }
            if entry.size == 0 && !check.may_be_empty.iter().any(|glob| glob.fits(name)) {
                wrong.empty.push(name.clone());
            }
        }
        self.compare(&mut wrong);
        self.digests(&mut wrong);
        self.checksums(&mut wrong);
        wrong
    }

    /// Holds it against what it has to be the same as.
    fn compare(&self, wrong: &mut Wrong) {
        let (Some(place), Some(other)) = (&self.check.same_as, &self.other) else { return };
        if let Some(flaw) = &other.flaw {
            wrong.differing.push(format!("`{place}` was not read to its end: {flaw}"));
            return;
        }
        wrong.differing.extend(other.visit.harmful.iter().map(|harm| format!("{harm} in `{place}`")));
        let (here, there) = (&self.seen.visit.files, &other.visit.files);
        for (name, entry) in here {
            match there.get(name) {
                None => wrong.differing.push(format!("`{name}` is not in `{place}`")),
                Some(same) if same.size == entry.size && same.sums == entry.sums => {}
                Some(_) => wrong.differing.push(format!("`{name}` is another in `{place}`")),
            }
        }
        let only_there = there.keys().filter(|name| !here.contains_key(*name));
        wrong.differing.extend(only_there.map(|name| format!("`{name}` is only in `{place}`")));
    }

    fn digests(&self, wrong: &mut Wrong) {
        let digest = self.digest();
        if let (Some(expected), Some(digest)) = (self.check.digest, &digest)
            && expected.to_string() != *digest
        {
            wrong.mismatched.push(format!("the archive itself has {digest} and not {expected}"));
        }
        if self.check.digest.is_some() && digest.is_none() {
            wrong.mismatched.push("it is a folder, which has no digest".to_owned());
        }
        for (name, expected) in &self.check.digests {
            let expected = Sum::parse(&expected.to_string());
            match (self.seen.visit.files.get(name), expected) {
                (None, _) => wrong.missing.push(name.clone()),
                (Some(entry), Some(expected)) if entry.sums.contains(&expected) => {}
                (Some(entry), _) => {
                    let found = entry.sums.first().map(ToString::to_string).unwrap_or_default();
                    wrong.mismatched.push(format!("`{name}` has {found}"));
                }
            }
        }
    }

    fn checksums(&self, wrong: &mut Wrong) {
        let Some(name) = &self.check.checksums else { return };
        let Some(text) = &self.seen.visit.text else {
            wrong.missing.push(name.clone());
            return;
        };
        let lines = match checksums_of(text) {
            Ok(lines) => lines,
            Err(why) => {
                wrong.mismatched.push(format!("`{name}` cannot be used: {why}"));
                return;
            }
        };
        // They may be told from the folder of the file of checksums on.
        let folder = name.rfind('/').map_or("", |end| &name[..=end]);
        let told: Vec<(String, &Sum)> = lines
            .iter()
            .map(|line| (format!("{folder}{}", line.name.as_deref().unwrap_or_default()), &line.sum))
            .collect();
        for (file, sum) in &told {
            match self.seen.visit.files.get(file) {
                None => wrong.missing.push(file.clone()),
                Some(entry) if entry.sums.contains(sum) => {}
                Some(_) => wrong
                    .mismatched
                    .push(format!("`{file}` has another {} than `{name}` says", sum.algorithm())),
            }
        }
        let told: HashSet<&str> = told.iter().map(|(told, _)| told.as_str()).collect();
        for file in self.seen.visit.files.keys() {
            if file != name && !told.contains(file.as_str()) {
                wrong.mismatched.push(format!("`{file}` has no checksum in `{name}`"));
            }
        }
    }

    fn evidence(&self, wrong: &Wrong) -> Evidence {
        let format = match (self.held.file(), self.seen.format) {
            (None, _) => Some("folder"),
            (Some(_), format) => format.map(ArchiveFormat::as_str),
        };
        Evidence::new()
            .with("archive", self.check.archive.as_str())
            .with("format", format)
            .measured("size", self.held.file().map(|file| file.size), Unit::Bytes)
            .with("digest", self.digest())
            .with("files", self.seen.visit.files.len())
            .measured("unpacked", self.seen.unpacked, Unit::Bytes)
            .with("missing", first(&wrong.missing))
            .with("unexpected", first(&wrong.unexpected))
            .with("empty", first(&wrong.empty))
            .with("mismatched", first(&wrong.mismatched))
            .with("refused", first(&wrong.refused))
            .with("differing", self.other.is_some().then(|| first(&wrong.differing)))
    }
}
