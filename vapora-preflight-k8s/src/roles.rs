//! The smallest roles that let a run ask and do what its checklist holds.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use vapora_preflight::{CheckId, Permission, Plan};

/// The rights of a checklist's checks on one target, in one namespace or in the whole cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// The namespace of a Role; none for a ClusterRole.
    pub namespace: Option<String>,
    /// Its rules, as few as they can be.
    pub rules: Vec<Rule>,
}

/// One rule of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The API group; empty for the core group.
    pub group: String,
    /// The resources, with their subresources after a slash.
    pub resources: Vec<String>,
    /// The objects it is for; all of them where there are none.
    pub names: Vec<String>,
    /// What may be done.
    pub verbs: Vec<String>,
    /// The checks that need it.
    pub checks: Vec<CheckId>,
    /// Whether the checks are asked without it too.
    pub optional: bool,
}

/// Who is given the roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user, by name.
    User(String),
    /// A group, by name.
    Group(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// What every authenticated user may do, unless that default was taken away.
const REVIEWS: [&str; 3] = ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"];

/// The smallest roles with which the checks of a target can be asked, that of the whole cluster first; none where they need
/// no rights.
///
/// What every authenticated user may do is left out: access reviews, `/version`, `/readyz` and discovery. A right of all
/// objects makes one of a single object needless, and one in the whole cluster one in a namespace.
pub fn roles(plan: &Plan, target: &str) -> Vec<Role> {
    let rights = plan.permissions(target);
    let is_review = |right: &Permission| REVIEWS.contains(&right.resource.as_str());
    let needed: Vec<(&Permission, &Vec<CheckId>)> =
        rights.iter().filter(|(right, _)| !is_review(right)).collect();
    let covered = |right: &Permission| needed.iter().any(|(other, _)| covers(other, right));
    let mut by_place: BTreeMap<Option<&str>, Vec<(&Permission, &Vec<CheckId>)>> = BTreeMap::new();
    for (right, checks) in &needed {
        if !covered(right) {
            by_place.entry(right.namespace.as_deref()).or_default().push((right, checks));
        }
    }
    let role = |(place, rights): (Option<&str>, Vec<(&Permission, &Vec<CheckId>)>)| Role {
        namespace: place.map(str::to_owned),
        rules: rules(&rights),
    };
    by_place.into_iter().map(role).collect()
}

/// Whether the first right is another one, and makes the second one needless.
fn covers(one: &Permission, other: &Permission) -> bool {
    let same = one.verb == other.verb && one.group == other.group && one.resource == other.resource;
    let place = one.namespace.is_none() || one.namespace == other.namespace;
    let name = one.name.is_none() || one.name == other.name;
    // of two that are the same but for being optional, the needed one stands
    same && place && name && one != other && (!one.optional || other.optional)
}

type Part = fn(&mut Rule) -> &mut Vec<String>;

/// The rules for these rights, as few as they can be.
fn rules(rights: &[(&Permission, &Vec<CheckId>)]) -> Vec<Rule> {
    let single = |(right, checks): &(&Permission, &Vec<CheckId>)| Rule {
        group: right.group.clone(),
        resources: vec![right.resource.clone()],
        names: right.name.iter().cloned().collect(),
        verbs: vec![right.verb.clone()],
        checks: (*checks).clone(),
        optional: right.optional,
    };
    let mut rules: Vec<Rule> = rights.iter().map(single).collect();
    let parts: [Part; 3] = [|rule| &mut rule.verbs, |rule| &mut rule.names, |rule| &mut rule.resources];
    for part in parts {
        rules = merged(rules, part);
    }
    rules.sort_by(|a, b| {
        (a.optional, &a.group, &a.resources, &a.names).cmp(&(b.optional, &b.group, &b.resources, &b.names))
    });
    rules
}

/// Makes one rule of those that differ in one part only.
fn merged(rules: Vec<Rule>, part: Part) -> Vec<Rule> {
    let mut all: Vec<(Rule, Rule)> = Vec::new();
    for mut rule in rules {
        let rest = without(&rule, part);
        if let Some((_, other)) = all.iter_mut().find(|(other, _)| *other == rest) {
            let (theirs, own) = (part(other), part(&mut rule));
            theirs.append(own);
            theirs.sort_unstable();
            theirs.dedup();
            other.checks.append(&mut rule.checks);
            other.checks.sort_unstable();
            other.checks.dedup();
        } else {
            all.push((rest, rule));
        }
    }
    all.into_iter().map(|(_, rule)| rule).collect()
}

/// A rule without its checks and that part of it. No names are all names, which is another thing than some.
fn without(rule: &Rule, part: Part) -> Rule {
    let mut rest = Rule { checks: Vec::new(), ..rule.clone() };
    let all = part(&mut rest).is_empty();
    *part(&mut rest) = if all { Vec::new() } else { vec!["some".to_owned()] };
    rest
}

impl Role {
    /// The manifest of the role as YAML, and of its binding where it is given to somebody. Comments name the checks that
    /// need each rule.
    pub fn to_yaml(&self, name: &str, subject: Option<&Subject>) -> String {
        let mut text = String::new();
        // writing to a `String` does not fail
        let _ = self.write(&mut text, name, subject);
        text
    }

    fn write(&self, out: &mut String, name: &str, subject: Option<&Subject>) -> fmt::Result {
        let (role, binding) = match self.namespace {
            Some(_) => ("Role", "RoleBinding"),
            None => ("ClusterRole", "ClusterRoleBinding"),
        };
        self.head(out, role, name)?;
        writeln!(out, "rules:")?;
        for rule in &self.rules {
            // the instances of one declaration are named once
            let mut checks: Vec<&str> = rule.checks.iter().map(CheckId::base).collect();
            checks.dedup();
            let optional = if rule.optional { " (they are asked without it too)" } else { "" };
            writeln!(out, "  # {}{optional}", checks.join(", "))?;
            writeln!(out, "  - apiGroups: [{}]", quoted(&rule.group))?;
            writeln!(out, "    resources: {}", list(&rule.resources))?;
            if !rule.names.is_empty() {
                writeln!(out, "    resourceNames: {}", list(&rule.names))?;
            }
            writeln!(out, "    verbs: {}", list(&rule.verbs))?;
        }
        let Some(subject) = subject else { return Ok(()) };
        writeln!(out, "---")?;
        self.head(out, binding, name)?;
        writeln!(
            out,
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {}",
            quoted(name)
        )?;
        writeln!(out, "subjects:")?;
        match subject {
            Subject::User(user) => named(out, "User", user),
            Subject::Group(group) => named(out, "Group", group),
            Subject::ServiceAccount { namespace, name } => {
                let (name, namespace) = (quoted(name), quoted(namespace));
                writeln!(out, "  - kind: ServiceAccount\n    name: {name}\n    namespace: {namespace}")
            }
        }
    }

    fn head(&self, out: &mut String, kind: &str, name: &str) -> fmt::Result {
        writeln!(
            out,
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {}",
            quoted(name)
        )?;
        match &self.namespace {
            Some(namespace) => writeln!(out, "  namespace: {}", quoted(namespace)),
            None => Ok(()),
        }
    }
}

fn named(out: &mut String, kind: &str, name: &str) -> fmt::Result {
    writeln!(out, "  - apiGroup: rbac.authorization.k8s.io\n    kind: {kind}\n    name: {}", quoted(name))
}

/// A text as YAML takes it: every JSON text is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
