//! How a simulated cluster is put together.

use std::sync::{Arc, Mutex, OnceLock, atomic::AtomicBool};

use serde_json::{Value, json};

use super::{
    Cluster, Inner,
    access::{ADMIN, AccessRule, Identity, RESTRICTED},
    controllers::Controllers,
    crowd::{Crowd, NodeCrowd, Pattern, PodCrowd},
    events::Events,
    kinds::Catalog,
    metadata::Manager,
    node, pod,
    runtime::Runtime,
    state::State,
    store::Store,
    workload::{self, As, Workload},
};
use crate::{clock::SimClock, faults::Faults, ids::Ids};

/// Puts a simulated cluster together, in the order of the calls: Pods are placed on the Nodes that are there.
#[derive(Debug)]
pub struct ClusterBuilder {
    name: String,
    clock: SimClock,
    state: State,
    runtime: Runtime,
}

/// Noon of the first of December 2026 in UTC, in seconds of Unix time.
const DEFAULT_TIME: i64 = 1_796_126_400;

impl ClusterBuilder {
    pub(crate) fn new(name: String) -> Self {
        let mut state = State {
            catalog: Catalog::default(),
            store: Store::default(),
            identities: Vec::new(),
            tokens: Vec::new(),
            ids: Ids::seeded(&name),
            owners: true,
            controllers: Controllers::default(),
            events: Events::default(),
            version: "v1.36.3".to_owned(),
        };
        let clock = SimClock::at_unix_seconds(DEFAULT_TIME);
        for namespace in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            state.namespace(namespace, &clock.text());
        }
        let mut builder = Self { name, clock, state, runtime: Runtime::default() };
        let token = builder.new_token(ADMIN);
        builder.state.identities.push(Identity::admin(token));
        builder.service_account(RESTRICTED, "vapora", [])
    }

    fn new_token(&mut self, identity: &str) -> String {
        format!("sim-{}-{identity}-{}", self.name, self.state.ids.suffix(24))
    }

    /// Takes the times of what follows from this clock; without it, it is noon of 1 December 2026 in UTC.
    pub fn clock(self, clock: SimClock) -> Self {
        Self { clock, ..self }
    }

    /// Stands still at this time, in seconds of Unix time.
    pub fn at(self, unix_seconds: i64) -> Self {
        self.clock(SimClock::at_unix_seconds(unix_seconds))
    }

    /// The version of Kubernetes, `v1.36.3` by default.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.state.version = version.into();
        self
    }

    /// Serves a group, such as `metrics.k8s.io`, or one version of a group, such as `autoscaling/v1`, not at all.
    pub fn without_group(mut self, group_or_version: &str) -> Self {
        self.state.catalog.serve(group_or_version, false);
        self
    }

    /// The Nodes have no kubelets that could be asked: see [`Cluster::without_kubelets`].
    pub fn without_kubelets(mut self) -> Self {
        *self.runtime.kubelets_gone.get_mut() = true;
        self
    }

    /// Serves a kind in one more version, as an older server does: the same objects under another `apiVersion`. Whoever
    /// uses it is warned; a text such as `policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+;
    /// use policy/v1 PodDisruptionBudget` is what a real server says.
    ///
    /// ```
    /// use vapora_preflight_sim::Cluster;
    ///
    /// let warning = "extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1";
    /// let cluster = Cluster::builder("old").deprecated_version("extensions/v1beta1", "Ingress", warning).build();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such kind.
    pub fn deprecated_version(mut self, api_version: &str, kind: &str, warning: impl Into<String>) -> Self {
        let known = self.state.catalog.also(api_version, kind, warning.into());
        assert!(known, "the simulated cluster cannot be built: there is no kind `{kind}`");
        self
    }

    /// Does not write down who owns the fields of the objects that follow: a very large cluster needs little more than half
    /// of the memory without their `managedFields`.
    pub fn without_managed_fields(mut self) -> Self {
        self.state.owners = false;
        self
    }

    /// A Node that is ready.
    pub fn node(self, name: &str) -> Self {
        let now = self.clock.text();
        let number = self.state.count("Node") + 1;
        let version = self.state.version.clone();
        let node = node::ready(name, number, &version, &now);
        self.insert(node, Manager::Controller)
    }

    /// So many Nodes that are ready: `node-1`, `node-2` and on.
    pub fn nodes(self, count: usize) -> Self {
        (1..=count).fold(self, |builder, number| builder.node(&format!("node-{number}")))
    }

    /// So many Nodes that are ready, `worker-0001` and on, with as many zeros in front as are needed; they are made as they
    /// are asked for, and not kept. Pods of what is built after them are placed on them, too.
    ///
    /// # Panics
    ///
    /// If there is a crowd of Nodes already, or it is to have none.
    pub fn crowd_of_nodes(mut self, count: usize) -> Self {
        assert!(
            count > 0 && self.state.store.crowds().nodes().is_none(),
            "the simulated cluster cannot be built: expected one crowd of Nodes, with at least one"
        );
        let pattern =
            self.pattern().node(NodeCrowd::PATTERN).build().objects("Node").pop().unwrap_or_default();
        let first = self.state.store.reserve(count as u64);
        self.state.store.crowds_mut().add_nodes(NodeCrowd::new(count, &self.name, &pattern, first));
        self
    }

    /// Very many Pods with their ReplicaSets and Deployments, on the Nodes of the [crowd](Self::crowd_of_nodes). They are made
    /// as they are asked for, and not kept: got by name, listed in parts and with selectors, as tables and as metadata, and
    /// measured by `metrics.k8s.io`.
    ///
    /// One that is changed or written to, or whose subresources are asked for, is kept from then on, with its Deployment and
    /// all the Pods of that, and is an object like any other. Quotas, budgets, Services and DaemonSets see only what is kept,
    /// and so do [`Cluster::objects`] and [`Cluster::pods_of`]; to watch a crowd from its beginning, and to delete a collection
    /// of it, is not known here.
    ///
    /// # Panics
    ///
    /// If there is no crowd of Nodes, it has no Pods, or there is one in that namespace already.
    pub fn crowd(mut self, crowd: Crowd) -> Self {
        let crowds = self.state.store.crowds();
        let nodes = crowds.nodes().cloned();
        assert!(
            nodes.is_some() && crowd.pods() > 0 && !crowds.fills(crowd.namespace()),
            "the simulated cluster cannot be built: expected a crowd of Nodes first, and one crowd of Pods in a namespace,              with at least one"
        );
        let Some(nodes) = nodes else { return self };
        let before = crowds.pods().iter().map(|pods| pods.len()).sum();
        self = self.namespace(crowd.namespace());
        let [namespace, deployment] = PodCrowd::PATTERN;
        let workload = Workload::new(deployment, 1, crowd.image_name()).container(PodCrowd::CONTAINER);
        let pattern = self.pattern().node(NodeCrowd::PATTERN).workload(namespace, workload).build();
        let one = |kind| pattern.objects(kind).pop().unwrap_or_default();
        let pattern =
            Pattern { deployment: one("Deployment"), replica_set: one("ReplicaSet"), pod: one("Pod") };
        let first = self.state.store.reserve(crowd.objects());
        let pods = PodCrowd::new(crowd, before, &nodes, &self.name, first, &pattern);
        self.state.store.crowds_mut().add_pods(pods);
        self
    }

    /// A cluster in which the patterns of a crowd are made.
    fn pattern(&self) -> Self {
        let mut pattern = Self::new(format!("{}/pattern", self.name))
            .clock(self.clock.clone())
            .version(&self.state.version);
        pattern.state.owners = self.state.owners;
        pattern
    }

    /// A namespace.
    pub fn namespace(mut self, name: &str) -> Self {
        let now = self.clock.text();
        self.state.namespace(name, &now);
        self
    }

    /// A Deployment with one container that has rolled out, with its ReplicaSet and its Pods. Where there is no Node, the
    /// Pods stay `Pending`, as they would.
    pub fn deployment(self, namespace: &str, name: &str, replicas: u32, image: &str) -> Self {
        self.workload(namespace, Workload::new(name, replicas, image))
    }

    /// A Deployment that is described more closely.
    ///
    /// # Panics
    ///
    /// If it has no name.
    pub fn workload(self, namespace: &str, workload: Workload) -> Self {
        self.runs(namespace, workload, As::Deployment)
    }

    /// A StatefulSet with its Pods: `<name>-0` and on.
    ///
    /// # Panics
    ///
    /// If it has no name.
    pub fn stateful_set(self, namespace: &str, workload: Workload) -> Self {
        self.runs(namespace, workload, As::StatefulSet)
    }

    /// A DaemonSet with a Pod on each of the Nodes that are there; the number of replicas says nothing.
    ///
    /// # Panics
    ///
    /// If it has no name.
    pub fn daemon_set(self, namespace: &str, workload: Workload) -> Self {
        self.runs(namespace, workload, As::DaemonSet)
    }

    fn runs(mut self, namespace: &str, workload: Workload, what: As) -> Self {
        let now = self.now();
        if let Err(error) = workload::create(&mut self.state, namespace, &workload, what, now) {
            panic!("the simulated cluster cannot be built: {error}");
        }
        self
    }

    /// What goes on by itself in the cluster follows everything that a test changes, as it follows what comes through
    /// the API. Without this, it follows only the latter: what [`Cluster::edit`] changes is not yet seen by anybody.
    pub fn controllers(mut self) -> Self {
        self.state.controllers.live = true;
        self
    }

    /// The time, in microseconds of Unix time.
    pub(crate) fn now(&self) -> i64 {
        self.clock.micros()
    }

    pub(crate) fn state(&mut self) -> &mut State {
        &mut self.state
    }

    /// An address for a Service that no other has.
    pub(crate) fn next_address(&self) -> String {
        let number = self.state.count("Service") + 10;
        format!("10.96.{}.{}", number / 250, number % 250 + 1)
    }

    /// A Pod of no Deployment, as of a StatefulSet: running and ready, with one container.
    pub fn pod(mut self, namespace: &str, name: &str, image: &str) -> Self {
        let now = self.clock.text();
        self.state.namespace(namespace, &now);
        let pod = pod::single(&mut self.state, namespace, name, image, &now);
        self.insert(pod, Manager::Controller)
    }

    /// A ConfigMap with this data.
    pub fn config_map<'a>(
        self,
        namespace: &str,
        name: &str,
        data: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let data: serde_json::Map<String, Value> =
            data.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        self.object(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": { "app.kubernetes.io/part-of": namespace },
            },
            "data": data,
        }))
    }

    /// Any object of a served kind, as `kubectl get -o json` shows it. What a server fills in may be missing.
    ///
    /// # Panics
    ///
    /// If its kind is not served, or it has no name or namespace; [`Cluster::insert`] gives an error instead.
    pub fn object(self, object: Value) -> Self {
        self.insert(object, Manager::Person)
    }

    fn insert(mut self, object: Value, manager: Manager) -> Self {
        let now = self.clock.text();
        if let Err(error) = self.state.insert(object, &now, manager) {
            panic!("the simulated cluster cannot be built: {error}");
        }
        self
    }

    /// A user of that name who may do what these rules say.
    pub fn identity(mut self, name: &str, rules: impl IntoIterator<Item = AccessRule>) -> Self {
        let token = self.new_token(name);
        self.add(Identity::user(name, token, rules.into_iter().collect()));
        self
    }

    /// A service account that may do what these rules say; as an identity it goes by its name alone.
    pub fn service_account(
        mut self,
        name: &str,
        namespace: &str,
        rules: impl IntoIterator<Item = AccessRule>,
    ) -> Self {
        let token = self.new_token(name);
        let uid = self.state.ids.uid();
        self.add(Identity::service_account(name, namespace, uid, token, rules.into_iter().collect()));
        self
    }

    fn add(&mut self, identity: Identity) {
        self.state.identities.retain(|other| other.name != identity.name);
        self.state.identities.push(identity);
    }

    /// What the identity [`RESTRICTED`] may do: the service account `restricted` in the namespace `vapora`. Without
    /// rules it may do nothing.
    pub fn restricted(self, rules: impl IntoIterator<Item = AccessRule>) -> Self {
        self.service_account(RESTRICTED, "vapora", rules)
    }

    /// The cluster.
    pub fn build(mut self) -> Cluster {
        self.state.store.compact();
        Cluster(Arc::new(Inner {
            name: self.name,
            clock: self.clock,
            faults: Faults::default(),
            state: Mutex::new(self.state),
            log: Mutex::default(),
            warnings: Mutex::default(),
            webhooks: Mutex::default(),
            failing: Mutex::default(),
            frozen: AtomicBool::new(false),
            authority: OnceLock::new(),
            runtime: self.runtime,
        }))
    }
}

/// What is said about a namespace that is going and cannot.
pub(crate) fn terminating(namespace: &mut Value, now: &str) {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": status,
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        })
    };
    namespace["metadata"]["deletionTimestamp"] = now.into();
    namespace["status"] = json!({
        "phase": "Terminating",
        "conditions": [
            condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
                "All resources successfully discovered"),
            condition("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
                "All legacy kube types successfully parsed"),
            condition("NamespaceDeletionContentFailure", "False", "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"),
            condition("NamespaceContentRemaining", "True", "SomeResourcesRemain",
                "Some resources are remaining: configmaps. has 1 resource instances"),
            condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"),
        ],
    });
}
