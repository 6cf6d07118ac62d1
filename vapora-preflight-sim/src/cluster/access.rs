//! Who may do what.

use serde_json::{Value, json};

use super::{
    rbac::{Bound, Rule},
    routes::Target,
};

/// The name of the identity that may do everything.
pub const ADMIN: &str = "admin";
/// The name of the identity that may do nothing but what its rules say.
pub const RESTRICTED: &str = "restricted";
/// The name of a caller without credentials.
pub const ANONYMOUS: &str = "anonymous";

/// Something an identity may do, as a rule of a Role or ClusterRole says it. What Roles and bindings in the cluster give is
/// added to it.
///
/// ```
/// use vapora_preflight_sim::AccessRule;
///
/// let everywhere = AccessRule::new(["get", "list"], [""], ["nodes"]);
/// let in_one_place = AccessRule::new(["get", "list"], ["", "apps"], ["pods", "deployments"]).in_namespaces(["vapora"]);
/// assert_ne!(everywhere, in_one_place);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    verbs: Vec<String>,
    groups: Vec<String>,
    resources: Vec<String>,
    namespaces: Option<Vec<String>>,
    names: Option<Vec<String>>,
    role: String,
}

fn owned<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

fn allows(allowed: &[String], wanted: &str) -> bool {
    allowed.iter().any(|one| one == "*" || one == wanted)
}

impl AccessRule {
    /// These verbs on these resources of these API groups, in the whole cluster. `*` stands for all; the core group is
    /// the empty text; a subresource is a resource of its own, as in `pods/log`.
    pub fn new<V: Into<String>, G: Into<String>, R: Into<String>>(
        verbs: impl IntoIterator<Item = V>,
        groups: impl IntoIterator<Item = G>,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            verbs: owned(verbs),
            groups: owned(groups),
            resources: owned(resources),
            namespaces: None,
            names: None,
            role: "simulated".to_owned(),
        }
    }

    /// The same in these namespaces only.
    pub fn in_namespaces<N: Into<String>>(self, namespaces: impl IntoIterator<Item = N>) -> Self {
        Self { namespaces: Some(owned(namespaces)), ..self }
    }

    /// The same on the objects of these names only. What has no name in its request, such as a list or the creation of an
    /// object, is not allowed by such a rule.
    ///
    /// ```
    /// use vapora_preflight_sim::AccessRule;
    ///
    /// let rule = AccessRule::new(["get", "patch"], ["apps"], ["deployments"]).in_namespaces(["vapora"]).named(["backend"]);
    /// ```
    pub fn named<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { names: Some(owned(names)), ..self }
    }

    /// The name of the role, which an access review gives as its reason.
    pub fn role(self, role: impl Into<String>) -> Self {
        Self { role: role.into(), ..self }
    }

    pub(crate) fn permits(&self, target: &Target) -> bool {
        let full = target.resource_and_subresource();
        let resource = allows(&self.resources, &full)
            || target.subresource.as_ref().is_some_and(|sub| self.resources.contains(&format!("*/{sub}")));
        let place = match (&self.namespaces, &target.namespace) {
            (None, _) => true,
            (Some(namespaces), Some(namespace)) => namespaces.contains(namespace),
            (Some(_), None) => false,
        };
        let name = match (&self.names, &target.name) {
            (None, _) => true,
            (Some(names), Some(name)) => names.contains(name),
            (Some(_), None) => false,
        };
        resource && place && name && allows(&self.verbs, &target.verb) && allows(&self.groups, &target.group)
    }

    /// As a review of rules lists it; `None` where it says nothing about this namespace.
    pub(crate) fn listed(&self, namespace: &str) -> Option<Value> {
        if self.namespaces.as_ref().is_some_and(|namespaces| !namespaces.iter().any(|one| one == namespace)) {
            return None;
        }
        let mut rule = json!({ "verbs": self.verbs, "apiGroups": self.groups, "resources": self.resources });
        if let Some(names) = &self.names {
            rule["resourceNames"] = json!(names);
        }
        Some(rule)
    }

    fn reason(&self, subject: &str, target: &Target) -> String {
        let role = &self.role;
        match (&self.namespaces, &target.namespace) {
            (Some(_), Some(namespace)) => {
                format!("RBAC: allowed by RoleBinding \"{role}/{namespace}\" of Role \"{role}\" to {subject}")
            }
            _ => format!(
                "RBAC: allowed by ClusterRoleBinding \"{role}\" of ClusterRole \"{role}\" to {subject}"
            ),
        }
    }
}

