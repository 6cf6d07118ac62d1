//! Where a scenario takes place.

mod api;
mod kubelet;
mod mirror;
mod real;
mod server;

use std::{
    io::Write as _,
    mem,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::FutureExt as _;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vapora_preflight::{CheckContext, CheckId, CheckResult, Kind, Resources, Target, TargetName, Timestamp};
use vapora_preflight_k8s::{K8sClient, KubernetesTarget, connect};
use vapora_preflight_sim::{
    ADMIN, ANONYMOUS, AccessRule, Cluster, ClusterBuilder, ClusterServer, Kubeconfig, PodTrouble, RESTRICTED,
};

use self::real::Real;
use crate::said;

/// What every name begins with that a scenario makes in a real cluster; also the label of its nodes.
pub(crate) const PREFIX: &str = "vapora-preflight-test";
/// A small image; nothing ever runs it.
pub(crate) const IMAGE: &str = "registry.k8s.io/pause:3.10";

/// Why a scenario cannot take place.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) String);

/// How a scenario ends that does not panic.
pub(crate) type Ended = Result<(), Skipped>;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Someone who may do everything.
    Admin,
    /// Someone without credentials.
    Nobody,
    /// The owner of this token.
    Token(String),
}

/// A right that is granted in the namespace of the scenario.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right {
    pub(crate) verbs: &'static [&'static str],
    pub(crate) group: &'static str,
    pub(crate) resources: &'static [&'static str],
}

