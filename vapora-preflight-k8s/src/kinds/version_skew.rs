//! `k8s.version_skew`

mod skew;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, Value, async_trait,
};

use self::skew::Component;
use crate::{
    KubernetesTarget,
    object::Node,
    program::output,
    read::Reader,
    resource::Resource,
    version::{Version, VersionInfo},
    wording::{clauses, short},
};

/// kubectl, the kubelets and kube-proxies are of versions that go with the API server.
///
/// # Why
///
/// Versions that are too far apart are not tested together: a manifest loses fields, a node stops to take pods.
///
/// # What it asks
///
/// `/version` of the API server; the nodes, for the versions of their kubelet and, where they say it, their kube-proxy; and
/// `kubectl version --client -o json` on the machine of the run, which the caller of the run has to allow. Nothing of the
/// cluster is told to that program. What a distribution adds to a version, as in `v1.33.4-gke.1`, does not count.
///
/// # What fails
///
/// What the version skew policy of Kubernetes does not support: a kubectl more than one minor version older or newer than the
/// API server; a kubelet or kube-proxy newer than the API server, or more than three minor versions older, two where it is
/// older than 1.25; a kube-proxy as far from the kubelet beside it. Another API server of the same cluster may be of another
/// version; only the one that answers is seen. No nodes at all never pass.
///
/// # What errs
///
/// No right to list nodes, a kubectl that is not there or does not end well, and versions that cannot be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionSkew {
    /// The kubectl to run: a name that is looked up in `PATH`, or a path; `kubectl` by default. `false` leaves it out.
    #[serde(default)]
    pub kubectl: Option<Kubectl>,
    /// The version of kubectl, as in `1.33`, where it is known otherwise; then none is run.
    #[serde(default)]
    pub kubectl_version: Option<Version>,
    /// Whether the nodes are compared.
    #[serde(default = "yes")]
    pub nodes: bool,
}

/// Which kubectl is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kubectl {
    /// This one.
    Program(String),
    /// None.
    LeftOut,
}

fn yes() -> bool {
    true
}

impl Default for Kubectl {
    fn default() -> Self {
        Self::Program("kubectl".to_owned())
    }
}

