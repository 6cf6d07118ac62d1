//! The lines, and the checks that take their place.

/// One line of the written checklist.
pub(crate) struct Line {
    /// What it is for.
    pub(crate) title: &'static str,
    /// What people typed; `$NS` is the namespace. `kubectl` is told the context by its kubeconfig.
    pub(crate) shell: &'static str,
    /// The check, as the tables of a checklist hold it, without its head. `$NS` is the namespace.
    pub(crate) check: &'static str,
}

/// Those of the first hours, which read.
pub(crate) const LINES: &[Line] = &[
    Line {
        title: "the cluster answers",
        shell: "kubectl cluster-info",
        check: "kind = \"k8s.api_reachable\"",
    },
    Line { title: "all nodes are Ready", shell: "kubectl get nodes", check: "kind = \"k8s.nodes_ready\"" },
    Line {
        title: "the namespace exists",
        shell: "kubectl get namespace $NS",
        check: "kind = \"k8s.namespace_exists\"\nnamespace = \"$NS\"",
    },
    Line {
        title: "the deployments are available",
        shell: "kubectl get deployments -n $NS",
        check: "kind = \"k8s.deployments_available\"\nnamespace = \"$NS\"\n\
                names = [\"vapora-backend\", \"vapora-agents\", \"vapora-llm-router\"]",
    },
    Line {
        title: "all pods run",
        shell: "kubectl get pods -n $NS",
        check: "kind = \"k8s.pods_running\"\nnamespace = \"$NS\"",
    },
    Line {
        title: "no pod is in a crash loop",
        shell: "kubectl get pods -n $NS",
        check: "kind = \"k8s.pods_running\"\nnamespace = \"$NS\"\nat_least = 3",
    },
    Line {
        title: "deployments may be created",
        shell: "kubectl auth can-i create deployments --namespace=$NS",
        check: "kind = \"k8s.access_allowed\"\nnamespace = \"$NS\"\nverbs = [\"create\"]\nresources = [\"deployments.apps\"]",
    },
];
