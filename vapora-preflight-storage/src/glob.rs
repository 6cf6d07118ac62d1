//! Names of files with wildcards.

use std::{borrow::Cow, str::FromStr};

use globset::{GlobBuilder, GlobMatcher};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{param::text_parameter, place::InvalidParameter};

/// How many names the braces of one pattern may stand for.
const MOST_NAMES: usize = 1000;

/// Names of files with wildcards, from a folder on, with slashes: `config/*.yaml`, `vapora-{solo,multiuser}.{toml,json}`.
///
/// `?` stands for one character, `*` for any number of them, both without slashes; `**` also for folders; `[a-z]` for one of a
/// set. Braces name alternatives, and each of them is a pattern of its own: where files have to be there, one for each.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileGlob {
    text: String,
    alternatives: Vec<Alternative>,
}

/// One pattern without braces.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    pub(crate) text: String,
    matcher: GlobMatcher,
}

impl Alternative {
    /// Whether a name fits.
    pub(crate) fn fits(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }
}

impl FileGlob {
    /// Whether a name fits one of the alternatives.
    pub fn fits(&self, name: &str) -> bool {
        self.alternatives.iter().any(|one| one.fits(name))
    }

    /// The alternatives that the braces stand for.
    pub(crate) fn alternatives(&self) -> &[Alternative] {
        &self.alternatives
    }

    /// The folder that all names that fit begin with, as far as it has no wildcards; empty where there is none.
    pub(crate) fn folder(&self) -> &str {
        let plain =
            self.text.find(['*', '?', '[', '{', '\\']).map_or(self.text.as_str(), |end| &self.text[..end]);
        plain.rfind('/').map_or("", |end| &plain[..end])
    }
}

/// The folder that the names of all patterns begin with, and whether files of folders further down may fit.
pub(crate) fn reach<'g>(globs: impl IntoIterator<Item = &'g FileGlob>) -> (String, bool) {
    let mut common: Option<Vec<&str>> = None;
    let mut globs_in: Vec<&FileGlob> = Vec::new();
    for glob in globs {
        let parts: Vec<&str> = glob.folder().split('/').filter(|part| !part.is_empty()).collect();
        common = Some(match common {
            None => parts,
            Some(before) => before
                .into_iter()
                .zip(parts)
                .take_while(|(one, other)| one == other)
                .map(|(one, _)| one)
                .collect(),
        });
        globs_in.push(glob);
    }
    let folder = common.unwrap_or_default().join("/");
    let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let deep = globs_in.iter().any(|glob| {
        let rest = glob.text.get(skip..).unwrap_or_default();
        rest.contains('/') || rest.contains("**")
    });
    (folder, deep)
}

impl FromStr for FileGlob {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let wrong = |why: &str| {
            InvalidParameter(format!(
                "expected the name of files, with wildcards or without, found `{text}`: {why}"
            ))
        };
        let alternatives = expand(text).map_err(wrong)?;
        let alternatives = alternatives.into_iter().map(|one| {
            if one.is_empty() || one.ends_with('/') {
                return Err(wrong("there is no name of a file in it"));
            }
            if one.starts_with('/') || one.split('/').any(|part| matches!(part, "" | "." | "..")) {
                return Err(wrong("it has to lead from the folder downwards, without `.` and `..`"));
            }
            let mut builder = GlobBuilder::new(&one);
            let glob = builder.literal_separator(true).backslash_escape(true).build();
            let glob = glob.map_err(|error| wrong(&error.kind().to_string()))?;
            Ok(Alternative { matcher: glob.compile_matcher(), text: one })
        });
        Ok(Self { alternatives: alternatives.collect::<Result<_, _>>()?, text: text.to_owned() })
    }
}

/// Writes out the braces of a pattern.
fn expand(text: &str) -> Result<Vec<String>, &'static str> {
    let Some((open, close, commas)) = braces(text)? else { return Ok(vec![text.to_owned()]) };
    let mut ends = commas;
    ends.push(close);
    let mut found = Vec::new();
    let mut start = open + 1;
    for end in ends {
        found.extend(expand(&format!("{}{}{}", &text[..open], &text[start..end], &text[close + 1..]))?);
        start = end + 1;
        if found.len() > MOST_NAMES {
            return Err("its braces stand for more than 1000 names");
        }
    }
    Ok(found)
}

/// Where braces open and close, and where the commas between their alternatives are.
type Braces = (usize, usize, Vec<usize>);

/// The first braces of a pattern.
fn braces(text: &str) -> Result<Option<Braces>, &'static str> {
    let (mut depth, mut open, mut commas) = (0_u32, 0, Vec::new());
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '{' => {
                if depth == 0 {
                    open = at;
                }
                depth += 1;
            }
            '}' if depth == 0 => return Err("a brace closes that was not opened"),
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some((open, at, commas)));
                }
            }
            ',' if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    if depth == 0 { Ok(None) } else { Err("a brace is not closed") }
}

impl PartialEq for FileGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for FileGlob {}
text_parameter!(FileGlob);

impl JsonSchema for FileGlob {
    fn schema_name() -> Cow<'static, str> {
        "FileGlob".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "a name of files with wildcards, as in `config/*.yaml` or `vapora-{solo,multiuser}.toml`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let glob: FileGlob = text.parse().unwrap();
        glob.alternatives().iter().map(|one| one.text.clone()).collect()
    }

    #[test]
    fn braces_stand_for_names() {
        assert_eq!(names("a.yaml"), ["a.yaml"]);
        assert_eq!(names("v-{a,b}.{x,y}"), ["v-a.x", "v-a.y", "v-b.x", "v-b.y"]);
        assert_eq!(names("{a,b{1,2}}"), ["a", "b1", "b2"]);
        assert_eq!(names("a{,b}"), ["a", "ab"]);
        assert_eq!(names(r"a\{b\}"), [r"a\{b\}"]);
    }

    #[test]
    fn a_star_stays_within_its_folder() {
        let fits = |glob: &str, name: &str| glob.parse::<FileGlob>().unwrap().fits(name);
        assert!(fits("*.yaml", "a.yaml") && !fits("*.yaml", "a/b.yaml"));
        assert!(fits("**/*.yaml", "a/b/c.yaml") && fits("**/*.yaml", "c.yaml"));
        assert!(fits("config/**", "config/a/b") && !fits("config/**", "configs"));
        assert!(fits("[0-9]?.txt", "1a.txt") && fits(r"a\*b", "a*b") && !fits(r"a\*b", "axb"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/./b",
            "a//b",
            "a/",
            "{a,/b}",
            "{a,b",
            "a}",
            "[a",
            "{a,}",
            "a{b,c}{d,../e}/x/..",
        ] {
            assert!(bad.parse::<FileGlob>().is_err(), "{bad}");
        }
        let many = "{a,b,c,d,e,f,g,h,i,j}".repeat(4);
        assert!(many.parse::<FileGlob>().is_err());
    }

    #[test]
    fn what_patterns_have_in_common_is_all_that_is_listed() {
        let of = |globs: &[&str]| {
            let globs: Vec<FileGlob> = globs.iter().map(|glob| glob.parse().unwrap()).collect();
            reach(&globs)
        };
        assert_eq!(of(&["*.yaml"]), (String::new(), false));
        assert_eq!(of(&["a/b/*.yaml", "a/b/c.yaml"]), ("a/b".into(), false));
        assert_eq!(of(&["a/b/*.yaml", "a/c/*.yaml"]), ("a".into(), true));
        assert_eq!(of(&["a/**"]), ("a".into(), true));
        assert_eq!(of(&["a/{b,c}/d", "a/x"]), ("a".into(), true));
    }
}