/// Someone who asks the cluster.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) uid: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) rules: Vec<AccessRule>,
    /// What the bindings of the cluster give to it.
    pub(crate) bound: Vec<Bound>,
    /// How a binding names it: `User "x"`, `ServiceAccount "x/ns"`.
    pub(crate) subject: String,
    pub(crate) everything: bool,
    pub(crate) token: Option<String>,
    pub(crate) rejected: bool,
    /// By which certificate or token it was known, as in `JTI=…`.
    pub(crate) credential: Option<String>,
}

/// The decision about one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allowed { reason: Option<String> },
    Denied,
}

impl Decision {
    fn by_default_role(role: &str) -> Self {
        let group = "Group \"system:authenticated\"";
        Self::Allowed {
            reason: Some(format!(
                "RBAC: allowed by ClusterRoleBinding \"{role}\" of ClusterRole \"{role}\" to {group}"
            )),
        }
    }
}

pub(crate) const PUBLIC_PATHS: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
const REVIEWS: [(&str, &str); 3] = [
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
];

impl Identity {
    pub(crate) fn user(name: &str, token: String, rules: Vec<AccessRule>) -> Self {
        Self {
            name: name.to_owned(),
            username: name.to_owned(),
            uid: None,
            groups: owned(["system:authenticated"]),
            rules,
            bound: Vec::new(),
            subject: format!("User \"{name}\""),
            everything: false,
            token: Some(token),
            rejected: false,
            credential: None,
        }
    }

    pub(crate) fn admin(token: String) -> Self {
        let groups = owned(["system:masters", "system:authenticated"]);
        Self { groups, everything: true, ..Self::user(ADMIN, token, Vec::new()) }
    }

    pub(crate) fn service_account(
        name: &str,
        namespace: &str,
        uid: String,
        token: String,
        rules: Vec<AccessRule>,
    ) -> Self {
        let mut groups = owned(["system:serviceaccounts", "system:authenticated"]);
        groups.insert(1, format!("system:serviceaccounts:{namespace}"));
        Self {
            username: format!("system:serviceaccount:{namespace}:{name}"),
            uid: Some(uid),
            groups,
            subject: format!("ServiceAccount \"{name}/{namespace}\""),
            ..Self::user(name, token, rules)
        }
    }

    pub(crate) fn anonymous() -> Self {
        Self {
            name: ANONYMOUS.to_owned(),
            username: "system:anonymous".to_owned(),
            groups: owned(["system:unauthenticated"]),
            token: None,
            ..Self::user("system:anonymous", String::new(), Vec::new())
        }
    }

    pub(crate) fn authenticated(&self) -> bool {
        self.groups.iter().any(|group| group == "system:authenticated")
    }

    /// May it do that with the resource?
    pub(crate) fn decide(&self, target: &Target) -> Decision {
        if self.everything {
            return Decision::Allowed { reason: None };
        }
        if self.authenticated()
            && target.verb == "create"
            && target.subresource.is_none()
            && REVIEWS.contains(&(target.group.as_str(), target.resource.as_str()))
        {
            return Decision::by_default_role("system:basic-user");
        }
        match self.rules.iter().find(|rule| rule.permits(target)) {
            Some(rule) => Decision::Allowed { reason: Some(rule.reason(&self.subject, target)) },
            None => {
                self.by_binding(|bound| matches!(&bound.rule, Rule::Resources(rule) if rule.permits(target)))
            }
        }
    }

    fn by_binding(&self, permits: impl Fn(&Bound) -> bool) -> Decision {
        match self.bound.iter().find(|bound| permits(bound)) {
            Some(bound) => Decision::Allowed { reason: Some(bound.reason.clone()) },
            None => Decision::Denied,
        }
    }

    /// May it do that with a path that is no resource?
    pub(crate) fn decide_path(&self, verb: &str, path: &str) -> Decision {
        if self.everything {
            return Decision::Allowed { reason: None };
        }
        if matches!(verb, "get" | "head") {
            if PUBLIC_PATHS.contains(&path) {
                return Decision::by_default_role("system:public-info-viewer");
            }
            let root = path.split('/').nth(1).unwrap_or_default();
            if self.authenticated() && ["api", "apis", "openapi"].contains(&root) {
                return Decision::by_default_role("system:discovery");
            }
        }
        self.by_binding(|bound| bound.permits_path(verb, path))
    }
}
