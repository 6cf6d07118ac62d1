//! The lines, and the checks that take their place.

/// One line of the written checklist.
pub(crate) struct Line {
    /// What it is for.
    pub(crate) title: &'static str,
    /// What people typed; `$NS` is the namespace, `$FILES` the folder of the manifests. `kubectl` is told the context by its
    /// kubeconfig.
    pub(crate) shell: &'static str,
    /// The kind that takes its place.
    pub(crate) kind: &'static str,
    /// Its parameters, as the table of a check holds them.
    pub(crate) parameters: &'static str,
}

impl Line {
    /// Whether it is about the manifests of a release.
    pub(crate) fn needs_files(&self) -> bool {
        self.shell.contains("$FILES") || self.parameters.contains("$FILES")
    }

    /// The check, as the table of a checklist holds it, without its head.
    pub(crate) fn check(&self) -> String {
        format!("kind = \"{}\"\n{}", self.kind, self.parameters)
    }
}

/// Each line that asks something, once, in the order of the checklist. Not here are those that change something (`apply`
/// without a dry run, `rollout undo`) and those that never end (`logs -f`, `--watch`).
pub(crate) const LINES: &[Line] = &[
    Line {
        title: "the cluster answers",
        shell: "kubectl cluster-info",
        kind: "k8s.api_reachable",
        parameters: "",
    },
    Line {
        title: "all nodes are Ready",
        shell: "kubectl get nodes",
        kind: "k8s.nodes_ready",
        parameters: "",
    },
    Line {
        title: "the namespace exists",
        shell: "kubectl get namespace $NS",
        kind: "k8s.namespace_exists",
        parameters: "namespace = '$NS'",
    },
    Line {
        title: "the deployments are available",
        shell: "kubectl get deployments -n $NS",
        kind: "k8s.deployments_available",
        parameters: "namespace = '$NS'\nnames = ['vapora-backend', 'vapora-agents', 'vapora-llm-router']",
    },
    Line {
        title: "the ConfigMap is up to date",
        shell: "kubectl get configmap -n $NS -o yaml | head -20",
        kind: "k8s.config_map_matches",
        parameters: "namespace = '$NS'\nname = 'vapora-config'\nmanifest = '$FILES/configmap.yaml'",
    },
    Line {
        title: "the nodes are not near capacity",
        shell: "kubectl top nodes",
        kind: "k8s.nodes_have_headroom",
        parameters: "",
    },
    Line {
        title: "all pods run",
        shell: "kubectl get pods -n $NS",
        kind: "k8s.pods_running",
        parameters: "namespace = '$NS'\nat_least = 3",
    },
    Line {
        title: "the recent events are harmless",
        shell: "kubectl get events -n $NS --sort-by='.lastTimestamp' | tail -10",
        kind: "k8s.no_warning_events",
        parameters: "namespace = '$NS'\nsince = '1h'",
    },
    Line {
        title: "CPU and memory are recorded",
        shell: "kubectl top pods -n $NS",
        kind: "k8s.usage_recorded",
        parameters: "namespace = '$NS'\nnames = ['vapora-backend', 'vapora-agents', 'vapora-llm-router']",
    },
    Line {
        title: "the backend logs no errors",
        shell: "kubectl logs deployment/vapora-backend -n $NS --tail=50",
        kind: "k8s.logs_clean",
        parameters: "namespace = '$NS'\nworkloads = ['deployment/vapora-backend']\ntail = 50\nallow_silent = true",
    },
    Line {
        title: "the agents log no errors",
        shell: "kubectl logs deployment/vapora-agents -n $NS --tail=50",
        kind: "k8s.logs_clean",
        parameters: "namespace = '$NS'\nworkloads = ['deployment/vapora-agents']\ntail = 50\nallow_silent = true",
    },
    Line {
        title: "the database is healthy",
        shell: "kubectl exec -n $NS surrealdb-0 -- surreal isready --endpoint http://127.0.0.1:8000",
        kind: "k8s.exec_succeeds",
        parameters: "namespace = '$NS'\npods = ['surrealdb-0']\nonly_reads = true\ncontains = ['OK']\n\
                     argv = ['surreal', 'isready', '--endpoint', 'http://127.0.0.1:8000']",
    },
    Line {
        title: "the ConfigMap would be applied",
        shell: "kubectl apply -f $FILES/configmap.yaml --dry-run=server -n $NS",
        kind: "k8s.dry_run_applies",
        parameters: "namespace = '$NS'\nfiles = ['$FILES/configmap.yaml']\nresources = ['configmaps']",
    },
    Line {
        title: "the deployments would be applied",
        shell: "kubectl apply -f $FILES/deployment.yaml --dry-run=server -n $NS",
        kind: "k8s.dry_run_applies",
        parameters: "namespace = '$NS'\nfiles = ['$FILES/deployment.yaml']\nresources = ['deployments.apps']",
    },
    Line {
        title: "there is a revision to go back to",
        shell: "kubectl rollout history deployment/vapora-backend -n $NS",
        kind: "k8s.rollout_history",
        parameters: "namespace = '$NS'\nname = 'deployment/vapora-backend'\nat_least = 1",
    },
    Line {
        title: "the ConfigMap is backed up",
        shell: "kubectl get configmap -n $NS vapora-config -o yaml > configmap-backup.yaml",
        kind: "k8s.backed_up",
        parameters: "namespace = '$NS'\nobjects = ['configmaps/vapora-config']",
    },
    Line {
        title: "which image runs is known",
        shell: "kubectl get deployment vapora-backend -n $NS -o yaml | grep image",
        kind: "k8s.images_updated",
        parameters: "namespace = '$NS'\nnames = ['vapora-backend']",
    },
    Line {
        title: "the kubeconfig is valid",
        shell: "kubectl cluster-info && kubectl get nodes",
        kind: "k8s.kubeconfig_valid",
        parameters: "allow_unsaid = true",
    },
    Line {
        title: "kubectl fits the server",
        shell: "kubectl version",
        kind: "k8s.version_skew",
        parameters: "kubectl = 'kubectl'",
    },
    Line {
        title: "deployments may be created",
        shell: "kubectl auth can-i create deployments --namespace=$NS",
        kind: "k8s.access_allowed",
        parameters: "namespace = '$NS'\nverbs = ['create']\nresources = ['deployments.apps']",
    },
    Line {
        title: "no pod restarts",
        shell: "kubectl get pods -n $NS",
        kind: "k8s.pods_stable",
        parameters: "namespace = '$NS'\nsince = '2m'",
    },
    Line {
        title: "why a pod does not start is known",
        shell: "kubectl describe pods -n $NS",
        kind: "k8s.pods_running",
        parameters: "namespace = '$NS'",
    },
];
