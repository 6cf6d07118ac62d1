//! `k8s.namespace_exists`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Requirements,
    async_trait,
};

use crate::{
    KubernetesTarget, Namespace,
    object::NamespaceObject,
    read::Reader,
    resource::Resource,
    wording::{clauses, short},
};

/// A namespace exists and is not being deleted.
///
/// # Why
///
/// A list in a namespace that does not exist is empty and no error, so that a misspelt namespace looks like one in
/// which nothing is wrong. In one that is being deleted, nothing can be created any more.
///
/// # What it asks
///
/// It gets the namespace.
///
/// # What fails
///
/// A namespace that does not exist, that is being deleted (with what holds the deletion back), or whose phase is not
/// `Active`.
///
/// # What errs
///
/// No right to get the namespace: without it, the server does not say whether the namespace exists.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamespaceExists {
    /// The namespace.
    pub namespace: Namespace,
}

impl NamespaceExists {
    fn judge(&self, found: Option<&NamespaceObject>) -> Outcome {
        let name = &self.namespace;
        let phase = found.and_then(|found| found.status.phase.clone());
        let evidence = Evidence::new()
            .with("exists", found.is_some())
            .with("phase", phase.clone())
            .with("uid", found.and_then(|found| found.metadata.uid.clone()));
        let fail = |summary: String, actual: String, remedy: String| {
            let finding =
                Finding::new(summary).expected("a namespace whose phase is `Active`").actual(actual);
            Outcome::Fail(finding.remedy(remedy).evidence(evidence.clone()))
        };
        let Some(found) = found else {
            return fail(
                format!("the namespace `{name}` does not exist"),
                "no such namespace".to_owned(),
                format!("`kubectl create namespace {name}`, or see that the target is the right cluster"),
            );
        };
        if found.metadata.is_going() || phase.as_deref() == Some("Terminating") {
            let held_by = held_by(found);
            return fail(
                format!("the namespace `{name}` is being deleted"),
                format!("it is being deleted{}", if held_by.is_empty() { held_by } else { format!(": {held_by}") }),
                "see what is still in it and which finalizers hold it back; it cannot be used again until it is gone"
                    .to_owned(),
            );
        }
        match phase.as_deref() {
            Some("Active") => {
                Outcome::Pass(Finding::new(format!("the namespace `{name}` exists")).evidence(evidence))
            }
            other => fail(
                format!("the namespace `{name}` is not active"),
                match other {
                    Some(phase) => format!("its phase is `{}`", short(phase)),
                    None => "it has no phase".to_owned(),
                },
                format!("`kubectl describe namespace {name}`"),
            ),
        }
    }
}

/// What the namespace controller says holds the deletion back.
fn held_by(namespace: &NamespaceObject) -> String {
    let conditions = namespace.status.conditions.iter().filter(|condition| condition.is_true());
    let said: Vec<String> =
        conditions.filter_map(|condition| condition.message.as_deref()).map(short).collect();
    clauses(&said)
}

#[async_trait]
impl Check for NamespaceExists {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let found = Reader::of(cx)?.get::<NamespaceObject>(None, self.namespace.as_str()).await?;
        Ok(self.judge(found.as_ref()))
    }
}

impl Kind for NamespaceExists {
    const NAME: &'static str = "k8s.namespace_exists";
    const EXAMPLE: &'static str = r#"
[check.namespace]
kind      = "k8s.namespace_exists"
title     = "The namespace exists"
target    = "production"
namespace = "vapora"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "exists", about: "whether it exists" },
            EvidenceField { name: "phase", about: "its phase, `Active` or `Terminating`" },
            EvidenceField { name: "uid", about: "its uid" },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        // A role that is bound in the namespace itself is enough to get it.
        let get = Resource::NAMESPACES.permission("get", Some(&self.namespace));
        needs.permission(get.named(self.namespace.as_str()));
    }
}
