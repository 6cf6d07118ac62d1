//! A simulated Kubernetes API server.

mod access;
mod admission;
mod aggregated;
mod answers;
mod authentication;
mod authority;
mod builder;
mod cel;
mod claims;
mod continuation;
mod controllers;
mod crowd;
mod defaults;
mod discovery;
mod events;
mod exec;
mod failures;
mod fields;
mod fieldset;
mod form;
mod gzip;
mod health;
mod history;
mod impersonation;
mod invalid;
mod jobs;
mod kinds;
mod kubeconfig;
mod kubelet;
mod labels;
mod list;
mod logs;
mod metadata;
mod node;
mod openapi;
mod ownership;
mod patch;
mod paths;
mod pod;
mod policies;
mod priority;
mod protobuf;
mod quantity;
mod rbac;
mod reply;
mod respond;
mod reviews;
mod routes;
mod runtime;
mod schema;
mod serve;
mod service;
mod state;
mod status;
mod store;
mod subresource;
mod table;
mod usage;
mod validation;
mod volumes;
mod warnings;
mod watch;
mod workload;
mod write;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

pub use self::{
    access::{ADMIN, ANONYMOUS, AccessRule, RESTRICTED},
    admission::WebhookAnswer,
    builder::ClusterBuilder,
    claims::Claim,
    crowd::Crowd,
    exec::ExecAnswer,
    jobs::ScheduledJob,
    kubeconfig::Kubeconfig,
    node::NodeTrouble,
    pod::PodTrouble,
    serve::ClusterServer,
    service::ClusterService,
    state::ClusterError,
    workload::Workload,
};
use self::{authority::Authority, metadata::Manager, runtime::Runtime, state::State};
use crate::{answer::RequestRecord, clock::SimClock, faults::Faults};

