//! `k8s.access_allowed`

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Permission, Problems, Requirements, async_trait,
};

use crate::{
    InvalidName, KubernetesTarget, Namespace,
    access::{Review, question},
    read::Reader,
    refused::Cause,
    resource::Resource,
    wording::{clauses, count, is, names, short},
};

/// The run's user may do all that is asked for.
///
/// # Why
///
/// A right that is missing is found out at the worst moment otherwise, by the command that needs it.
///
/// # What it asks
///
/// One access review for each verb on each resource, in the namespace or in the whole cluster. A review keeps nothing and
/// changes nothing. It does not say whether the resource or the namespace exists: a name that is misspelt is denied to a
/// user with few rights, and allowed to one who may do everything.
///
/// # What fails
///
/// A right that is denied; all of them are named.
///
/// # What errs
///
/// A review that the server could not decide, and no credentials.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessAllowed {
    /// The namespace in which the rights are needed; without it, the whole cluster.
    #[serde(default)]
    pub namespace: Option<Namespace>,
    /// What is to be done, as in `["get", "list", "patch"]`.
    pub verbs: Vec<String>,
    /// With what, as in `["deployments.apps", "pods/log", "configmaps"]`.
    pub resources: Vec<ResourceRef>,
}

/// A resource as `kubectl` writes it: `configmaps`, `deployments.apps`, `pods/log`, `deployments.apps/scale`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ResourceRef {
    resource: String,
    group: String,
    subresource: Option<String>,
}

impl ResourceRef {
    /// Reads it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let word = |text: &str| {
            text == "*"
                || (!text.is_empty()
                    && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        };
        let (whole, subresource) = match text.split_once('/') {
            Some((whole, subresource)) => (whole, Some(subresource)),
            None => (text.as_str(), None),
        };
        let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
        let group_is_good = group.split('.').all(word) || !whole.contains('.');
        if word(resource) && group_is_good && subresource.is_none_or(word) {
            let subresource = subresource.map(str::to_owned);
            Ok(Self { resource: resource.to_owned(), group: group.to_owned(), subresource })
        } else {
            let expected = "a resource as in `configmaps`, `deployments.apps` or `pods/log`";
            Err(InvalidName { expected, found: text })
        }
    }
}

impl ResourceRef {
    /// Whether it is the whole of this resource.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.resource == plural && self.subresource.is_none()
    }

    /// The group and the plural name, where it is one resource as a whole.
    pub(crate) fn whole(&self) -> Option<(&str, &str)> {
        let one = self.subresource.is_none() && self.resource != "*" && !self.group.contains('*');
        one.then_some((self.group.as_str(), self.resource.as_str()))
    }
}

impl TryFrom<String> for ResourceRef {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        self.subresource.as_ref().map_or(Ok(()), |subresource| write!(f, "/{subresource}"))
    }
}

impl JsonSchema for ResourceRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ResourceRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "a resource as in `configmaps`, `deployments.apps` or `pods/log`",
        })
    }
}

impl AccessAllowed {
    fn place(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("in the namespace `{namespace}`"),
            None => "in the whole cluster".to_owned(),
        }
    }

    fn right(&self, verb: &str, resource: &ResourceRef) -> Permission {
        let plural = match &resource.subresource {
            Some(subresource) => format!("{}/{subresource}", resource.resource),
            None => resource.resource.clone(),
        };
        let right = Permission::new(verb, resource.group.as_str(), plural);
        match &self.namespace {
            Some(namespace) => right.in_namespace(namespace.as_str()),
            None => right,
        }
    }
}

