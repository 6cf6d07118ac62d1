//! `k8s.api_reachable`

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Period,
    Problems, Requirements, Unit, Value, async_trait,
};

use crate::{
    KubernetesTarget,
    client::plain_url,
    object::NamespaceObject,
    read::{Reader, unreadable},
    refused::{Answer, Cause},
    resource::Resource,
    version::Version,
    wording::{count, names, short},
};

/// The API server answers, is ready, and is that of the cluster you mean.
///
/// # Why
///
/// Every other check of the target relies on it: a context that leads to another cluster makes all of them green for the
/// wrong reason.
///
/// # What it asks
///
/// Where the target has a `server`, it is compared with that of the client, before anything is sent. Then `/version`,
/// `/readyz?verbose`, and, where the target has a `cluster_uid`, the namespace `kube-system` for its uid; that takes the
/// right to get that namespace. A target with neither is not told apart from another, and the finding says so.
///
/// # What fails
///
/// Another server or another uid than that of the target. A server that answers and is not ready, with the parts that
/// fail. One older than `at_least_version`, and one that takes longer than `max_latency`, where these are given. One that takes
/// longer than `warn_latency` is a warning.
///
/// # What errs
///
/// A server that cannot be reached, that refuses the credentials, or whose answers cannot be read.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiReachable {
    /// The oldest version of Kubernetes that the API server may have, as in `1.33`.
    #[serde(default)]
    pub at_least_version: Option<Version>,
    /// How long the API server may take to say its version before it is a warning, the time to connect included.
    #[serde(default)]
    pub warn_latency: Option<Period>,
    /// How long the API server may take to say its version, the time to connect included.
    #[serde(default)]
    pub max_latency: Option<Period>,
}

/// What `/readyz` says.
#[derive(Debug)]
struct Readiness {
    parts: usize,
    failing: Vec<String>,
}

impl Readiness {
    fn read(what: &str, answer: &Answer) -> Result<Self, CheckError> {
        if answer.status != StatusCode::OK && answer.status != StatusCode::INTERNAL_SERVER_ERROR {
            return Err(answer.refuses(what));
        }
        let text = String::from_utf8_lossy(&answer.body);
        let name = |line: &str| line.split(' ').next().map(short).filter(|name| !name.is_empty());
        let passing = text.lines().filter_map(|line| line.strip_prefix("[+]")).count();
        let failing: Vec<String> =
            text.lines().filter_map(|line| line.strip_prefix("[-]")).filter_map(name).collect();
        let says_ready = text.lines().any(|line| line.trim() == "readyz check passed") || text.trim() == "ok";
        match (answer.status, failing.is_empty()) {
            // Some other server answered, or something between.
            (StatusCode::INTERNAL_SERVER_ERROR, true) => Err(answer.refuses(what)),
            (StatusCode::OK, true) if !says_ready => {
                Err(unreadable(what, &Cause("it does not say that it is ready".to_owned())))
            }
            _ => Ok(Self { parts: passing + failing.len(), failing }),
        }
    }
}

#[async_trait]
impl Check for ApiReachable {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let settings = cx.settings::<KubernetesTarget>()?;
        let reader = Reader::of(cx)?;
        let client = &reader.client;
        let table =
            cx.target().map_or_else(String::new, |target| format!("[target.{}.kubernetes]", target.name));
        let mut evidence = Evidence::new().with("server", client.server()).with("context", client.context());
        for name in ["git_version", "latency", "parts", "failing", "cluster_uid"] {
            evidence.set(name, Value::Null, None);
        }

        if let Some(server) = &settings.server {
            let meant = plain_url(server).ok_or_else(|| {
                CheckError::permanent(format!("the `server` in `{table}` is not a URL"))
                    .remedy("write it as in `https://k8s.example.com:6443`")
            })?;
            if meant != client.server() {
                let context = client
                    .context()
                    .map_or_else(String::new, |context| format!(", by the context `{context}`"));
                return Ok(Outcome::Fail(
                    Finding::new("this is not the cluster that is meant: its server is another")
                        .expected(format!("the server `{meant}`"))
                        .actual(format!("the server `{}`{context}", client.server()))
                        .remedy(format!("name the right `context` in `{table}`, or correct its `server`"))
                        .evidence(evidence),
                ));
            }
        }

        let asked = cx.now();
        let version = reader.version().await?.text();
        let latency = Period::from(cx.now().since(asked));
        evidence.set("latency", latency, Some(Unit::Seconds));
        evidence.set("git_version", version.as_str(), None);

