//! Archives: read in place, and never unpacked.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use vapora_preflight::CheckError;
use zip::{ZipArchive, result::ZipError};

use super::source::{LARGEST_FILE, MIB, MOST_ENTRIES, Wanted, refused, too_much, unread};
use crate::refused::Cause;

/// How far an archive is read that has to be read from its beginning, in bytes after it is decompressed.
const LONGEST_STREAM: u64 = 2048 * MIB;
/// The end of a zip archive, and how far before the end of the file it may begin.
const END_OF_ZIP: &[u8; 4] = b"PK\x05\x06";
const LONGEST_END: u64 = 22 + 65_535;

/// The wanted files of an archive: the path inside, and the content.
type Entries = Vec<(String, Vec<u8>)>;

/// The sorts of archives, by how their names end.
const SORTS: [(&str, Sort); 4] =
    [(".zip", Sort::Zip), (".tar", Sort::Tar), (".tar.gz", Sort::TarGz), (".tgz", Sort::TarGz)];

#[derive(Debug, Clone, Copy)]
enum Sort {
    Zip,
    Tar,
    TarGz,
}

fn sort(path: &Path) -> Option<Sort> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    SORTS.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, sort)| sort)
}

/// Whether a file is read as an archive, by its name.
pub(super) fn is_one(path: &Path) -> bool {
    sort(path).is_some()
}

/// Reads the wanted files of an archive, of which there may be so many bytes, in the order of their names.
pub(super) fn read(path: &Path, wanted: &Wanted, most: u64) -> Result<Entries, CheckError> {
    let file = File::open(path).map_err(|error| unread(path, &error))?;
    let mut taken = Taken { path, wanted, left: most, names: BTreeSet::new(), entries: Vec::new() };
    match sort(path) {
        Some(Sort::TarGz) => taken.tar(MultiGzDecoder::new(BufReader::new(file)).take(LONGEST_STREAM))?,
        Some(Sort::Tar) => taken.tar(BufReader::new(file).take(LONGEST_STREAM))?,
        Some(Sort::Zip) | None => taken.zip(file)?,
    }
    taken.entries.sort();
    Ok(taken.entries)
}

struct Taken<'a> {
    path: &'a Path,
    wanted: &'a Wanted,
    left: u64,
    names: BTreeSet<String>,
    entries: Entries,
}

impl Taken<'_> {
    fn zip(&mut self, mut file: File) -> Result<(), CheckError> {
        let told = entries_told(&mut file).map_err(|error| unread(self.path, &error))?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| self.broken(&error))?;
        if archive.len() > MOST_ENTRIES {
            return Err(too_much(self.path, &format!("more than {MOST_ENTRIES} files")));
        }
        // the reader keeps one entry of each name
        if told.is_some_and(|told| told != archive.len()) {
            return Err(refused(self.path, "it holds two files of one name"));
        }
        for index in 0..archive.len() {
            let (name, plain, locked) = {
                let entry = archive.by_index_raw(index).map_err(|error| self.broken(&error))?;
                let name = entry.name().map_err(|error| self.broken(&error))?.into_owned();
                (name, entry.is_file(), entry.encrypted())
            };
            if !self.wants(&name, plain)? {
                continue;
            }
            if locked {
                return Err(refused(self.path, &format!("`{name}` in it is encrypted")));
            }
            let entry = archive.by_index(index).map_err(|error| self.broken(&error))?;
            self.keep(name, entry)?;
        }
        Ok(())
    }

    fn tar(&mut self, stream: impl Read) -> Result<(), CheckError> {
        let path = self.path;
        let broken = |error: io::Error| broken(path, &error);
        let mut archive = tar::Archive::new(stream);
        for (number, entry) in archive.entries().map_err(broken)?.enumerate() {
            let entry = entry.map_err(broken)?;
            if number >= MOST_ENTRIES {
                return Err(too_much(path, &format!("more than {MOST_ENTRIES} files")));
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let sort = entry.header().entry_type();
            let plain = sort.is_file() || sort.is_contiguous() || sort.is_gnu_sparse();
            if self.wants(&name, plain)? {
                self.keep(name, entry)?;
            }
        }
        Ok(())
    }

    /// Whether an entry is read. A name that leads out of the archive condemns the whole of it, and so does a wanted name
    /// that is there twice or is no file.
    fn wants(&mut self, name: &str, plain: bool) -> Result<bool, CheckError> {
        let trimmed = name.trim_end_matches('/');
        let inside = trimmed.strip_prefix("./").unwrap_or(trimmed);
        let drive = inside.as_bytes().get(1) == Some(&b':');
        if inside.starts_with('/')
            || drive
            || inside.contains('\\')
            || inside.split('/').any(|part| part == "..")
        {
            return Err(refused(self.path, &format!("`{name}` in it leads out of it")));
        }
        if name.ends_with('/') || inside.is_empty() || inside == "." || !self.wanted.has(inside) {
            return Ok(false);
        }
        if !plain {
            return Err(refused(
                self.path,
                &format!("`{name}` in it is a link or another thing that is no file"),
            ));
        }
        if !self.names.insert(inside.to_owned()) {
            return Err(refused(self.path, &format!("it holds two files named `{name}`")));
        }
        Ok(true)
    }

    fn keep(&mut self, name: String, entry: impl Read) -> Result<(), CheckError> {
        let limit = LARGEST_FILE.min(self.left);
        let mut text = Vec::new();
        entry.take(limit + 1).read_to_end(&mut text).map_err(|error| broken(self.path, &error))?;
        if text.len() as u64 > limit {
            return Err(too_much(
                self.path,
                &format!("`{name}`, which with the files before it is more than is read"),
            ));
        }
        self.left -= text.len() as u64;
        self.entries.push((name.strip_prefix("./").unwrap_or(&name).to_owned(), text));
        Ok(())
    }

    fn broken(&self, error: &ZipError) -> CheckError {
        match error {
            ZipError::Io(error) => broken(self.path, error),
            other => not_whole(self.path).because(other),
        }
    }
}

