//! Which versions go together: the version skew policy of Kubernetes.

use super::Said;
use crate::{version::Version, wording::count};

/// What is compared with the API server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Component {
    Kubectl,
    Kubelet,
    KubeProxy,
}

impl Component {
    fn name(self) -> &'static str {
        match self {
            Self::Kubectl => "kubectl",
            Self::Kubelet => "the kubelet",
            Self::KubeProxy => "the kube-proxy",
        }
    }

    /// How many minor versions one of this version may be older, and newer, than the API server.
    fn allowed(self, version: Version) -> (i64, i64) {
        match self {
            Self::Kubectl => (1, 1),
            Self::Kubelet | Self::KubeProxy => (oldest(version), 0),
        }
    }

    /// Why one of this version does not go with the API server.
    pub(super) fn skew(self, said: &Said, server: &Said) -> Option<String> {
        let (older, newer) = self.allowed(said.version);
        apart(self.name(), said, "the API server", server.version, older, newer)
    }
}

/// How many minor versions a component of a node may be older than the API server. Since 1.25 it may be three.
fn oldest(version: Version) -> i64 {
    if version.minor() < 25 { 2 } else { 3 }
}

/// Why a kube-proxy does not go with the kubelet beside it.
pub(super) fn beside(proxy: &Said, kubelet: &Said) -> Option<String> {
    let most = oldest(proxy.version);
    apart("the kube-proxy", proxy, "its kubelet", kubelet.version, most, most)
}

fn apart(name: &str, said: &Said, other: &str, than: Version, older: i64, newer: i64) -> Option<String> {
    let text = &said.text;
    let Some(distance) = said.version.minors_after(than) else {
        return Some(format!("{name} {text} is of another major version than {other}"));
    };
    let number = usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX);
    let (way, allowed) = match distance {
        0 => return None,
        distance if distance < 0 => ("older", older),
        _ => ("newer", newer),
    };
    (distance.abs() > allowed).then(|| {
        format!("{name} {text} is {} {way} than {other} (at most {allowed})", count(number, "minor version"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        Said::of(text, "a test").unwrap()
    }

    fn fits(component: Component, version: &str, server: &str) -> bool {
        component.skew(&said(version), &said(server)).is_none()
    }

    #[test]
    fn the_policy_is_kept() {
        use Component::{KubeProxy, Kubectl, Kubelet};
        for (component, version, server, good) in [
            (Kubectl, "v1.36.0", "v1.36.3", true),
            (Kubectl, "v1.35.9", "v1.36.3", true),
            (Kubectl, "v1.37.0", "v1.36.3", true),
            (Kubectl, "v1.34.0", "v1.36.3", false),
            (Kubectl, "v1.38.0", "v1.36.3", false),
            (Kubectl, "v2.36.0", "v1.36.3", false),
            (Kubelet, "v1.36.9", "v1.36.3", true),
            (Kubelet, "v1.37.0", "v1.36.3", false),
            (Kubelet, "v1.33.0", "v1.36.3", true),
            (Kubelet, "v1.32.0", "v1.36.3", false),
            (Kubelet, "v1.25.0", "v1.28.0", true),
            (Kubelet, "v1.24.0", "v1.27.0", false),
            (Kubelet, "v1.24.0", "v1.26.0", true),
            (KubeProxy, "v1.33.0", "v1.36.3", true),
            (KubeProxy, "v1.37.0", "v1.36.3", false),
        ] {
            assert_eq!(fits(component, version, server), good, "{component:?} {version} {server}");
        }
        assert!(beside(&said("v1.33.0"), &said("v1.36.0")).is_none());
        assert!(beside(&said("v1.36.0"), &said("v1.32.0")).is_some());
        assert!(beside(&said("v1.24.0"), &said("v1.27.0")).is_some());
    }
}
