//! `k8s.secret_exists`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait,
};

use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, Namespace, ObjectName,
    object::Secret,
    read::Reader,
    resource::Resource,
    wording::{clauses, count, is, names, short},
};

/// A secret exists and has the keys that are needed.
///
/// # Why
///
/// A server-side dry run does not look whether the secret is there that a pod mounts: the pods then hang with
/// `CreateContainerConfigError`, after the old ones are gone.
///
/// # What it asks
///
/// It gets the secret. The API gives it whole or not at all, so the right to get it is the right to see its values; this
/// check keeps the names of its keys and whether there is something in them, and never a value. Where the secret does not
/// exist it also gets the namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// A secret that does not exist or is being deleted, has another type, lacks one of `keys`, or has nothing under one of
/// them. Without `keys`, one that holds nothing at all, or nothing under any of its keys.
///
/// # What errs
///
/// No right to get the secret: without it, the server does not say whether it exists.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretExists {
    /// The namespace it is in.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// The keys it has to have, with something in each; without them, it has to have at least one, and something in each it
    /// has.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The type it has to have, as in `Opaque`, `kubernetes.io/tls` or `kubernetes.io/dockerconfigjson`.
    #[serde(default)]
    pub secret_type: Option<String>,
    /// Keys that may be empty.
    #[serde(default)]
    pub may_be_empty: Vec<String>,
}

impl SecretExists {
    fn judge(&self, found: Option<&Secret>, no_namespace: Option<String>) -> Outcome {
        let Self { namespace, name, .. } = self;
        let keys: Vec<&str> =
            found.map(|found| found.data.keys().map(String::as_str).collect()).unwrap_or_default();
        let kind = found.and_then(|found| found.kind.clone());
        let missing: Vec<&str> =
            self.keys.iter().map(String::as_str).filter(|key| !keys.contains(key)).collect();
        let judged = |key: &str| self.keys.is_empty() || self.keys.iter().any(|known| known == key);
        let empty: Vec<&str> = found
            .iter()
            .flat_map(|found| &found.data)
            .filter(|(key, size)| size.0 == 0 && judged(key) && !self.may_be_empty.contains(key))
            .map(|(key, _)| key.as_str())
            .collect();
        let evidence = Evidence::new()
            .with("exists", found.is_some())
            .with("type", kind.clone())
            .with("keys", keys.clone())
            .with("missing", missing.clone())
            .with("empty", empty.clone())
            .with("immutable", found.map(|found| found.immutable));
        let expected = match self.keys.as_slice() {
            [] => format!("a secret `{name}` with something in it"),
            keys => format!("a secret `{name}` with something under {}", names(keys)),
        };
        let fail = |summary: String, actual: String, remedy: String| {
            let finding = Finding::new(summary).expected(&expected).actual(actual).remedy(remedy);
            Outcome::Fail(finding.advice(Advice::Investigate).evidence(evidence.clone()))
        };
        let Some(found) = found else {
            let remedy = match no_namespace {
                Some(_) => "see that `namespace` is spelt right and the target is the right cluster",
                None => "create it before the deployment: pods that need it do not start without it",
            };
            return fail(
                format!("the secret `{name}` does not exist in `{namespace}`"),
                no_namespace.unwrap_or_else(|| "no such secret".to_owned()),
                remedy.to_owned(),
            );
        };
        let mut wrong: Vec<String> = Vec::new();
        if found.metadata.is_going() {
            wrong.push("it is being deleted".to_owned());
        }
        if let Some(wanted) = &self.secret_type
            && kind.as_deref() != Some(wanted)
        {
            let kind = kind.as_deref().map_or_else(|| "none".to_owned(), |kind| format!("`{}`", short(kind)));
            wrong.push(format!("expected the type `{wanted}`, found {kind}"));
        }
        if !missing.is_empty() {
            wrong.push(format!("{} {} missing", names(&missing), is(missing.len())));
        }
        if !empty.is_empty() {
            wrong.push(format!("{} {} empty", names(&empty), is(empty.len())));
        }
        if keys.is_empty() && self.keys.is_empty() {
            wrong.push("it holds nothing".to_owned());
        }
        if !wrong.is_empty() {
            return fail(
                format!("the secret `{name}` in `{namespace}` is not as it should be"),
                clauses(&wrong),
                format!(
                    "`kubectl -n {namespace} describe secret {name}` shows its keys without their values; have it \
                     corrected before the deployment"
                ),
            );
        }
        let summary =
            format!("the secret `{name}` exists in `{namespace}`, with {}", count(keys.len(), "key"));
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

#[async_trait]
impl Check for SecretExists {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let found = reader.get::<Secret>(Some(&self.namespace), self.name.as_str()).await?;
        let no_namespace =
            if found.is_none() { missing_namespace(&reader, &self.namespace).await } else { None };
        Ok(self.judge(found.as_ref(), no_namespace))
    }
}

impl Kind for SecretExists {
    const NAME: &'static str = "k8s.secret_exists";
    const EXAMPLE: &'static str = r#"
[check.secrets]
kind        = "k8s.secret_exists"
title       = "The database credentials are there"
target      = "production"
namespace   = "vapora"
name        = "vapora-secrets"
secret_type = "Opaque"
keys        = ["SURREALDB_USER", "SURREALDB_PASS"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "exists", about: "whether it exists" },
            EvidenceField { name: "type", about: "its type, as in `Opaque`" },
            EvidenceField { name: "keys", about: "its keys; never their values" },
            EvidenceField { name: "missing", about: "the keys that it should have and has not" },
            EvidenceField { name: "empty", about: "the keys that should hold something and hold nothing" },
            EvidenceField { name: "immutable", about: "whether it is immutable" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.keys.iter().chain(&self.may_be_empty).any(String::is_empty) {
            problems.at("keys", "a key is empty", "name the key, as in `SURREALDB_PASS`");
        }
        if let Some(key) =
            self.may_be_empty.iter().find(|key| !self.keys.is_empty() && !self.keys.contains(key))
        {
            problems.at(
                "may_be_empty",
                format!("`{key}` may be empty, and is not among `keys`"),
                "add it to `keys`, or leave it out",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        let get = Resource::SECRETS.permission("get", Some(&self.namespace));
        needs.permission(get.named(self.name.as_str()));
        may_look_for_namespace(needs, &self.namespace);
    }
}
