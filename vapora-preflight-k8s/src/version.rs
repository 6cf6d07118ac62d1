//! Versions of Kubernetes.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use vapora_preflight::CheckError;

use crate::{
    InvalidName,
    read::{Reader, unreadable},
    wording::short,
};

const EXPECTED: &str = "a version as in `1.33` or `v1.33.4`";

/// A version of Kubernetes, `1.33` or `v1.33.4`. What a distribution adds, as in `v1.33.4-gke.1`, `v1.27.3+k3s1` or `1.27+`,
/// is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// Reads it.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let read = || {
            let text = text.trim();
            let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
            let major = parts.next()?.parse().ok()?;
            let minor = leading(parts.next()?)?;
            let patch = parts.next().map_or(Some(0), leading)?;
            Some(Self { major, minor, patch })
        };
        read().ok_or_else(|| InvalidName { expected: EXPECTED, found: short(text) })
    }

    /// The number between the first two dots.
    pub(crate) fn minor(self) -> u32 {
        self.minor
    }

    /// It without its patch level: `1.33`.
    pub(crate) fn minor_text(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// Whether it is this minor release of version 1, or a later one.
    pub(crate) fn reaches(self, minor: u32) -> bool {
        self.major > 1 || self.major == 1 && self.minor >= minor
    }

    /// The minor version after it.
    pub(crate) fn next_minor(self) -> Self {
        Self { minor: self.minor + 1, patch: 0, ..self }
    }

    /// It without its patch: `1.36`.
    pub(crate) fn release(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// How many minor versions it is after `other`; below zero where it is before it. None where another major version
    /// lies between.
    pub(crate) fn minors_after(self, other: Self) -> Option<i64> {
        (self.major == other.major).then(|| i64::from(self.minor) - i64::from(other.minor))
    }
}

/// The digits a text begins with, before anything a distribution adds.
fn leading(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (rest.is_empty() || rest.starts_with(['+', '-'])).then(|| digits.parse().ok()).flatten()
}

impl TryFrom<String> for Version {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(&text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("v{}.{}.{}", self.major, self.minor, self.patch))
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "description": EXPECTED })
    }
}

/// What a program or server says of its version.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionInfo {
    git_version: String,
}

impl VersionInfo {
    /// As it was said: `v1.33.4-gke.1`.
    pub(crate) fn text(&self) -> String {
        short(&self.git_version)
    }
}

impl Reader<'_> {
    /// What the API server says of its version.
    pub(crate) async fn version(&self) -> Result<VersionInfo, CheckError> {
        let what = "get the version of the API server";
        let answer = self.path(what, "/version").await?;
        if answer.status != http::StatusCode::OK {
            return Err(answer.refuses(what));
        }
        serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> (u32, u32, u32) {
        let version = Version::new(text).unwrap_or_else(|error| panic!("{error}"));
        (version.major, version.minor, version.patch)
    }

    #[test]
    fn what_a_distribution_adds_does_not_count() {
        for (text, version) in [
            ("v1.36.3", (1, 36, 3)),
            ("1.33", (1, 33, 0)),
            ("1.27+", (1, 27, 0)),
            ("v1.33.4-gke.1134000", (1, 33, 4)),
            ("v1.27.3+k3s1", (1, 27, 3)),
            ("v1.21.5-eks-9017834", (1, 21, 5)),
            ("v1.35.0-alpha.2.123+abcdef", (1, 35, 0)),
            ("v1.32.4-dispatcher", (1, 32, 4)),
            ("v1.28.0-rc.1", (1, 28, 0)),
        ] {
            assert_eq!(of(text), version, "{text}");
        }
        for bad in ["", "v", "1", "v1", "one.two", "1.x", "1.33.x", "1.33a", "-1.3", "v1..2", "1.99999999999"]
        {
            assert!(Version::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_major_version_is_no_distance() {
        let of = |text| Version::new(text).unwrap();
        assert_eq!(of("1.33").minors_after(of("1.36.2")), Some(-3));
        assert_eq!(of("2.0").minors_after(of("1.36")), None);
        assert!(of("1.33.4") > of("1.33") && of("1.9") < of("1.10"));
        assert_eq!(of("1.33-x").to_string(), "v1.33.0");
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_breaks_it(text in "v?[0-9]{0,3}(\\.[0-9+a-z-]{0,6}){0,3}|\\PC{0,12}") {
            if let Ok(version) = Version::new(&text) {
                prop_assert_eq!(Version::new(&version.to_string()), Ok(version));
            }
        }
    }
}