/// A simulated Kubernetes cluster, as far as its API server is concerned.
///
/// It answers as kube-apiserver 1.36 does: the same status codes, `Status` bodies, lists, selectors and access decisions,
/// and for writes the same validation, defaults, owners of fields and admission. It serves the groups and kinds of such a
/// server, those of its CustomResourceDefinitions, and `metrics.k8s.io`. What it does not know it answers with 501 and says
/// so, never with an empty success. All clones are the same cluster.
///
/// A write is kept, and the controllers of a real cluster do not act on it by themselves: a Deployment that is changed is a
/// generation ahead of its status.
///
/// ```
/// use vapora_preflight_sim::{AccessRule, Cluster, NodeTrouble};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = Cluster::builder("staging")
///     .nodes(3)
///     .deployment("shop", "backend", 2, "registry.example.com/backend:1.0")
///     .restricted([AccessRule::new(["get", "list"], [""], ["pods"]).in_namespaces(["shop"])])
///     .build();
///
/// // Without a socket: `kube::Client::new(cluster.service(), "shop")`.
/// let _service = cluster.service();
///
/// // Over TLS, through a kubeconfig.
/// let server = cluster.serve().await?;
/// assert!(server.kubeconfig("staging").contains("current-context: \"staging\""));
///
/// // Something goes wrong while a check runs.
/// cluster.trouble_node("node-2", NodeTrouble::NotReady)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    clock: SimClock,
    faults: Faults,
    state: Mutex<State>,
    log: Mutex<Vec<RequestRecord>>,
    /// Warnings for the paths under a prefix.
    warnings: Mutex<Vec<(String, String)>>,
    /// What the webhooks answer, by their names.
    webhooks: Mutex<BTreeMap<String, WebhookAnswer>>,
    /// The health checks that fail.
    failing: Mutex<Vec<String>>,
    /// Whether the store does not answer.
    frozen: AtomicBool,
    /// Who signs its certificates, made when it is first needed.
    authority: OnceLock<Arc<Authority>>,
    runtime: Runtime,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cluster {
    /// Begins a cluster with the namespaces that every cluster has, and no Nodes.
    pub fn builder(name: impl Into<String>) -> ClusterBuilder {
        ClusterBuilder::new(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The clock from which its objects take their times.
    pub fn clock(&self) -> &SimClock {
        &self.0.clock
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The requests it was asked, in their order, those struck by a fault included.
    pub fn requests(&self) -> Vec<RequestRecord> {
        lock(&self.0.log).clone()
    }

    /// How many requests it was asked.
    pub fn request_count(&self) -> usize {
        lock(&self.0.log).len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.0.state);
        controllers::catch_up(&mut state, &self.0.clock);
        state
    }

    fn change<T>(&self, change: impl FnOnce(&mut State, &str) -> T) -> T {
        change(&mut self.state(), &self.0.clock.text())
    }

    /// The objects of a kind (`Pod`, or `pods`) in all namespaces, as they are now. Those of a [`Crowd`] are not among them.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.state().kind(kind).into_iter().cloned().collect()
    }

    /// One object as it is now; the namespace is empty for kinds without one.
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> Result<Value, ClusterError> {
        let mut state = self.state();
        state.adopt(kind, namespace, name);
        state.get(kind, namespace, name).cloned()
    }

    /// Adds an object, or puts it in place of the one of that name. Uid, time of creation and managed fields are filled
    /// in where they are missing; its namespace is made where there is none.
    pub fn insert(&self, object: Value) -> Result<(), ClusterError> {
        let (kind, namespace, name) = (
            object["kind"].as_str().unwrap_or_default().to_owned(),
            store::meta(&object, "namespace").to_owned(),
            store::meta(&object, "name").to_owned(),
        );
        self.change(|state, now| state.insert(object, now, Manager::Person))?;
        self.tell_controllers(&kind, &namespace, &name);
        Ok(())
    }

    /// Changes an object in place. Its `resourceVersion` grows; where its `spec` is changed, its `generation` grows, and
    /// the status stays behind, as on a real cluster before the controllers have seen the change. They see it when
    /// [`settle`](Self::settle) is called, or at once in a cluster that was built with
    /// [`controllers`](ClusterBuilder::controllers).
    pub fn edit(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        edit: impl FnOnce(&mut Value),
    ) -> Result<(), ClusterError> {
        self.state().edit(kind, namespace, name, edit)?;
        self.tell_controllers(kind, namespace, name);
        Ok(())
    }

    /// Controllers that follow everything follow what a test changes.
    fn tell_controllers(&self, kind: &str, namespace: &str, name: &str) {
        let at = self.0.clock.micros();
        let mut state = self.state();
        if let (true, Some(served)) = (state.controllers.live, state.served(kind))
            && let Ok(object) = state.get(&served.kind, namespace, name).cloned()
        {
            controllers::notice(&mut state, &served, &object, at);
        }
    }

    /// Lets controllers and kubelets look at everything, and do all that is due by the time of the clock. What takes its
    /// time needs the clock to move: `clock().advance(…)`, then this, or any request.
    pub fn settle(&self) {
        let at = self.0.clock.micros();
        controllers::wake_all(&mut self.state(), at);
        drop(self.state());
    }

    /// Holds the controllers from now on: nobody sees what is changed, and nothing is made or counted, until they are let
    /// go again. Kubelets go on.
    pub fn hold_controllers(&self, hold: bool) {
        self.state().controllers.held = hold;
    }

    /// Pods that are made from now on from this very image get into this trouble instead of becoming ready.
    pub fn image_fails(&self, image: &str, trouble: PodTrouble) {
        self.state().controllers.habits.set_image(image, Some(trouble));
    }

    /// Pods that are made from now on from this image become ready again.
    pub fn image_works(&self, image: &str) {
        self.state().controllers.habits.set_image(image, None);
    }

    /// Under the name of this image, another one is really run from now on: Pods have the image id of that.
    pub fn same_image(&self, image: &str, really: &str) {
        self.state().controllers.habits.set_alias(image, really);
    }

    /// The containers of a Pod end and are started again after each such time, by the clock, and the Pod is ready all the
    /// while.
    pub fn keep_restarting(&self, namespace: &str, pod: &str, every: Duration) -> Result<(), ClusterError> {
        let at = self.0.clock.micros();
        let mut state = self.state();
        let pod = state.get("Pod", namespace, pod)?.clone();
        controllers::keep_restarting(&mut state, &pod, every, at);
        Ok(())
    }

    /// Takes an object away; with a Namespace goes all that is in it.
    pub fn remove(&self, kind: &str, namespace: &str, name: &str) -> Result<(), ClusterError> {
        let at = self.0.clock.micros();
        let mut state = self.state();
        let removed = state.remove(kind, namespace, name)?;
        if removed["kind"] == "Namespace" {
            state.store.empty(name);
        }
        if let (true, Some(served)) = (state.controllers.live, state.served(kind)) {
            controllers::notice_removed(&mut state, &served, &removed, at);
        }
        Ok(())
    }

    /// Something is the matter with a Node from now on.
    pub fn trouble_node(&self, name: &str, trouble: NodeTrouble) -> Result<(), ClusterError> {
        self.change(|state, now| state.edit("Node", "", name, |node| trouble.apply(node, now)))
    }

    /// Something is the matter with a Pod from now on; events tell it, and the Deployment it belongs to notices.
    pub fn trouble_pod(&self, namespace: &str, name: &str, trouble: PodTrouble) -> Result<(), ClusterError> {
        let at = self.0.clock.micros();
        workload::trouble(&mut self.state(), namespace, name, trouble, at)
    }

    /// The names of the Pods of a Deployment, in their order.
    pub fn pods_of(&self, namespace: &str, deployment: &str) -> Vec<String> {
        let state = self.state();
        let belongs = |pod: &&Value| {
            store::meta(pod, "namespace") == namespace
                && workload::deployment_of(&state, pod).as_deref() == Some(deployment)
        };
        state.kind("Pod").into_iter().filter(belongs).map(|pod| store::meta(pod, "name").to_owned()).collect()
    }

    /// Gives a Deployment another image and lets it roll out to its end: a new generation, a new ReplicaSet (or the old
    /// one of that image with a new revision), new Pods.
    pub fn roll_out(&self, namespace: &str, deployment: &str, image: &str) -> Result<(), ClusterError> {
        let at = self.0.clock.micros();
        workload::roll_out(&mut self.state(), namespace, deployment, image, at)
    }

    /// Writes the status of a Deployment again from its `spec` and its Pods, as its controller does after a change, and
    /// makes or takes away nothing.
    pub fn observe(&self, namespace: &str, deployment: &str) -> Result<(), ClusterError> {
        let at = self.0.clock.micros();
        let mut state = self.state();
        state.get("Deployment", namespace, deployment)?;
        controllers::observe(&mut state, namespace, deployment, at);
        Ok(())
    }

    /// Marks a namespace for deletion that something holds back: its phase is `Terminating`.
    pub fn terminate_namespace(&self, name: &str) -> Result<(), ClusterError> {
        self.change(|state, now| {
            state.edit("Namespace", "", name, |namespace| builder::terminating(namespace, now))
        })
    }

    /// Serves a group, such as `metrics.k8s.io`, or one version of a group, such as `autoscaling/v1`, from now on or no
    /// more.
    pub fn serve_group(&self, group_or_version: &str, serve: bool) {
        self.state().catalog.serve(group_or_version, serve);
    }

    /// Gives an identity other rules.
    pub fn set_rules(
        &self,
        identity: &str,
        rules: impl IntoIterator<Item = AccessRule>,
    ) -> Result<(), ClusterError> {
        self.state().identity(identity)?.rules = rules.into_iter().collect();
        Ok(())
    }

    /// Accepts the token of an identity no more (401), or again.
    pub fn reject_token(&self, identity: &str, reject: bool) -> Result<(), ClusterError> {
        self.state().identity(identity)?.rejected = reject;
        Ok(())
    }

    /// The bearer token of an identity; `None` for the anonymous one and for one that is not known.
    pub fn token(&self, identity: &str) -> Option<String> {
        self.state().identity(identity).ok()?.token.clone()
    }

    /// Lets a health check such as `etcd` fail: `/readyz` and `/livez` answer 500 with the list of checks.
    pub fn fail_health_check(&self, check: impl Into<String>) {
        lock(&self.0.failing).push(check.into());
    }

    /// Its store, etcd, does not answer, or does again. What needs it is answered with 504, which a real server says
    /// only after a minute, or after the `timeout` of the request; what the server remembers (lists with
    /// `resourceVersion=0`, watches, access reviews, discovery, the version) is answered as before. The health checks
    /// `etcd` and `etcd-readiness` fail.
    pub fn freeze_store(&self, freeze: bool) {
        self.0.frozen.store(freeze, Ordering::SeqCst);
    }

    fn is_frozen(&self) -> bool {
        self.0.frozen.load(Ordering::SeqCst)
    }

    /// The health checks that fail now.
    fn failing(&self) -> Vec<String> {
        let mut failing = lock(&self.0.failing).clone();
        if self.is_frozen() {
            failing.extend(["etcd", "etcd-readiness"].map(str::to_owned));
        }
        failing
    }

    /// What the webhook of that name answers from now on: see [`WebhookAnswer`]. Who is asked about what is said by the
    /// ValidatingWebhookConfigurations and MutatingWebhookConfigurations of the cluster.
    pub fn answer_webhook(&self, name: impl Into<String>, answer: WebhookAnswer) {
        lock(&self.0.webhooks).insert(name.into(), answer);
    }

    /// Sends a `Warning` header with every answer under this path.
    pub fn warn(&self, path: impl Into<String>, message: impl Into<String>) {
        lock(&self.0.warnings).push((path.into(), message.into()));
    }
}
