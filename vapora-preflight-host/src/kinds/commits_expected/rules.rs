//! What is expected of a commit.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::{Commit, CommitsExpected};

/// How many paths of one commit are told.
const SHOWN: usize = 3;

/// What is expected of every commit.
#[derive(Debug)]
pub(super) struct Rules {
    authors: Option<GlobSet>,
    paths: Option<GlobSet>,
    never_paths: GlobSet,
    types: Option<Vec<String>>,
    signed: bool,
    merges: bool,
    told: String,
}

/// A parameter that cannot be used.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) parameter: &'static str,
    pub(super) message: String,
    pub(super) help: &'static str,
}

fn globs(parameter: &'static str, texts: &[String], paths: bool) -> Result<GlobSet, Unusable> {
    let unusable = |text: &str, error: &globset::Error| Unusable {
        parameter,
        message: format!("`{}` is no glob: {}", text.escape_debug(), error.kind()),
        help: "write it as in `provisioning/**` or `*<*@vapora.com>`",
    };
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob: Result<Glob, globset::Error> = if paths {
            GlobBuilder::new(text).literal_separator(true).build()
        } else {
            GlobBuilder::new(text).case_insensitive(true).build()
        };
        set.add(glob.map_err(|error| unusable(text, &error))?);
    }
    set.build().map_err(|error| unusable("", &error))
}

impl Rules {
    pub(super) fn of(kind: &CommitsExpected) -> Result<Self, Unusable> {
        let authors = kind.authors.as_ref().map(|texts| globs("authors", texts, false)).transpose()?;
        let paths = kind.paths.as_ref().map(|texts| globs("paths", texts, true)).transpose()?;
        let never_paths = globs("never_paths", &kind.never_paths, true)?;
        let lists = [
            ("by", kind.authors.as_deref().unwrap_or_default()),
            ("in", kind.paths.as_deref().unwrap_or_default()),
            ("never in", &kind.never_paths),
            ("of the types", kind.types.as_deref().unwrap_or_default()),
        ];
        let mut told: Vec<String> = lists
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(word, list)| {
                let list: Vec<String> = list.iter().map(|one| format!("`{one}`")).collect();
                format!("{word} {}", list.join(", "))
            })
            .collect();
        if kind.signed {
            told.push("with a good signature".to_owned());
        }
        let told =
            if told.is_empty() { "commits".to_owned() } else { format!("commits {}", told.join("; ")) };
        Ok(Self {
            authors,
            paths,
            never_paths,
            types: kind.types.clone(),
            signed: kind.signed,
            merges: kind.merges,
            told,
        })
    }

    pub(super) fn told(&self) -> String {
        self.told.clone()
    }

    /// What is not expected of a commit.
    pub(super) fn broken_by(&self, commit: &Commit) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.authors.as_ref().is_some_and(|authors| !authors.is_match(&commit.author)) {
            wrong.push(format!("its author is {}", commit.author));
        }
        if !commit.merge || self.merges {
            let outside = |path: &&String| self.paths.as_ref().is_some_and(|paths| !paths.is_match(path));
            let forbidden = |path: &&String| self.never_paths.is_match(path);
            let paths: Vec<String> = commit
                .paths
                .iter()
                .filter(|path| outside(path) || forbidden(path))
                .map(|path| format!("`{}`", path.escape_debug()))
                .collect();
            if !paths.is_empty() {
                let more = paths.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                wrong.push(format!("it changes {}{more}", paths[..paths.len().min(SHOWN)].join(" and ")));
            }
        }
        if self.signed && commit.signature != 'G' {
            wrong.push(signature(commit.signature).to_owned());
        }
        if let Some(types) = &self.types
            && !commit.merge
        {
            match conventional(&commit.subject) {
                None => wrong.push("its message has no type".to_owned()),
                Some(kind) if !types.iter().any(|known| known == kind) => {
                    wrong.push(format!("it is of the type `{kind}`"));
                }
                Some(_) => {}
            }
        }
        wrong
    }
}

fn signature(letter: char) -> &'static str {
    match letter {
        'U' => "its signature is good, and the key is not trusted",
        'X' => "its signature has expired",
        'Y' => "its signature is by a key that has expired",
        'R' => "its signature is by a key that was revoked",
        'E' => "its signature cannot be checked, as its key is missing",
        'B' => "its signature is bad",
        _ => "it is not signed",
    }
}

/// The type of a conventional commit: what stands before the scope, a `!` and the colon.
fn conventional(subject: &str) -> Option<&str> {
    let (head, text) = subject.split_once(": ")?;
    let head = head.strip_suffix('!').unwrap_or(head);
    let kind = match head.split_once('(') {
        Some((kind, scope)) => {
            let scope = scope.strip_suffix(')')?;
            (!scope.is_empty() && !scope.contains(['(', ')'])).then_some(kind)?
        }
        None => head,
    };
    let is_type = !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (is_type && !text.trim().is_empty()).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_conventional_commit_is_read() {
        for (subject, kind) in [
            ("feat: a", Some("feat")),
            ("fix(api)!: b", Some("fix")),
            ("chore!: c", Some("chore")),
            ("feat a", None),
            ("feat:", None),
            ("feat(: x", None),
            ("feat(): x", None),
            (": x", None),
            ("Merge branch 'a'", None),
            ("two words: x", None),
        ] {
            assert_eq!(conventional(subject), kind, "{subject}");
        }
    }
}
