//! Reading the files.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, Read},
};

use super::ManifestsParse;
use crate::{
    FileGlob, ManifestFormat,
    archive::{Member, MemberSort, Visit},
    holding::Visitor,
    manifest::{self, Mistake, Object, Parsed},
};

/// How large a file may be, in bytes. A manifest is read by people.
const LARGEST: u64 = 16 << 20;

/// What is in one file.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) documents: usize,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) objects: Vec<Object>,
}

/// Reads the files that are wanted.
#[derive(Debug)]
pub(super) struct Reader {
    globs: Vec<FileGlob>,
    format: Option<ManifestFormat>,
    pub(super) files: BTreeMap<String, Contents>,
    /// The names that two files have.
    pub(super) twice: HashSet<String>,
    /// Whether they are in an archive, which may be made to do harm.
    in_archive: bool,
    /// What would do harm where that archive is unpacked.
    pub(super) harmful: Vec<String>,
}

impl Reader {
    pub(super) fn new(check: &ManifestsParse, in_archive: bool) -> Self {
        Self {
            globs: check.files.clone(),
            format: check.format,
            files: BTreeMap::new(),
            twice: HashSet::new(),
            in_archive,
            harmful: Vec::new(),
        }
    }

    fn read(&self, name: &str, content: &mut dyn Read) -> io::Result<Contents> {
        let one = |message: String| Contents {
            mistakes: vec![Mistake { line: 1, column: 1, message }],
            ..Contents::default()
        };
        let mut bytes = Vec::new();
        content.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Ok(one(format!("it is larger than {} MiB", LARGEST >> 20)));
        }
        let Some(format) = self.format.or_else(|| ManifestFormat::of_name(name)) else {
            return Ok(one("the end of its name does not say the language".to_owned()));
        };
        let Parsed { documents, mistakes } = manifest::parse(format, &bytes);
        let mut objects = Vec::new();
        for document in &documents {
            document.objects(&mut objects);
        }
        Ok(Contents { documents: documents.len(), mistakes, objects })
    }
}

impl Visit for Reader {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        if self.in_archive {
            self.harmful.extend(member.harm());
        }
        let name = member.plain_name();
        if !self.wants(name) {
            return Ok(());
        }
        let read = match member.sort {
            MemberSort::Folder => return Ok(()),
            MemberSort::File => self.read(name, content)?,
            MemberSort::Link(_) | MemberSort::Special => Contents {
                mistakes: vec![Mistake { line: 1, column: 1, message: "it is no plain file".to_owned() }],
                ..Contents::default()
            },
        };
        if self.files.insert(name.to_owned(), read).is_some() {
            self.twice.insert(name.to_owned());
        }
        Ok(())
    }
}

impl Visitor for Reader {
    fn wants(&self, name: &str) -> bool {
        self.globs.iter().any(|glob| glob.fits(name))
    }

    fn wants_digest(&self) -> bool {
        self.in_archive
    }
}
