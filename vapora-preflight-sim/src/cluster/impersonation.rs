//! Asking as somebody else.

use http::HeaderMap;

use super::{
    access::{Decision, Identity},
    authentication::service_account,
    rbac,
    reply::Reply,
    routes::Target,
    state::State,
    status,
};

/// Who is to be asked as; an answer that says no where the identity may not do that.
pub(crate) fn effective(state: &State, identity: &Identity, headers: &HeaderMap) -> Result<Identity, Reply> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let groups: Vec<&str> =
        headers.get_all("impersonate-group").iter().filter_map(|value| value.to_str().ok()).collect();
    let Some(user) = text("impersonate-user") else {
        return if groups.is_empty() {
            Ok(identity.clone())
        } else {
            Err(status::internal_error(&format!(
                "requested {groups:?} without impersonating a user: without a user, nothing else can be impersonated"
            )))
        };
    };
    if headers.keys().any(|name| name.as_str().starts_with("impersonate-extra-") || name == "impersonate-uid")
    {
        return Err(status::unknown_to_the_simulation("the impersonation of anything but users and groups"));
    }
    for target in asked(user, &groups) {
        if identity.decide(&target) == Decision::Denied {
            return Err(status::forbidden(&identity.username, &target));
        }
    }
    Ok(become_of(state, user, &groups))
}

/// What has to be allowed.
fn asked(user: &str, groups: &[&str]) -> Vec<Target> {
    let target = |resource: &str, namespace: Option<&str>, name: &str| Target {
        verb: "impersonate".to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: Some(name.to_owned()),
        ..Target::default()
    };
    let whom = match service_account(user) {
        Some((namespace, name)) => target("serviceaccounts", Some(namespace), name),
        None => target("users", None, user),
    };
    std::iter::once(whom).chain(groups.iter().map(|group| target("groups", None, group))).collect()
}

fn become_of(state: &State, user: &str, groups: &[&str]) -> Identity {
    let known = state.identities.iter().find(|identity| identity.username == user);
    let mut identity = known.cloned().unwrap_or_else(|| Identity::user(user, String::new(), Vec::new()));
    let mut groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    if let Some((namespace, _)) = service_account(user)
        && groups.is_empty()
    {
        groups = vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
    }
    let last = if user == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
    if !groups.iter().any(|group| group == "system:authenticated" || group == "system:unauthenticated") {
        groups.push(last.to_owned());
    }
    identity.everything = groups.iter().any(|group| group == "system:masters");
    identity.groups = groups;
    identity.credential = None;
    identity.bound = rbac::bound(&state.store, &identity);
    identity
}
