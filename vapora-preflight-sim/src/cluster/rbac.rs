//! What Roles, ClusterRoles and their bindings in the cluster let an identity do.

use serde_json::Value;

use super::{
    access::{AccessRule, Identity},
    authentication::service_account,
    store::{Store, meta},
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A rule that a binding gives to an identity.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) rule: Rule,
    /// Which binding of which role gives it to whom.
    pub(crate) reason: String,
}

/// What is allowed.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    Resources(AccessRule),
    /// These verbs on these paths; one that ends in `*` stands for all that begin so.
    Paths {
        verbs: Vec<String>,
        paths: Vec<String>,
    },
}

impl Bound {
    /// Does it let somebody do that with a path that is no resource?
    pub(crate) fn permits_path(&self, verb: &str, path: &str) -> bool {
        let Rule::Paths { verbs, paths } = &self.rule else { return false };
        verbs.iter().any(|known| known == "*" || known == verb)
            && paths.iter().any(|known| match known.strip_suffix('*') {
                Some(beginning) => path.starts_with(beginning),
                None => known == path,
            })
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// What the bindings of the cluster give to an identity.
pub(crate) fn bound(store: &Store, identity: &Identity) -> Vec<Bound> {
    let mut found = Vec::new();
    for kind in ["clusterrolebindings", "rolebindings"] {
        for binding in store.stored(&format!("{GROUP}/{kind}")) {
            let mut subjects = binding["subjects"].as_array().into_iter().flatten();
            if let Some(subject) = subjects.find_map(|subject| named(subject, binding, identity)) {
                give(store, binding, &subject, &mut found);
            }
        }
    }
    found
}

/// The identity as the subject names it, if it does.
fn named(subject: &Value, binding: &Value, identity: &Identity) -> Option<String> {
    let name = subject["name"].as_str()?;
    match subject["kind"].as_str()? {
        "User" if identity.username == name => Some(format!("User \"{name}\"")),
        "Group" if identity.groups.iter().any(|group| group == name) => Some(format!("Group \"{name}\"")),
        "ServiceAccount" => {
            let namespace = subject["namespace"].as_str().unwrap_or(meta(binding, "namespace"));
            (service_account(&identity.username) == Some((namespace, name)))
                .then(|| format!("ServiceAccount \"{name}/{namespace}\""))
        }
        _ => None,
    }
}

fn give(store: &Store, binding: &Value, subject: &str, found: &mut Vec<Bound>) {
    let (kind, name) = (&binding["roleRef"]["kind"], binding["roleRef"]["name"].as_str().unwrap_or_default());
    let namespace = Some(meta(binding, "namespace")).filter(|namespace| !namespace.is_empty());
    let (kind, roles) =
        if kind == "ClusterRole" { ("ClusterRole", "clusterroles") } else { ("Role", "roles") };
    let home = if kind == "Role" { namespace.unwrap_or_default() } else { "" };
    let kept = format!("{GROUP}/{roles}");
    let mut roles = store.stored(&kept);
    let Some(role) = roles.find(|role| meta(role, "name") == name && meta(role, "namespace") == home) else {
        return;
    };
    let of = match namespace {
        Some(namespace) => format!("RoleBinding \"{}/{namespace}\"", meta(binding, "name")),
        None => format!("ClusterRoleBinding \"{}\"", meta(binding, "name")),
    };
    let reason = format!("RBAC: allowed by {of} of {kind} \"{name}\" to {subject}");
    for rule in role["rules"].as_array().into_iter().flatten() {
        let (verbs, paths) = (texts(&rule["verbs"]), texts(&rule["nonResourceURLs"]));
        let rule = if paths.is_empty() {
            let mut access = AccessRule::new(verbs, texts(&rule["apiGroups"]), texts(&rule["resources"]));
            let names = texts(&rule["resourceNames"]);
            if !names.is_empty() {
                access = access.named(names);
            }
            Rule::Resources(match namespace {
                Some(namespace) => access.in_namespaces([namespace]),
                None => access,
            })
        } else if namespace.is_none() {
            Rule::Paths { verbs, paths }
        } else {
            continue;
        };
        found.push(Bound { rule, reason: reason.clone() });
    }
}
