//! Places that hold files: a path on this machine, or a bucket of an object store.

use std::{borrow::Cow, path::PathBuf, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::param::text_parameter;

mod settings;

pub(crate) use self::settings::endpoint_of;
pub use self::settings::{CredentialsFrom, StoreSettings};

/// A place that holds files: a path, absolute or from the working directory of the run, or the URL of an object store.
///
/// `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, or `file:///absolute/path`, which is the same as the
/// path. How an object store is reached stands beside it, as [`StoreSettings`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    text: String,
    pub(crate) at: At,
}

/// What a place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    /// A file or folder of this machine.
    Path(PathBuf),
    /// A bucket, and the beginning of the names in it, without slashes around.
    Bucket(Provider, String, String),
}

/// Who keeps an object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    S3,
    Google,
    Azure,
}

impl Provider {
    /// What its URLs begin with.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

/// A parameter that cannot be what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidParameter(pub(crate) String);

impl Place {
    /// The working directory of the run.
    pub(crate) fn here() -> Self {
        Self { text: ".".to_owned(), at: At::Path(PathBuf::from(".")) }
    }

    /// The last part of its path: `artifacts.zip` of `s3://releases/1.4.0/artifacts.zip`.
    pub(crate) fn file_name(&self) -> &str {
        let trimmed = self.text.trim_end_matches('/');
        trimmed.rsplit('/').next().unwrap_or(trimmed)
    }

    /// Who keeps it, where that is an object store.
    pub(crate) fn provider(&self) -> Option<Provider> {
        match self.at {
            At::Path(_) => None,
            At::Bucket(provider, ..) => Some(provider),
        }
    }
}

impl FromStr for Place {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let wrong = |why: &str| {
            InvalidParameter(format!("expected a path or the URL of an object store, found `{text}`: {why}"))
        };
        let of = |at| Ok(Self { text: text.to_owned(), at });
        if text.is_empty() || text.contains('\0') {
            return Err(InvalidParameter(
                "expected a path or the URL of an object store, found no such thing".to_owned(),
            ));
        }
        let Some((scheme, rest)) = text.split_once("://") else { return of(At::Path(PathBuf::from(text))) };
        let provider = match scheme {
            "file" => {
                let path = percent_decoded(rest).ok_or_else(|| wrong("it is not percent-encoded UTF-8"))?;
                return if path.starts_with('/') {
                    of(At::Path(path.into()))
                } else {
                    Err(wrong("a `file` URL has three slashes and an absolute path"))
                };
            }
            "s3" => Provider::S3,
            "gs" => Provider::Google,
            "az" => Provider::Azure,
            "http" | "https" => {
                return Err(wrong(
                    "write `s3://bucket/prefix`, and the address of the server as `endpoint` of its `store`",
                ));
            }
            _ => return Err(wrong("the schemes are `s3`, `gs`, `az` and `file`")),
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            // Without the text: it may hold a password.
            return Err(InvalidParameter(
                "expected a URL without credentials: give them as secrets, in `store`".to_owned(),
            ));
        }
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._$".contains(&byte);
        if !(3..=222).contains(&bucket.len()) || !bucket.bytes().all(allowed) {
            return Err(wrong("there is no name of a bucket in it"));
        }
        let prefix = prefix.trim_end_matches('/');
        if prefix.split('/').any(|part| matches!(part, "." | ".."))
            || (!prefix.is_empty() && prefix.split('/').any(str::is_empty))
        {
            return Err(wrong("a part of its path is empty, `.` or `..`"));
        }
        of(At::Bucket(provider, bucket.to_owned(), prefix.to_owned()))
    }
}

/// Undoes `%20` for a space, and its like.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

text_parameter!(Place);

impl JsonSchema for Place {
    fn schema_name() -> Cow<'static, str> {
        "Place".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "a path, or the URL of an object store: `s3://bucket/prefix`, `gs://…`, `az://container/…`",
            "examples": ["/var/backups/vapora", "s3://vapora-backups/surreal"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> At {
        text.parse::<Place>().unwrap().at
    }

    #[test]
    fn a_place_is_a_path_or_a_bucket() {
        assert_eq!(at("backups"), At::Path("backups".into()));
        assert_eq!(at("file:///var/with%20space"), At::Path("/var/with space".into()));
        assert_eq!(at("s3://backups"), At::Bucket(Provider::S3, "backups".into(), String::new()));
        assert_eq!(at("gs://backups/a/b/"), At::Bucket(Provider::Google, "backups".into(), "a/b".into()));
        assert_eq!(at("az://$root/a b?"), At::Bucket(Provider::Azure, "$root".into(), "a b?".into()));
        assert_eq!("s3://abc/x/y.zip".parse::<Place>().unwrap().file_name(), "y.zip");
    }

    #[test]
    fn what_is_no_place_is_told_why() {
        let wrong = |text: &str| text.parse::<Place>().unwrap_err().to_string();
        for text in [
            "s3://",
            "s3://Bucket/x",
            "s3://abc//x",
            "s3://abc/../x",
            "file://host/x",
            "file:///%zz",
            "ftp://abc/x",
            "https://abc/x",
            "",
            "a\0b",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        assert!(!wrong("s3://key:hunter22@bucket/x").contains("hunter22"));
        assert_eq!(
            wrong("https://minio.example.com/backups"),
            "expected a path or the URL of an object store, found `https://minio.example.com/backups`: \
             write `s3://bucket/prefix`, and the address of the server as `endpoint` of its `store`"
        );
    }
}
