//! Images of containers.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::{InvalidName, ObjectName, name::text};

const IMAGE: &str = "an image as in `registry.example.com/backend:1.2.3`, or with a digest";
const DIGEST: &str = "a digest as in `sha256:` and 64 hexadecimal digits";
const TAG: &str = "a tag of letters, digits, `_`, `-` and `.`, at most 128 of them";
const CONTAINER: &str = "a container as in `backend`, or with its workload as in `vapora-backend/backend`";

/// The reference of an image, read as a container runtime reads it: without a registry it is one of Docker Hub, without
/// tag and digest it is `latest`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ImageRef {
    text: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128 && text.starts_with(word) && text.chars().all(|c| word(c) || c == '-' || c == '.')
}

fn is_digest(text: &str) -> bool {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    text.strip_prefix("sha256:").is_some_and(|digits| digits.len() == 64 && digits.chars().all(hex))
}

impl ImageRef {
    /// Reads a reference.
    ///
    /// # Errors
    ///
    /// A text that is no reference of an image.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let wrong = || InvalidName { expected: IMAGE, found: text.clone() };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text.as_str(), None),
        };
        let path = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match rest[path..].split_once(':') {
            Some((name, tag)) => (&rest[..path + name.len()], Some(tag)),
            None => (rest, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:[]".contains(c);
        if repository.split('/').any(str::is_empty)
            || !repository.chars().all(plain)
            || tag.is_some_and(|tag| !is_tag(tag))
            || digest.is_some_and(|digest| !is_digest(digest))
        {
            return Err(wrong());
        }
        let has_registry = repository
            .split_once('/')
            .is_some_and(|(first, _)| first.contains(['.', ':']) || first == "localhost");
        let repository = match (has_registry, repository.contains('/')) {
            (true, _) => repository.strip_prefix("index.").unwrap_or(repository).to_owned(),
            (false, true) => format!("docker.io/{repository}"),
            (false, false) => format!("docker.io/library/{repository}"),
        };
        let (tag, digest) = (tag.map(str::to_owned), digest.map(str::to_owned));
        Ok(Self { text, repository, tag, digest })
    }

    /// Its tag: `latest` where it has neither a tag nor a digest.
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (None, None) => Some("latest"),
            (tag, _) => tag.as_deref(),
        }
    }

    /// Whether `other` is what this asks for: the same repository, and the tag and the digest that this has.
    pub(crate) fn is_met_by(&self, other: &Self) -> bool {
        self.repository == other.repository
            && self.tag().is_none_or(|tag| other.tag() == Some(tag))
            && self.digest.as_ref().is_none_or(|digest| other.digest.as_ref() == Some(digest))
    }
}

impl TryFrom<String> for ImageRef {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl JsonSchema for ImageRef {
    fn schema_name() -> Cow<'static, str> {
        "ImageRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "description": IMAGE })
    }
}

text! {
    /// The tag of an image.
    ImageTag, is_tag, TAG
}
text! {
    /// The digest of an image, as in `sha256:…`.
    ImageDigest, is_digest, DIGEST
}

/// A container of some workloads, or of one: `backend`, `vapora-backend/backend`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ContainerRef {
    workload: Option<ObjectName>,
    container: ObjectName,
}

impl ContainerRef {
    /// Whether it means this container of this workload.
    pub(crate) fn is(&self, workload: &str, container: &str) -> bool {
        self.container.as_str() == container
            && self.workload.as_ref().is_none_or(|name| name.as_str() == workload)
    }
}

impl TryFrom<String> for ContainerRef {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        let (workload, container) = match text.split_once('/') {
            Some((workload, container)) => (Some(ObjectName::new(workload)), container),
            None => (None, text.as_str()),
        };
        match (workload.transpose(), ObjectName::new(container)) {
            (Ok(workload), Ok(container)) => Ok(Self { workload, container }),
            _ => Err(InvalidName { expected: CONTAINER, found: text }),
        }
    }
}

impl fmt::Display for ContainerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.workload {
            Some(workload) => f.pad(&format!("{workload}/{}", self.container)),
            None => f.pad(self.container.as_str()),
        }
    }
}

impl JsonSchema for ContainerRef {
    fn schema_name() -> Cow<'static, str> {
        "ContainerRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "description": CONTAINER })
    }
}

/// The image that a container runs, as its node names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ImageId {
    /// The digest under which a registry has it.
    Registry(String),
    /// The digest of its configuration, for an image that came to the node otherwise. No registry knows it.
    Local(String),
}