#[async_trait]
impl Check for AccessAllowed {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let mut allowed: Vec<String> = Vec::new();
        let mut denied: Vec<String> = Vec::new();
        let mut reasons: Vec<String> = Vec::new();
        let mut undecided: Vec<(String, String)> = Vec::new();
        for resource in &self.resources {
            for verb in &self.verbs {
                let right = format!("{verb} {resource}");
                let what = format!("review the right to `{right}` {}", self.place());
                let body = question(&self.right(verb, resource));
                let status = reader.review::<Review>(&what, Resource::ACCESS_REVIEWS, &body).await?.status;
                if status.allowed && !status.denied {
                    allowed.push(right);
                } else if let Some(error) = status.evaluation_error.filter(|_| !status.denied) {
                    undecided.push((right, short(&error)));
                } else {
                    let reason = status.reason.as_deref().map(short).filter(|reason| !reason.is_empty());
                    reasons.extend(reason.map(|reason| format!("{right}: {reason}")));
                    denied.push(right);
                }
            }
        }
        let total = allowed.len() + denied.len() + undecided.len();
        if total == 0 {
            return Err(CheckError::permanent("there was no right to review")
                .remedy("name at least one verb and one resource"));
        }
        if denied.is_empty()
            && let Some((right, error)) = undecided.first()
        {
            let rights: Vec<&str> = undecided.iter().map(|(right, _)| right.as_str()).collect();
            return Err(CheckError::transient(format!(
                "the server could not decide on {} {}",
                names(&rights),
                self.place()
            ))
            .because(&Cause(format!("{right}: {error}")))
            .remedy("see the authorization settings of the API server"));
        }
        let undecided: Vec<String> = undecided.into_iter().map(|(right, _)| right).collect();
        let evidence = Evidence::new()
            .with("asked", total)
            .with("allowed", allowed)
            .with("denied", denied.clone())
            .with("undecided", undecided);
        if denied.is_empty() {
            let summary = format!("all {} {} allowed {}", count(total, "right"), is(total), self.place());
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        let number = denied.len();
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", clauses(&reasons)) };
        Ok(Outcome::Fail(
            Finding::new(format!(
                "{number} of {} {} denied {}",
                count(total, "right"),
                is(number),
                self.place()
            ))
            .expected("every right allowed")
            .actual(format!("denied: {}{why}", names(&denied)))
            .remedy(format!(
                "grant them to the user of the target's context by a {}; `kubectl auth can-i --list` shows \
                     what it may do",
                if self.namespace.is_some() {
                    "Role and a RoleBinding"
                } else {
                    "ClusterRole and a ClusterRoleBinding"
                }
            ))
            .evidence(evidence),
        ))
    }
}

impl Kind for AccessAllowed {
    const NAME: &'static str = "k8s.access_allowed";
    const EXAMPLE: &'static str = r#"
[check.rights]
kind      = "k8s.access_allowed"
title     = "The release account may deploy"
target    = "production"
namespace = "vapora"
verbs     = ["get", "list", "patch"]
resources = ["deployments.apps", "configmaps", "pods/log"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "asked", about: "how many rights were reviewed" },
            EvidenceField {
                name: "allowed",
                about: "the rights that are allowed, as in `patch deployments.apps`",
            },
            EvidenceField { name: "denied", about: "the rights that are denied" },
            EvidenceField { name: "undecided", about: "the rights on which the server could not decide" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.verbs.is_empty() {
            problems.at(
                "verbs",
                "no verbs are given",
                "name what is to be done, as in `[\"get\", \"list\"]`",
            );
        }
        for verb in &self.verbs {
            if verb != "*" && (verb.is_empty() || !verb.chars().all(|c| c.is_ascii_lowercase())) {
                problems.at(
                    "verbs",
                    format!("expected a verb in lowercase letters, found `{verb}`"),
                    "write it as in `get`, `list`, `create`, `patch` or `deletecollection`",
                );
            }
        }
        if self.resources.is_empty() {
            problems.at(
                "resources",
                "no resources are given",
                "name them as in `[\"deployments.apps\", \"pods/log\"]`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        needs.permission(Resource::ACCESS_REVIEWS.permission("create", None));
        // what it asks about is to be granted, and where it is not, to say so is this check's to do
        for resource in &self.resources {
            for verb in &self.verbs {
                needs.permission(self.right(verb, resource).optional());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_read_as_kubectl_writes_it() {
        for text in [
            "pods",
            "deployments.apps",
            "pods/log",
            "deployments.apps/scale",
            "certificates.cert-manager.io",
            "*",
        ] {
            assert_eq!(ResourceRef::new(text).unwrap().to_string(), text);
        }
        for bad in [
            "",
            "Deployment",
            "deployments.",
            ".apps",
            "pods/",
            "/log",
            "a b",
            "pods/log/x",
            "apps/v1/deployments",
        ] {
            assert!(ResourceRef::new(bad).is_err(), "{bad}");
        }
    }
}