/// A cluster with a namespace for one scenario.
///
/// The scenario arranges the simulated cluster. On the simulated ground that is all; on the real one,
/// [`settle`](Self::settle) brings what is in the namespace to the real cluster, the statuses included.
pub(crate) struct Ground {
    namespace: String,
    server: ClusterServer,
    real: Option<Real>,
    /// What belongs to this ground alone, and what stands for it in the transcript.
    own: Vec<(String, &'static str)>,
    /// The same of what a scenario has made.
    told: Mutex<Vec<(String, &'static str)>>,
    transcript: Mutex<Vec<String>>,
}

/// Plays the scenario on every ground there is, and sees that the checks say the same on all of them.
pub(crate) async fn everywhere(
    title: &str,
    arrange: impl Fn(ClusterBuilder, &str) -> ClusterBuilder,
    scenario: impl AsyncFn(&Ground) -> Ended,
) {
    // As long as the names of the real ground, so that a long text is cut at the same place.
    let ground = Ground::begin(format!("{PREFIX}-{title}-00000000"), &arrange, None).await;
    if let Err(Skipped(reason)) = scenario(&ground).await {
        panic!("the simulation lacks something: {reason}");
    }
    let simulated = ground.transcript();
    let Some(real) = Real::of_the_environment().await else { return };
    let ground = Ground::begin(real::namespace(title), &arrange, Some(real)).await;
    let ended = AssertUnwindSafe(scenario(&ground)).catch_unwind().await;
    let cleared = ground.clear().await;
    match ended {
        Err(panic) => std::panic::resume_unwind(panic),
        // Written past the capture of the test harness, so that it can be counted.
        Ok(Err(Skipped(reason))) => {
            let told = format!("\nskipped: {title} on the real server: {reason}\n");
            std::io::stderr().write_all(told.as_bytes()).unwrap();
        }
        Ok(Ok(())) => assert_eq!(ground.transcript(), simulated, "the real server, and the simulated one"),
    }
    cleared.unwrap_or_else(|left| panic!("something is left behind: {left}"));
}

impl Ground {
    async fn begin(
        namespace: String,
        arrange: impl Fn(ClusterBuilder, &str) -> ClusterBuilder,
        real: Option<Real>,
    ) -> Self {
        let builder = Cluster::builder("staging").service_account(RESTRICTED, &namespace, []);
        let cluster = arrange(builder, &namespace).build();
        for node in cluster.objects("Node") {
            let name = node["metadata"]["name"].as_str().unwrap();
            if name.starts_with(&namespace) {
                let label = |node: &mut Value| node["metadata"]["labels"][PREFIX] = namespace.as_str().into();
                cluster.edit("Node", "", name, label).unwrap();
            }
        }
        let own = vec![(namespace.clone(), "NAMESPACE")];
        let server = cluster.serve().await.unwrap();
        let mut ground =
            Self { namespace, server, real, own, told: Mutex::default(), transcript: Mutex::default() };
        let client = ground.client(&Who::Admin).await;
        let context = format!("the context `{}`", client.context().unwrap());
        let version = client.client().apiserver_version().await.unwrap().git_version;
        ground.own.extend([
            (client.server().to_owned(), "SERVER"),
            (context, "CONTEXT"),
            (version, "VERSION"),
            (ground.uid().await, "UID"),
        ]);
        ground
    }

    /// What was said since the last time, in words that do not depend on the ground.
    fn transcript(&self) -> Vec<String> {
        mem::take(&mut self.transcript.lock().unwrap())
    }

    /// Leaves out of the comparison what was said so far.
    pub(crate) fn forget(&self) {
        self.transcript();
    }

    /// Compares what is said from now on as if this text, which is of this ground alone, were that one.
    pub(crate) fn standing_for(&self, text: &str, stands: &'static str) {
        // the newest goes first, for it may hold an older one
        self.told.lock().unwrap().insert(0, (text.to_owned(), stands));
    }

    /// The uid of the cluster.
    pub(crate) async fn uid(&self) -> String {
        if let Some(real) = &self.real {
            real.uid().await
        } else {
            let system = self.cluster().object("Namespace", "", "kube-system").unwrap();
            system["metadata"]["uid"].as_str().unwrap().to_owned()
        }
    }

    async fn clear(&self) -> Result<(), String> {
        match &self.real {
            Some(real) => real.clear(&self.namespace).await,
            None => Ok(()),
        }
    }

    /// The cluster to arrange: the simulated one, or the pattern of what is to be on the real one.
    pub(crate) fn cluster(&self) -> &Cluster {
        self.server.cluster()
    }

    /// The namespace of the scenario. It exists once it was settled, if the pattern has it.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The real cluster, where this is the real ground.
    pub(crate) fn real(&self) -> Option<&Real> {
        self.real.as_ref()
    }

    /// Makes it so.
    pub(crate) async fn settle(&self) -> Ended {
        match &self.real {
            Some(real) => real.mirror(self.cluster(), &self.namespace).await,
            None => Ok(()),
        }
    }

    /// Makes an object of any kind in the namespace of the scenario, as it is, its status included; on the real ground the
    /// namespace has to be [settled](Self::settle) before. What the server fills in may be missing. Where a server has
    /// controllers, they may see to the status themselves.
    pub(crate) async fn make(&self, mut object: Value) -> Ended {
        object["metadata"]["namespace"] = self.namespace.as_str().into();
        let Some(real) = &self.real else {
            self.cluster().insert(object).unwrap();
            return Ok(());
        };
        let here = Some(self.namespace.as_str());
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        let status = object.as_object_mut().and_then(|object| object.remove("status"));
        if !real.objects.try_create(&kind, here, object).await {
            return Err(Skipped(format!("it does not serve {kind}s in this version")));
        }
        if let Some(status) = status {
            real.objects.patch_status(&kind, here, &name, &status).await;
        }
        Ok(())
    }

    /// Deletes an object of the namespace, and waits until it is gone.
    pub(crate) async fn delete(&self, kind: &str, name: &str) -> Ended {
        let here = Some(self.namespace.as_str());
        let Some(real) = &self.real else {
            self.cluster().remove(kind, &self.namespace, name).unwrap();
            return Ok(());
        };
        real.objects.delete(kind, here, name).await;
        if api::until(30, async || real.objects.get(kind, here, name).await.is_none()).await {
            return Ok(());
        }
        Err(Skipped(format!("nothing lets the {kind} go that was deleted")))
    }

    /// Someone who may do in the namespace what these rights say, and nothing else.
    pub(crate) async fn restricted(&self, rights: &[Right]) -> Result<Who, Skipped> {
        if let Some(real) = &self.real {
            real.restricted(&self.namespace, rights).await.map(Who::Token)
        } else {
            let rule = |right: &Right| {
                let (verbs, resources) = (right.verbs.to_vec(), right.resources.to_vec());
                AccessRule::new(verbs, [right.group], resources).in_namespaces([self.namespace.as_str()])
            };
            self.cluster().set_rules(RESTRICTED, rights.iter().map(rule)).unwrap();
            Ok(Who::Token(self.cluster().token(RESTRICTED).unwrap()))
        }
    }

    fn kubeconfig(&self, who: &Who) -> NamedTempFile {
        let text = match (&self.real, who) {
            (Some(real), who) => real.kubeconfig(who),
            (None, Who::Nobody) => Kubeconfig::default().context("test", &self.server, ANONYMOUS).to_string(),
            (None, who) => {
                let text = Kubeconfig::default().context("test", &self.server, ADMIN).to_string();
                match who {
                    Who::Token(token) => text.replace(&self.cluster().token(ADMIN).unwrap(), token),
                    _ => text,
                }
            }
        };
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    /// The client that the program would use.
    pub(crate) async fn client(&self, who: &Who) -> K8sClient {
        let file = self.kubeconfig(who);
        connect(&KubernetesTarget::default(), Some(file.path())).await.unwrap()
    }

    /// Asks as someone, of a target with these settings.
    pub(crate) async fn ask_as<K: Kind>(
        &self,
        who: &Who,
        settings: KubernetesTarget,
        parameters: Value,
    ) -> CheckResult {
        self.ask_in::<K>(&self.context(who, settings).await, parameters).await
    }

    /// What a check is given that is asked as someone, of a target with these settings.
    async fn context(&self, who: &Who, settings: KubernetesTarget) -> CheckContext {
        let name = TargetName::new("production").unwrap();
        let mut resources = Resources::new();
        resources.insert_for(&name, self.client(who).await);
        let target = Target::new(name, true).with(settings, Value::Null);
        let cx = CheckContext::alone(CheckId::new("a-check").unwrap(), Arc::new(resources));
        cx.with_target(Arc::new(target))
    }

    async fn ask_in<K: Kind>(&self, cx: &CheckContext, parameters: Value) -> CheckResult {
        let check: K = serde_json::from_value(parameters).expect("good parameters");
        let result = check.run(cx).await;
        let told = self.told.lock().unwrap();
        let own = told.iter().chain(&self.own);
        let text = own.fold(said::words(&result), |text, (own, stands)| text.replace(own, stands));
        self.transcript.lock().unwrap().push(text);
        result
    }

    /// Asks about the namespace of the scenario while pods start as kubelets would let them, but for those of the images in
    /// `never`. On the simulated ground that goes by its clock.
    pub(crate) async fn ask_while_pods_start<K: Kind>(&self, more: Value, never: &[&str]) -> CheckResult {
        let cx = self.context(&Who::Admin, KubernetesTarget::default()).await;
        let parameters = self.here(&more);
        let Some(real) = &self.real else {
            for image in never {
                self.cluster().image_fails(image, PodTrouble::NotReady);
            }
            let clock = Arc::new(self.cluster().clock().clone());
            return self.ask_in::<K>(&cx.with_clock(clock), parameters).await;
        };
        tokio::select! {
            result = self.ask_in::<K>(&cx, parameters) => result,
            never = real.start_pods(&self.namespace, never) => match never {},
        }
    }

    /// Waits until all pods of the namespace have started as they are wanted.
    pub(crate) async fn pods_start<K: Kind>(&self, more: Value, words: &str) -> CheckResult {
        let Some(real) = &self.real else {
            self.cluster().clock().advance(Duration::from_mins(5));
            return self.ask_here::<K>(more).await;
        };
        tokio::select! {
            result = self.ask_until::<K>(more, words) => result,
            never = real.start_pods(&self.namespace, &[]) => match never {},
        }
    }

    /// Asks as someone who may do everything.
    pub(crate) async fn ask<K: Kind>(&self, parameters: Value) -> CheckResult {
        self.ask_as::<K>(&Who::Admin, KubernetesTarget::default(), parameters).await
    }

    /// These parameters, about the namespace of the scenario.
    pub(crate) fn here(&self, more: &Value) -> Value {
        let mut parameters = json!({ "namespace": self.namespace });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    }

    /// Asks about the namespace of the scenario, with more parameters.
    pub(crate) async fn ask_here<K: Kind>(&self, more: Value) -> CheckResult {
        self.ask::<K>(self.here(&more)).await
    }

    /// The same, with what another check saw before as the baseline.
    pub(crate) async fn ask_after<K: Kind>(&self, before: &CheckResult, more: Value) -> CheckResult {
        let evidence = before.as_ref().unwrap().finding().evidence.clone();
        let cx = self.context(&Who::Admin, KubernetesTarget::default()).await;
        let cx = cx.with_baseline(CheckId::new("before").unwrap(), evidence, Timestamp::UNIX_EPOCH);
        self.ask_in::<K>(&cx, self.here(&more)).await
    }

    /// Asks until it says these words: the controllers of a real server need their time.
    pub(crate) async fn ask_until<K: Kind>(&self, more: Value, words: &str) -> CheckResult {
        let said = async || {
            self.transcript.lock().unwrap().pop();
            said::words(&self.ask_here::<K>(more.clone()).await).contains(words)
        };
        self.transcript.lock().unwrap().push(String::new());
        if self.real.is_some() {
            api::until(30, said).await;
        }
        self.transcript.lock().unwrap().pop();
        self.ask_here::<K>(more).await
    }
}
