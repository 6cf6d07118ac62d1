//! Versions of tools, and which of them fit.

use std::fmt;

use semver::{Prerelease, Version, VersionReq};
use serde::Deserialize;

/// The versions that fit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Wanted {
    text: String,
    versions: VersionReq,
}

/// A text that does not say which versions fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected versions as in `>=1.31, <1.34`, found `{found}`")]
pub struct InvalidRequirement {
    /// What was given.
    pub found: String,
}

impl Wanted {
    pub(super) fn new(text: &str) -> Result<Self, InvalidRequirement> {
        let invalid = || InvalidRequirement { found: text.to_owned() };
        let versions = VersionReq::parse(text).map_err(|_| invalid())?;
        // everything fits `*`, so it asks for nothing
        if versions.comparators.is_empty() {
            return Err(invalid());
        }
        Ok(Self { text: text.to_owned(), versions })
    }

    /// Whether a version fits, by its number.
    pub(super) fn allows(&self, version: &Version) -> bool {
        self.versions.matches(version)
    }
}

impl TryFrom<String> for Wanted {
    type Error = InvalidRequirement;
    fn try_from(text: String) -> Result<Self, InvalidRequirement> {
        Self::new(&text)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The first version in a text, as it stands there, and its number.
pub(super) fn found_in(text: &str, after: Option<&str>) -> Option<(String, Version)> {
    let text = match after {
        Some(after) => text.split_once(after)?.1,
        None => text,
    };
    let part = |c: char| c.is_ascii_alphanumeric() || ".-+_~".contains(c);
    let mut words = text.split(|c: char| !part(c)).filter(|word| !word.is_empty());
    words.find_map(read)
}

/// A word that is a version: numbers with dots between, perhaps with a `v` before and more behind.
fn read(word: &str) -> Option<(String, Version)> {
    let word = word.trim_end_matches(['.', '-', '_', '+', '~']);
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (digits, rest) = number.split_at(end);
    let parts: Vec<&str> = digits.trim_end_matches('.').split('.').collect();
    // a number alone is a year, a port or a count; what goes on in letters at once is a name
    let goes_on = rest.chars().next().is_none_or(|c| !c.is_ascii_alphabetic());
    if !(2..=4).contains(&parts.len()) || !goes_on {
        return None;
    }
    let number = |at: usize| parts.get(at).map_or(Some(0), |part| part.parse::<u64>().ok());
    let mut version = Version::new(number(0)?, number(1)?, number(2)?);
    version.pre = Prerelease::EMPTY;
    Some((word.to_owned(), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_version_in_what_a_tool_says_is_read() {
        for (said, after, text, number) in [
            ("git version 2.47.3", None, "2.47.3", "2.47.3"),
            ("Client Version: v1.32.4\nKustomize Version: v5.5.0", None, "v1.32.4", "1.32.4"),
            (
                "Client Version: v1.32.4\nKustomize Version: v5.5.0",
                Some("Kustomize Version:"),
                "v5.5.0",
                "5.5.0",
            ),
            ("0.110.0", None, "0.110.0", "0.110.0"),
            ("OpenSSL 3.0.16 11 Feb 2025 (Library: OpenSSL 3.0.16)", None, "3.0.16", "3.0.16"),
            ("jq-1.7", Some("jq-"), "1.7", "1.7.0"),
            ("Docker version 28.2.2, build e6534b4", None, "28.2.2", "28.2.2"),
            ("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", None, "15.18", "15.18.0"),
            ("tool 1.2.3-rc.1+build.5.", None, "1.2.3-rc.1+build.5", "1.2.3"),
            ("built 2026 on port 8080, 4.5.6.7", None, "4.5.6.7", "4.5.6"),
        ] {
            let (found, version) = found_in(said, after).unwrap_or_else(|| panic!("{said}"));
            assert_eq!((found.as_str(), version.to_string().as_str()), (text, number), "{said}");
        }
        for none in ["", "version 7", "a.b.c", "1.x", "x86_64 v2", "99999999999999999999999.1"] {
            assert_eq!(found_in(none, None), None, "{none}");
        }
        assert_eq!(found_in("version 1.2", Some("Version")), None);
    }

    #[test]
    fn what_fits_is_compared_by_number() {
        let fits =
            |wanted: &str, version: &str| Wanted::new(wanted).unwrap().allows(&version.parse().unwrap());
        assert!(fits(">=1.31, <1.34", "1.33.9"));
        assert!(!fits(">=1.31, <1.34", "1.34.0"));
        assert!(fits("^0.110", "0.110.4") && !fits("^0.110", "0.111.0"));
        for bad in ["", "*", "new", ">= x"] {
            assert!(Wanted::new(bad).is_err(), "{bad}");
        }
    }
}