/// How many entries a zip archive says it has; none where that is not in the usual place.
fn entries_told(file: &mut File) -> io::Result<Option<usize>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_END)))?;
    let mut tail = Vec::new();
    (&mut *file).take(LONGEST_END).read_to_end(&mut tail)?;
    file.rewind()?;
    let at = tail.windows(END_OF_ZIP.len()).rposition(|four| four == END_OF_ZIP);
    let told = at
        .and_then(|at| tail.get(at + 10..at + 12))
        .map(|two| usize::from(two[0]) | usize::from(two[1]) << 8);
    Ok(told.filter(|told| *told != 0xFFFF))
}

fn broken(path: &Path, error: &io::Error) -> CheckError {
    not_whole(path).because(&Cause(error.to_string()))
}

fn not_whole(path: &Path) -> CheckError {
    CheckError::permanent(format!("the archive `{}` could not be read", path.display()))
        .remedy("see that it is whole, and of the sort that its name says")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::{Compression, write::GzEncoder};
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::manifest::files::EntryPattern;

    const YAML: &[u8] = b"a: 1\n";

    fn zipped(names: &[&str]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(YAML).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tarred(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for (name, sort, content) in entries {
            let mut header = tar::Header::new_gnu();
            // the builder refuses the names that are to be refused here
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*sort);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn read_as(name: &str, bytes: &[u8], only: &[&str], most: u64) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(is_one(&path));
        let wanted =
            Wanted::of(&only.iter().map(|text| EntryPattern::new(*text).unwrap()).collect::<Vec<_>>());
        match read(&path, &wanted, most) {
            Ok(entries) => Ok(entries.into_iter().map(|(name, _)| name).collect()),
            Err(error) => Err(error.to_string().replace(&folder.path().display().to_string(), "FOLDER")),
        }
    }

    #[test]
    fn the_wanted_files_are_read_in_the_order_of_their_names() {
        let zip = zipped(&["k8s/b.yaml", "a.yml", "README.md", ".hidden.yaml", "__MACOSX/a.yaml"]);
        assert_eq!(read_as("x.zip", &zip, &[], 1000), Ok(vec!["a.yml".to_owned(), "k8s/b.yaml".to_owned()]));
        assert_eq!(read_as("x.zip", &zip, &["*.md"], 1000), Ok(vec!["README.md".to_owned()]));
        let file = tar::EntryType::Regular;
        let tar = tarred(&[
            ("./b.yaml", file, YAML),
            ("k8s/", tar::EntryType::Directory, b""),
            ("k8s/a.json", file, YAML),
        ]);
        for name in ["x.tgz", "x.tar.gz"] {
            assert_eq!(
                read_as(name, &tar, &[], 1000),
                Ok(vec!["b.yaml".to_owned(), "k8s/a.json".to_owned()])
            );
        }
    }

    #[test]
    fn an_archive_that_is_not_to_be_trusted_is_refused() {
        let file = tar::EntryType::Regular;
        let mut told = Vec::new();
        for names in
            [["../a.yaml", "b.yaml"], ["/etc/a.yaml", "b.yaml"], ["a\\..\\b", "b.yaml"], ["C:/a", "b.yaml"]]
        {
            told.push(read_as("x.zip", &zipped(&names), &[], 1000).unwrap_err());
        }
        for entries in [
            [("a/../../b.md", file, YAML), ("b.yaml", file, YAML)],
            [("b.yaml", file, YAML), ("./b.yaml", file, YAML)],
            [("a.yaml", tar::EntryType::Symlink, b""), ("b.yaml", file, YAML)],
        ] {
            told.push(read_as("x.tar.gz", &tarred(&entries), &[], 1000).unwrap_err());
        }
        // two files of one name, which the writer does not make by itself
        let double: Vec<u8> = zipped(&["a.yaml", "b.yaml"]);
        let double = String::from_utf8_lossy(&double).contains("b.yaml").then(|| {
            let mut bytes = double.clone();
            for at in 0..bytes.len() - 6 {
                if &bytes[at..at + 6] == b"b.yaml" {
                    bytes[at] = b'a';
                }
            }
            bytes
        });
        told.push(read_as("x.zip", &double.unwrap(), &[], 1000).unwrap_err());
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn an_archive_that_is_too_large_or_broken_is_an_error() {
        let zip = zipped(&["a.yaml", "b.yaml"]);
        let cut = &zip[..zip.len() - 30];
        let bomb = tarred(&[("a.yaml", tar::EntryType::Regular, &vec![b'a'; 100_000])]);
        let told = [
            read_as("x.zip", &zip, &[], 8).unwrap_err(),
            read_as("x.zip", cut, &[], 1000).unwrap_err(),
            read_as("x.tgz", &bomb, &[], 1000).unwrap_err(),
            read_as("x.tgz", &bomb[..bomb.len() / 2], &[], 1_000_000).unwrap_err(),
            read_as("x.tar", b"not at all", &[], 1000).unwrap_err(),
        ];
        insta::assert_snapshot!(told.join("\n"));
    }
}