        let what = "ask the API server whether it is ready";
        let readiness = Readiness::read(what, &reader.path(what, "/readyz?verbose").await?)?;
        evidence.set("parts", readiness.parts, None);
        evidence.set("failing", readiness.failing.clone(), None);
        if !readiness.failing.is_empty() {
            return Ok(Outcome::Fail(
                Finding::new(format!("the API server {version} answers and is not ready"))
                    .expected(format!("all {} ready", count(readiness.parts, "part")))
                    .actual(format!("failing: {}", names(&readiness.failing)))
                    .remedy("see the logs of the API server, and of etcd where that is failing")
                    .evidence(evidence),
            ));
        }

        if let Some(meant) = &settings.cluster_uid {
            let system = reader.get::<NamespaceObject>(None, "kube-system").await?;
            let uid = system.and_then(|system| system.metadata.uid).ok_or_else(|| {
                CheckError::permanent("the namespace `kube-system` has no uid to compare")
                    .remedy("compare the `server` of the target instead")
            })?;
            evidence.set("cluster_uid", uid.as_str(), None);
            if &uid != meant {
                return Ok(Outcome::Fail(
                    Finding::new("this is not the cluster that is meant: its uid is another")
                        .expected(format!("the uid `{}` of `kube-system`", short(meant)))
                        .actual(format!("the uid `{}`", short(&uid)))
                        .remedy(format!(
                            "name the right `context` in `{table}`; correct its `cluster_uid` if the cluster was \
                             built anew"
                        ))
                        .evidence(evidence),
                ));
            }
        }
        if let Some(least) = self.at_least_version {
            let found = Version::new(&version).map_err(|error| {
                CheckError::permanent("the version of the API server cannot be compared").because(&error)
            })?;
            if found < least {
                return Ok(Outcome::Fail(
                    Finding::new(format!("the API server {version} is too old"))
                        .expected(format!("at least {least}"))
                        .actual(version)
                        .remedy(format!(
                            "upgrade the cluster, or correct `at_least_version`; the target is `{}`",
                            client.server()
                        ))
                        .evidence(evidence),
                ));
            }
        }
        let slow = |limit: Period, evidence: Evidence| {
            Finding::new(format!("the API server {version} is slow"))
                .expected(format!("its version in at most {limit}"))
                .actual(format!("it took {latency}"))
                .remedy("ask again, and see the network to it and its load: `kubectl get --raw /metrics`")
                .evidence(evidence)
        };
        if let Some(most) = self.max_latency.filter(|most| latency > *most) {
            return Ok(Outcome::Fail(slow(most, evidence)));
        }
        if let Some(most) = self.warn_latency.filter(|most| latency > *most) {
            return Ok(Outcome::Warn(slow(most, evidence)));
        }
        let meant = if settings.server.is_some() || settings.cluster_uid.is_some() {
            "is the one that is meant"
        } else {
            "was not compared with any"
        };
        let summary = format!("the API server {version} is ready; the cluster {meant}");
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

impl Kind for ApiReachable {
    const NAME: &'static str = "k8s.api_reachable";
    const EXAMPLE: &'static str = r#"
[check.reachable]
kind             = "k8s.api_reachable"
title            = "The production cluster answers, and is the one we mean"
target           = "production"
at_least_version = "1.30"
warn_latency     = "2s"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "server", about: "the URL of the API server" },
            EvidenceField { name: "context", about: "the context of the kubeconfig" },
            EvidenceField { name: "git_version", about: "the version of the API server, as in `v1.36.3`" },
            EvidenceField { name: "latency", about: "how long `/version` took, in seconds" },
            EvidenceField { name: "parts", about: "how many parts `/readyz` told about" },
            EvidenceField { name: "failing", about: "the names of the parts that are not ready" },
            EvidenceField { name: "cluster_uid", about: "the uid of `kube-system`, where it was compared" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if let (Some(warn), Some(most)) = (self.warn_latency, self.max_latency)
            && warn >= most
        {
            problems.at(
                "warn_latency",
                format!("it fails at {most}, before it would warn at {warn}"),
                "make `warn_latency` smaller than `max_latency`",
            );
        }
        for (name, limit) in [("warn_latency", self.warn_latency), ("max_latency", self.max_latency)] {
            if limit.is_some_and(|limit| limit.get().is_zero()) {
                problems.at(name, "nothing answers in no time", "write it as in `500ms`");
            }
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        // `/version` and `/readyz` are open to every user unless that default was taken away; they are no resources.
        needs.target::<KubernetesTarget>();
        // used where the target has a `cluster_uid`, which is not known here
        needs.permission(Resource::NAMESPACES.permission("get", None).named("kube-system").optional());
    }
}