impl<'de> Deserialize<'de> for Kubectl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Kubectl;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name or path of a program, or `false`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Kubectl, E> {
                match text.trim() {
                    "" => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                    name => Ok(Kubectl::Program(name.to_owned())),
                }
            }
            fn visit_bool<E: de::Error>(self, run: bool) -> Result<Kubectl, E> {
                Ok(if run { Kubectl::default() } else { Kubectl::LeftOut })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Kubectl {
    fn schema_name() -> Cow<'static, str> {
        "Kubectl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "boolean"],
            "description": "the name or path of a program, or `false`",
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    client_version: VersionInfo,
}

/// A version as it is said, and what can be compared of it.
#[derive(Debug, Clone)]
struct Said {
    text: String,
    version: Version,
}

impl Said {
    fn of(text: &str, whose: &str) -> Result<Self, CheckError> {
        let version = Version::new(text).map_err(|error| {
            CheckError::permanent(format!("the version of {whose} cannot be compared")).because(&error)
        })?;
        Ok(Self { text: short(text), version })
    }
}

/// The versions of the nodes, and how many there are of each.
#[derive(Debug, Default)]
struct Nodes {
    total: usize,
    kubelets: BTreeMap<Version, (String, usize)>,
    proxies: BTreeMap<Version, (String, usize)>,
    skewed: Vec<(String, String)>,
}

impl VersionSkew {
    /// The kubectl that is to be run.
    fn program(&self) -> Option<String> {
        match self.kubectl.clone().unwrap_or_default() {
            Kubectl::Program(name) if self.kubectl_version.is_none() => Some(name),
            _ => None,
        }
    }

    async fn kubectl(&self, cx: &CheckContext) -> Result<Option<Said>, CheckError> {
        if let Some(version) = self.kubectl_version {
            return Ok(Some(Said { text: version.to_string(), version }));
        }
        let Some(program) = self.program() else { return Ok(None) };
        cx.doing(format!("asking `{program}` for its version"));
        let said = output(&program, &["version", "--client", "-o", "json"]).await?;
        let client: Client = serde_json::from_slice(&said).map_err(|error| {
            CheckError::permanent(format!("what `{program}` says of its version could not be read"))
                .because(&error)
                .remedy(format!("see that `{program}` is a kubectl"))
        })?;
        Said::of(&client.client_version.text(), &format!("`{program}`")).map(Some)
    }
}

impl Nodes {
    fn look_at(nodes: &[Node], server: &Said) -> Result<Self, CheckError> {
        let mut seen = Self { total: nodes.len(), ..Self::default() };
        for node in nodes {
            let name = &node.metadata.name;
            let info = &node.status.node_info;
            let kubelet = Said::of(&info.kubelet_version, &format!("the kubelet of `{name}`"))?;
            let proxy = match info.kube_proxy_version.as_str() {
                "" => None,
                text => Some(Said::of(text, &format!("the kube-proxy of `{name}`"))?),
            };
            let mut troubles: Vec<String> = Component::Kubelet.skew(&kubelet, server).into_iter().collect();
            if let Some(proxy) = &proxy {
                troubles.extend(Component::KubeProxy.skew(proxy, server));
                troubles.extend(skew::beside(proxy, &kubelet));
            }
            seen.kubelets.entry(kubelet.version).or_insert((kubelet.text, 0)).1 += 1;
            if let Some(proxy) = proxy {
                seen.proxies.entry(proxy.version).or_insert((proxy.text, 0)).1 += 1;
            }
            if !troubles.is_empty() {
                seen.skewed.push((name.clone(), troubles.join(" and ")));
            }
        }
        Ok(seen)
    }
}

fn counted(versions: &BTreeMap<Version, (String, usize)>) -> Value {
    Value::table(versions.values().map(|(text, number)| (text.clone(), *number)))
}

#[async_trait]
impl Check for VersionSkew {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let kubectl = self.kubectl(cx).await?;
        let server = Said::of(&reader.version().await?.text(), "the API server")?;
        let seen = if self.nodes {
            Some(Nodes::look_at(&reader.list::<Node>(None, None).await?, &server)?)
        } else {
            None
        };
        let nodes = seen.as_ref();
        let kubelets = |pick: fn(&BTreeMap<Version, (String, usize)>) -> Option<&(String, usize)>| {
            nodes.and_then(|nodes| pick(&nodes.kubelets)).map(|(text, _)| text.clone())
        };
        let evidence = Evidence::new()
            .with("server", server.text.as_str())
            .with("kubectl", kubectl.as_ref().map(|kubectl| kubectl.text.clone()))
            .with("kubelets", nodes.map_or(Value::Null, |nodes| counted(&nodes.kubelets)))
            .with("kube_proxies", nodes.map_or(Value::Null, |nodes| counted(&nodes.proxies)))
            .with("oldest_kubelet", kubelets(|all| all.values().next()))
            .with("newest_kubelet", kubelets(|all| all.values().next_back()))
            .with(
                "skewed",
                nodes.map_or(Vec::new(), |nodes| nodes.skewed.iter().map(|(name, _)| name.clone()).collect()),
            );
        let expected = format!(
            "versions that Kubernetes supports together with an API server of {}",
            server.version.minor_text()
        );
        if nodes.is_some_and(|nodes| nodes.total == 0) {
            return Ok(Outcome::Fail(
                Finding::new("there are no nodes to compare with the API server")
                    .expected(expected)
                    .actual("no nodes")
                    .remedy("see that the target is the right cluster, or set `nodes = false`")
                    .evidence(evidence),
            ));
        }
        let mut troubles: Vec<String> = Vec::new();
        let mut remedy =
            "upgrade the nodes, or the control plane first where they are newer: `kubectl get nodes`"
                .to_owned();
        if let Some(trouble) = kubectl.as_ref().and_then(|kubectl| Component::Kubectl.skew(kubectl, &server))
        {
            troubles.push(trouble);
            remedy = format!("use a kubectl of {}", server.version.minor_text());
        }
        troubles.extend(
            nodes.iter().flat_map(|nodes| &nodes.skewed).map(|(name, what)| format!("on `{name}` {what}")),
        );
        if !troubles.is_empty() {
            let summary = format!("not all versions go with the API server {}", server.text);
            let finding = Finding::new(summary).expected(expected).actual(clauses(&troubles)).remedy(remedy);
            return Ok(Outcome::Fail(finding.evidence(evidence)));
        }
        let mut parts: Vec<String> =
            kubectl.iter().map(|kubectl| format!("kubectl {}", kubectl.text)).collect();
        if let Some(nodes) = nodes {
            let texts: Vec<&str> = nodes.kubelets.values().map(|(text, _)| text.as_str()).collect();
            parts.push(match texts.as_slice() {
                [one] => format!("the kubelets {one}"),
                [first, .., last] => format!("the kubelets {first} to {last}"),
                [] => "the kubelets".to_owned(),
            });
        }
        let verb = if parts.len() == 1 && !self.nodes { "goes" } else { "go" };
        let summary = format!("{} {verb} with the API server {}", parts.join(" and "), server.text);
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

impl Kind for VersionSkew {
    const NAME: &'static str = "k8s.version_skew";
    const EXAMPLE: &'static str = r#"
[check.versions]
kind    = "k8s.version_skew"
title   = "kubectl and the nodes go with the API server"
target  = "production"
kubectl = "kubectl"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "server", about: "the version of the API server, as in `v1.36.3`" },
            EvidenceField { name: "kubectl", about: "the version of kubectl, where it was compared" },
            EvidenceField { name: "kubelets", about: "by version: how many kubelets there are of it" },
            EvidenceField {
                name: "kube_proxies",
                about: "by version: how many kube-proxies say that they are of it; newer nodes do not say it",
            },
            EvidenceField { name: "oldest_kubelet", about: "the oldest version of a kubelet" },
            EvidenceField { name: "newest_kubelet", about: "the newest version of a kubelet" },
            EvidenceField {
                name: "skewed",
                about: "the names of the nodes whose versions do not go with the API server",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.kubectl.is_some() && self.kubectl_version.is_some() {
            problems.at(
                "kubectl_version",
                "both `kubectl` and `kubectl_version` are given",
                "give one of them",
            );
        }
        if self.kubectl == Some(Kubectl::LeftOut) && self.kubectl_version.is_none() && !self.nodes {
            problems.whole(
                "there is nothing to compare",
                "leave out either `kubectl = false` or `nodes = false`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        if let Some(program) = self.program() {
            needs.command(program);
        }
        if self.nodes {
            needs.permission(Resource::NODES.permission("list", None));
        }
    }
}
