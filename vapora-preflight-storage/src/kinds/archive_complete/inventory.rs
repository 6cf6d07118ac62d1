//! What is in the archive.

use std::{
    collections::{BTreeMap, HashSet, btree_map},
    io::{self, Read},
};

use super::ArchiveComplete;
use crate::{
    archive::{Member, MemberSort, Visit},
    holding::Visitor,
    sums::Sum,
};

/// How large a file of checksums may be, in bytes.
const LARGEST_CHECKSUMS: u64 = 4 << 20;

/// One file of the archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) size: u64,
    /// Its digests, where they are asked for: of SHA-256 and SHA-512.
    pub(super) sums: Vec<Sum>,
}

/// What is in the archive, and what in it does harm.
#[derive(Debug)]
pub(super) struct Inventory {
    named: HashSet<String>,
    /// Whether the digests of all files are wanted.
    all: bool,
    checksums: Option<String>,
    pub(super) files: BTreeMap<String, Entry>,
    folders: HashSet<String>,
    /// The file of checksums, as far as it was read.
    pub(super) text: Option<Vec<u8>>,
    /// What does harm, in words: `` `a` leads out of the archive``.
    pub(super) harmful: Vec<String>,
}

impl Inventory {
    pub(super) fn new(check: &ArchiveComplete) -> Self {
        Self {
            named: check.digests.keys().cloned().collect(),
            all: check.checksums.is_some() || check.same_as.is_some(),
            checksums: check.checksums.clone(),
            files: BTreeMap::new(),
            folders: HashSet::new(),
            text: None,
            harmful: Vec::new(),
        }
    }

    fn enter(&mut self, name: String, entry: Entry) {
        for (end, _) in name.match_indices('/') {
            self.folders.insert(name[..end].to_owned());
        }
        match self.files.entry(name) {
            btree_map::Entry::Vacant(free) => {
                free.insert(entry);
            }
            btree_map::Entry::Occupied(taken) => {
                self.harmful.push(format!("there are two members `{}`", taken.key()));
            }
        }
    }

    /// The files that have the name of a folder, too.
    pub(super) fn both(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|name| self.folders.contains(*name))
    }
}

impl Visit for Inventory {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        self.harmful.extend(member.harm());
        let name = member.plain_name().to_owned();
        match &member.sort {
            MemberSort::Folder => {
                let name = name.trim_end_matches('/').to_owned();
                if !matches!(name.as_str(), "" | ".") {
                    self.folders.insert(name);
                }
            }
            MemberSort::Link(_) | MemberSort::Special => {}
            MemberSort::File => {
                let mut sums = Vec::new();
                let read = if self.checksums.as_deref() == Some(&name) {
                    let mut text = Vec::new();
                    content.take(LARGEST_CHECKSUMS).read_to_end(&mut text)?;
                    let (read, both) = Sum::both_of(&mut text.chain(content))?;
                    (self.text, sums) = (Some(text), both);
                    read
                } else if self.wants(&name) {
                    let (read, both) = Sum::both_of(content)?;
                    sums = both;
                    read
                } else {
                    io::copy(content, &mut io::sink())?
                };
                let size = if read == 0 { member.size.unwrap_or(0) } else { read };
                self.enter(name, Entry { size, sums });
            }
        }
        Ok(())
    }
}

impl Visitor for Inventory {
    fn wants(&self, name: &str) -> bool {
        self.all || self.named.contains(name)
    }

    fn wants_digest(&self) -> bool {
        true
    }
}
