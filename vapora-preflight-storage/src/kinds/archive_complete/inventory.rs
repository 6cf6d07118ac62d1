//! What is in the archive.

use std::{
    collections::{BTreeMap, HashSet, btree_map},
    io::{self, Read},
};

use super::ArchiveComplete;
use crate::{
    archive::{Member, MemberSort, Visit, unsafe_name},
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
        if let Some(why) = unsafe_name(&member.name) {
            self.harmful.push(format!("the name `{}` {why}", member.name.escape_debug()));
        }
        let name = member.name.strip_prefix("./").unwrap_or(&member.name).to_owned();
        match &member.sort {
            MemberSort::Folder => {
                let name = name.trim_end_matches('/').to_owned();
                if !matches!(name.as_str(), "" | ".") {
                    self.folders.insert(name);
                }
            }
            MemberSort::Link(target) if target.is_empty() => self.harmful.push(format!("`{name}` is a link")),
            MemberSort::Link(target) => {
                self.harmful.push(format!("`{name}` is a link to `{}`", target.escape_debug()));
            }
            MemberSort::Special => self.harmful.push(format!("`{name}` is no plain file")),
            MemberSort::File => {
                let mut sums = Vec::new();
                let read = if self.checksums.as_deref() == Some(&name) {
                    let mut text = Vec::new();
                    content.take(LARGEST_CHECKSUMS).read_to_end(&mut text)?;
                    let read = text.len() as u64 + io::copy(content, &mut io::sink())?;
                    self.text = Some(text);
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
        self.checksums.is_some() || self.named.contains(name)
    }

    fn wants_digest(&self) -> bool {
        true
    }
}