impl ImageId {
    /// Reads the `imageID` of a container; none where it has none, or one that is no digest.
    pub(crate) fn of(image_id: &str) -> Option<Self> {
        let (from_registry, digest) = match image_id.rsplit_once('@') {
            Some((_, digest)) => (true, digest),
            None => (false, image_id.rsplit_once("://").map_or(image_id, |(_, digest)| digest)),
        };
        let digest = digest.to_owned();
        is_digest(&digest).then_some(if from_registry { Self::Registry(digest) } else { Self::Local(digest) })
    }

    pub(crate) fn digest(&self) -> &str {
        match self {
            Self::Registry(digest) | Self::Local(digest) => digest,
        }
    }

    /// Whether it is the same image as another one; none where the two cannot be compared.
    pub(crate) fn is_same(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Registry(one), Self::Registry(two)) | (Self::Local(one), Self::Local(two)) => {
                Some(one == two)
            }
            _ => None,
        }
    }
}

impl fmt::Display for ImageId {
    /// The first twelve digits of its digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.digest().get(..19).unwrap_or_else(|| self.digest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    #[test]
    fn an_image_is_met_by_another_spelling_of_it() {
        let met = |wanted: &str, found: &str| {
            ImageRef::new(wanted).unwrap().is_met_by(&ImageRef::new(found).unwrap())
        };
        let a = digest("a");
        assert!(met("nginx", "docker.io/library/nginx:latest"));
        assert!(met("grafana/loki:3", "docker.io/grafana/loki:3"));
        assert!(met("index.docker.io/library/nginx:1", "nginx:1"));
        assert!(met("r.example.com:5000/a:1", &format!("r.example.com:5000/a:1@{a}")));
        assert!(met(&format!("r.example.com/a@{a}"), &format!("r.example.com/a:1@{a}")));
        assert!(!met(&format!("r.example.com/a@{a}"), "r.example.com/a:1"));
        assert!(!met(&format!("r.example.com/a@{a}"), &format!("r.example.com/a@{}", digest("b"))));
        assert!(!met("r.example.com/a:1", &format!("r.example.com/a@{a}")));
        assert!(!met("r.example.com/a:1", "r.example.com/a:1.0"));
        assert!(!met("r.example.com/a:1", "other.example.com/a:1"));
        assert!(!met("nginx", "nginx:1"));
    }

    #[test]
    fn what_is_no_image_is_refused() {
        for bad in ["", ":1", "a b", "a:", "a:b c", "a@sha256:x", "a//b", "/a", "a/", "a:-x", "ä"] {
            assert!(ImageRef::new(bad).is_err(), "{bad}");
        }
        for (text, tag) in [
            ("a", Some("latest")),
            ("a:1", Some("1")),
            ("localhost:5000/a", Some("latest")),
            ("localhost:5000/a:v1.2_3-x", Some("v1.2_3-x")),
        ] {
            assert_eq!(ImageRef::new(text).unwrap().tag(), tag, "{text}");
        }
        assert_eq!(ImageRef::new(format!("a@{}", digest("0"))).unwrap().tag(), None);
        assert!(ImageDigest::new(digest("A")).is_err() && ImageDigest::new("a").is_err());
    }

    #[test]
    fn an_image_id_is_the_same_under_every_name() {
        let id = |text: String| ImageId::of(&text).unwrap();
        let (a, b) = (digest("a"), digest("b"));
        let plain = id(format!("r.example.com/a@{a}"));
        assert_eq!(plain.is_same(&id(format!("docker-pullable://mirror.example.com/x@{a}"))), Some(true));
        assert_eq!(plain.is_same(&id(format!("r.example.com/a@{b}"))), Some(false));
        assert_eq!(id(a.clone()).is_same(&id(format!("docker://{a}"))), Some(true));
        assert_eq!(plain.is_same(&id(a)), None);
        assert_eq!(plain.to_string(), "sha256:aaaaaaaaaaaa");
        for none in ["", "docker://", "a@sha256:1", "nginx:1"] {
            assert_eq!(ImageId::of(none), None, "{none}");
        }
    }

    #[test]
    fn a_container_may_be_that_of_one_workload() {
        let of = |text: &str| ContainerRef::try_from(text.to_owned());
        assert!(of("a").unwrap().is("w", "a") && !of("a").unwrap().is("w", "b"));
        assert!(of("w/a").unwrap().is("w", "a") && !of("w/a").unwrap().is("v", "a"));
        for bad in ["", "/a", "w/", "w/a/b", "A"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
