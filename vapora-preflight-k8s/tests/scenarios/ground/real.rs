//! The real ground: a namespace of its own in the cluster of `VAPORA_PREFLIGHT_KUBECONFIG`.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    path::Path,
};

use kube::{api::PostParams, config::Kubeconfig};
use serde_json::{Value, json};
use vapora_preflight_k8s::{KubernetesTarget, connect};

use super::{
    PREFIX, Right, Skipped, Who,
    api::{Objects, until},
    server::Has,
};

/// A real cluster.
pub(crate) struct Real {
    pub(super) objects: Objects,
    pub(crate) has: Has,
    file: Kubeconfig,
}

/// Eight digits that no other scenario has.
pub(super) fn unique() -> String {
    format!("{:08x}", RandomState::new().build_hasher().finish() as u32)
}

/// The namespace of a scenario, which no other one has.
pub(super) fn namespace(title: &str) -> String {
    format!("{PREFIX}-{title}-{}", unique())
}

impl Real {
    /// The cluster of the environment; none where the variable is not set.
    pub(super) async fn of_the_environment() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "a test has no caller that could hand it over")]
        let path = std::env::var_os("VAPORA_PREFLIGHT_KUBECONFIG")?;
        let path = Path::new(&path);
        let file = Kubeconfig::read_from(path).unwrap();
        let client = connect(&KubernetesTarget::default(), Some(path)).await.unwrap();
        let objects = Objects(client.client().clone());
        let has = Has::of(&objects).await;
        Some(Self { objects, has, file })
    }

    /// The kubeconfig with other credentials in its current context.
    pub(super) fn kubeconfig(&self, who: &Who) -> String {
        let mut file = self.file.clone();
        let current = file.current_context.clone().unwrap();
        let context = file.contexts.iter().find(|context| context.name == current).unwrap();
        let user = context.context.as_ref().and_then(|context| context.user.clone());
        for named in file.auth_infos.iter_mut().filter(|named| Some(&named.name) == user.as_ref()) {
            let other = match who {
                Who::Admin => continue,
                Who::Nobody => json!({}),
                Who::Token(token) => json!({ "token": token }),
            };
            named.auth_info = Some(serde_json::from_value(other).unwrap());
        }
        // Every JSON text is a text in YAML.
        serde_json::to_string(&file).unwrap()
    }

    /// The token of a service account with a role.
    pub(super) async fn restricted(&self, namespace: &str, rights: &[Right]) -> Result<String, Skipped> {
        let here = Some(namespace);
        let named = json!({ "name": "restricted" });
        self.objects.create("ServiceAccount", here, json!({ "metadata": named })).await;
        let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": { "expirationSeconds": 600 } });
        let accounts = self.objects.of("ServiceAccount", here);
        let now = PostParams::default();
        let token = match accounts
            .create_subresource::<Value, Value>("token", "restricted", &now, &request)
            .await
        {
            Ok(answer) => answer["status"]["token"].as_str().unwrap().to_owned(),
            Err(error) => return Err(Skipped(format!("it gives no token to a service account: {error}"))),
        };
        let rules: Vec<Value> = rights
            .iter()
            .map(|right| json!({ "verbs": right.verbs, "apiGroups": [right.group], "resources": right.resources }))
            .collect();
        self.objects.create("Role", here, json!({ "metadata": named, "rules": rules })).await;
        let binding = json!({
            "metadata": named,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "restricted" },
            "subjects": [{ "kind": "ServiceAccount", "name": "restricted", "namespace": namespace }],
        });
        if self.may(namespace, rights[0]).await {
            return Err(Skipped("it allows everything to everyone".to_owned()));
        }
        self.objects.create("RoleBinding", here, binding).await;
        // The authorizer hears of a new binding a moment later.
        let heard = until(10, async || self.may(namespace, rights[0]).await).await;
        assert!(heard, "the server does not heed the role");
        Ok(token)
    }

    async fn may(&self, namespace: &str, right: Right) -> bool {
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": format!("system:serviceaccount:{namespace}:restricted"),
                "resourceAttributes": {
                    "namespace": namespace, "verb": right.verbs[0], "group": right.group, "resource": right.resources[0],
                },
            },
        });
        let request = http::Request::post("/apis/authorization.k8s.io/v1/subjectaccessreviews")
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&body).unwrap())
            .unwrap();
        let review: Value = self.objects.0.request(request).await.unwrap();
        review["status"]["allowed"] == true
    }

    /// Removes what the scenario has made.
    pub(super) async fn clear(&self, namespace: &str) -> Result<(), String> {
        for node in self.objects.list("Node", None, &format!("{PREFIX}={namespace}")).await {
            self.objects.delete("Node", None, node["metadata"]["name"].as_str().unwrap()).await;
        }
        remove_namespace(&self.objects, self.has, namespace).await
    }

    /// The uid of `kube-system`.
    pub(crate) async fn uid(&self) -> String {
        let system = self.objects.get("Namespace", None, "kube-system").await.unwrap();
        system["metadata"]["uid"].as_str().unwrap().to_owned()
    }

    /// The nodes that no scenario has made.
    pub(crate) async fn nodes(&self) -> Vec<Value> {
        self.objects.list("Node", None, &format!("!{PREFIX}")).await
    }
}

/// Removes a namespace with all that is in it, and waits until it is gone.
pub(super) async fn remove_namespace(objects: &Objects, has: Has, name: &str) -> Result<(), String> {
    if objects.get("Namespace", None, name).await.is_none() {
        return Ok(());
    }
    for held in objects.list("ConfigMap", Some(name), "").await {
        if held["metadata"]["finalizers"].is_array() {
            let free = json!({ "metadata": { "finalizers": null } });
            objects.patch("ConfigMap", Some(name), held["metadata"]["name"].as_str().unwrap(), free).await;
        }
    }
    objects.empty(name).await;
    objects.delete("Namespace", None, name).await;
    if !has.controllers {
        objects.finalize(name).await;
    }
    let gone = until(90, async || objects.get("Namespace", None, name).await.is_none()).await;
    if gone { Ok(()) } else { Err(format!("the namespace `{name}`")) }
}
