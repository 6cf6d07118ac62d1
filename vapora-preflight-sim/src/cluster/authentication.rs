//! Who asks, by token or certificate.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{header, request::Parts};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Cluster,
    access::{ANONYMOUS, Identity},
    rbac,
    state::{ClusterError, State},
};
use crate::server::Peer;

/// For whom tokens are when nothing else is said.
pub(crate) const AUDIENCE: &str = "https://kubernetes.default.svc.cluster.local";

/// A token that is accepted for a while.
#[derive(Debug, Clone)]
pub(crate) struct IssuedToken {
    pub(crate) token: String,
    /// When it is accepted no more, in seconds of Unix time.
    pub(crate) expires: i64,
    identity: String,
    id: String,
    audiences: Vec<String>,
}

impl Cluster {
    /// The identity of a request; `by` is who asks where it carries no credentials. `None` where they are not accepted.
    pub(crate) fn authenticate(&self, by: Option<&str>, head: &Parts) -> Option<Identity> {
        let now = self.clock().unix_seconds();
        let certificates = head.extensions.get::<Peer>().map(|peer| &*peer.0).unwrap_or_default();
        let known = self.0.authority.get().and_then(|authority| authority.identify(certificates, now));
        let token = head
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let state = self.state();
        let found = match (known, token, by) {
            (Some((name, mark)), ..) => by_name(&state, &name, Some(mark)),
            (None, Some(token), _) => by_token(&state, token.trim(), now),
            (None, None, _) if !certificates.is_empty() => None,
            (None, None, None | Some(ANONYMOUS)) => {
                let anonymous = Identity::anonymous();
                return Some(Identity { bound: rbac::bound(&state.store, &anonymous), ..anonymous });
            }
            (None, None, Some(name)) => by_name(&state, name, None),
        };
        found.filter(|identity| !identity.rejected)
    }

    /// A token of an identity that is accepted for this long from now on by the clock of the cluster, in the form of a
    /// JSON Web Token.
    pub fn issue_token(&self, identity: &str, lifetime: Duration) -> Result<String, ClusterError> {
        let now = self.clock().unix_seconds();
        let mut state = self.state();
        let identity = state.identity(identity)?.clone();
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        Ok(issue(&mut state, &identity, vec![AUDIENCE.to_owned()], now, seconds).token)
    }
}

fn by_name(state: &State, name: &str, credential: Option<String>) -> Option<Identity> {
    let identity = state.identities.iter().find(|identity| identity.name == name)?;
    Some(Identity { credential, bound: rbac::bound(&state.store, identity), ..identity.clone() })
}

fn by_token(state: &State, token: &str, now: i64) -> Option<Identity> {
    let fixed = state.identities.iter().find(|identity| identity.token.as_deref() == Some(token));
    if let Some(identity) = fixed {
        return by_name(state, &identity.name, None);
    }
    let issued = state.tokens.iter().find(|issued| issued.token == token && now < issued.expires)?;
    let accepted = issued.audiences.iter().any(|audience| audience == AUDIENCE);
    by_name(state, &issued.identity, Some(format!("JTI={}", issued.id))).filter(|_| accepted)
}

/// Makes a token and remembers it.
pub(crate) fn issue(
    state: &mut State,
    identity: &Identity,
    audiences: Vec<String>,
    now: i64,
    seconds: i64,
) -> IssuedToken {
    let (id, expires) = (state.ids.uid(), now.saturating_add(seconds));
    let mut claims = json!({
        "aud": audiences,
        "exp": expires,
        "iat": now,
        "iss": AUDIENCE,
        "jti": id,
        "nbf": now,
        "sub": identity.username,
    });
    if let Some((namespace, name)) = service_account(&identity.username) {
        let account = json!({ "name": name, "uid": identity.uid });
        claims["kubernetes.io"] = json!({ "namespace": namespace, "serviceaccount": account });
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "kid": "simulated" })), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{signed} simulated")));
    let token = format!("{signed}.{signature}");
    let issued = IssuedToken { token, expires, identity: identity.name.clone(), id, audiences };
    state.tokens.push(issued.clone());
    issued
}

/// Namespace and name of the service account that goes by this name as a user.
pub(crate) fn service_account(username: &str) -> Option<(&str, &str)> {
    username.strip_prefix("system:serviceaccount:")?.split_once(':')
}
