//! The ways in which a client shows who it is to a simulated cluster, through the real `kube::Client`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use k8s_openapi::api::{
    authentication::v1::{SelfSubjectReview, TokenRequest, TokenRequestSpec},
    authorization::v1::{
        NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
        SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
    },
    core::v1::{Pod, ServiceAccount},
};
use kube::{
    Api, Client, Config, Error,
    api::{ListParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig as File},
};
use vapora_preflight_sim::{ADMIN, AccessRule, Cluster, ClusterServer, Kubeconfig, RESTRICTED, TestCa};

fn cluster() -> Cluster {
    Cluster::builder("staging")
        .nodes(1)
        .deployment("vapora", "backend", 2, "registry.example.com/backend:1.0")
        .restricted([AccessRule::new(["get", "list"], [""], ["pods"]).in_namespaces(["vapora"])])
        .identity("jane", [AccessRule::new(["get", "list"], [""], ["pods"]).in_namespaces(["vapora"])])
        .build()
}

async fn config(file: &Kubeconfig) -> Config {
    let file = File::from_yaml(&file.to_string()).unwrap();
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    config
}

async fn client(file: &Kubeconfig) -> Client {
    Client::try_from(config(file).await).unwrap()
}

/// How many Pods the client sees, or the status code with which it is refused.
async fn pods(client: &Client) -> Result<usize, u16> {
    match Api::<Pod>::namespaced(client.clone(), "vapora").list(&ListParams::default()).await {
        Ok(list) => Ok(list.items.len()),
        Err(Error::Api(status)) => Err(status.code),
        Err(other) => panic!("{other:?}"),
    }
}

async fn certified(server: &ClusterServer, identity: &str, from: i64, to: i64) -> Client {
    let now = server.clock().unix_seconds();
    let certificate = server.client_certificate(identity, now + from, now + to).unwrap();
    client(&Kubeconfig::default().context_with_certificate("staging", server, &certificate)).await
}

#[tokio::test]
async fn a_certificate_is_accepted_while_it_is_valid_by_the_clock_of_the_cluster() {
    let server = cluster().serve().await.unwrap();
    let jane = certified(&server, "jane", -60, 3600).await;
    assert_eq!(pods(&jane).await, Ok(2));
    let who = Api::<SelfSubjectReview>::all(jane.clone());
    let me = who.create(&PostParams::default(), &SelfSubjectReview::default()).await.unwrap();
    let info = me.status.unwrap().user_info.unwrap();
    assert_eq!(info.username.as_deref(), Some("jane"));
    let mark = &info.extra.unwrap()["authentication.kubernetes.io/credential-id"][0];
    assert!(mark.starts_with("X509SHA256="), "{mark}");
    assert_eq!(server.requests()[0].identity.as_deref(), Some("jane"));

    assert_eq!(pods(&certified(&server, "jane", -3600, -60).await).await, Err(401), "expired");
    assert_eq!(pods(&certified(&server, "jane", 60, 3600).await).await, Err(401), "not valid yet");
    assert_eq!(pods(&certified(&server, "nobody", -60, 3600).await).await, Err(401), "not known");
    server.clock().advance(Duration::from_secs(3601));
    assert_eq!(pods(&jane).await, Err(401), "expired in the meantime");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_by_the_server_and_not_by_the_handshake() {
    let server = cluster().serve().await.unwrap();
    let now = server.clock().unix_seconds();
    let stranger = TestCa::root("other")
        .unwrap()
        .issue_client("admin", &["system:masters"], now - 60, now + 60)
        .unwrap();
    let file = Kubeconfig::default().context_with_certificate("staging", &server, &stranger);
    assert_eq!(pods(&client(&file).await).await, Err(401));
    // A token that is good helps.
    let mut config = config(&file).await;
    config.auth_info.token = Some(server.token(ADMIN).unwrap().into());
    assert_eq!(pods(&Client::try_from(config).unwrap()).await, Ok(2));
}

#[tokio::test]
async fn a_token_says_when_it_expires_and_is_refused_from_then_on() {
    let server = cluster().serve().await.unwrap();
    let token = server.issue_token(RESTRICTED, Duration::from_hours(1)).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["exp"], server.clock().unix_seconds() + 3600);
    assert_eq!(claims["sub"], "system:serviceaccount:vapora:restricted");
    let client = client(&Kubeconfig::default().context_with_token("staging", &server, &token)).await;
    assert_eq!(pods(&client).await, Ok(2));
    server.clock().advance(Duration::from_hours(1));
    assert_eq!(pods(&client).await, Err(401));
    assert!(server.issue_token("nobody", Duration::from_hours(1)).is_err());
}

#[tokio::test]
async fn a_token_can_be_asked_for() {
    let server = cluster().serve().await.unwrap();
    server
        .insert(serde_json::json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "builder", "namespace": "vapora" },
        }))
        .unwrap();
    let admin = client(&Kubeconfig::default().context("staging", &server, ADMIN)).await;
    let accounts = Api::<ServiceAccount>::namespaced(admin, "vapora");
    let ask = async |name: &str, seconds: i64| {
        let spec = TokenRequestSpec { expiration_seconds: Some(seconds), ..TokenRequestSpec::default() };
        let request = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        accounts.create_token_request(name, &PostParams::default(), &request).await
    };
    for (name, seen) in [("restricted", Ok(2)), ("builder", Err(403))] {
        let status = ask(name, 3600).await.unwrap().status.unwrap();
        let file =
            Kubeconfig::default().context_with_token("staging", &server, status.token.as_deref().unwrap());
        assert_eq!(pods(&client(&file).await).await, seen, "{name}");
    }
    let refused = async |name: &str, seconds: i64| match ask(name, seconds).await {
        Err(Error::Api(status)) => status.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("restricted", 60).await, 422);
    assert_eq!(refused("nobody", 3600).await, 404);
}

#[tokio::test]
async fn who_may_can_ask_as_somebody_else() {
    let server = cluster().serve().await.unwrap();
    let as_other = async |identity: &str, other: &str| {
        let mut config = config(&Kubeconfig::default().context("staging", &server, identity)).await;
        config.auth_info.impersonate = Some(other.to_owned());
        Client::try_from(config).unwrap()
    };
    let restricted = as_other(ADMIN, "system:serviceaccount:vapora:restricted").await;
    assert_eq!(pods(&restricted).await, Ok(2));
    let may = async |client: &Client, verb: &str| {
        let attributes = ResourceAttributes {
            namespace: Some("vapora".to_owned()),
            verb: Some(verb.to_owned()),
            resource: Some("pods".to_owned()),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let reviews = Api::<SelfSubjectAccessReview>::all(client.clone());
        reviews.create(&PostParams::default(), &review).await.unwrap().status.unwrap().allowed
    };
    assert!(may(&restricted, "list").await && !may(&restricted, "delete").await);
    assert_eq!(pods(&as_other(ADMIN, "a-stranger").await).await, Err(403));
    assert_eq!(pods(&as_other("jane", ADMIN).await).await, Err(403));
}

#[tokio::test]
async fn a_review_of_rules_lists_what_is_allowed_in_one_namespace() {
    let cluster = cluster();
    let rules = async |namespace: &str| {
        let client = Client::new(cluster.service_as("jane"), "vapora");
        let spec = SelfSubjectRulesReviewSpec { namespace: Some(namespace.to_owned()) };
        let review = SelfSubjectRulesReview { spec, ..SelfSubjectRulesReview::default() };
        let reviews = Api::<SelfSubjectRulesReview>::all(client);
        let status = reviews.create(&PostParams::default(), &review).await.unwrap().status.unwrap();
        status
            .resource_rules
            .into_iter()
            .flat_map(|rule| rule.resources.unwrap_or_default())
            .collect::<Vec<_>>()
    };
    let everywhere = ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"];
    assert_eq!(rules("default").await, everywhere);
    assert_eq!(rules("vapora").await, [everywhere.as_slice(), &["pods"]].concat());
}

#[tokio::test]
async fn a_rule_may_be_for_some_names_only() {
    let cluster = cluster();
    let name = cluster.pods_of("vapora", "backend").remove(0);
    let only = AccessRule::new(["get"], [""], ["pods"]).in_namespaces(["vapora"]).named([name.as_str()]);
    cluster.set_rules("jane", [only]).unwrap();
    let client = Client::new(cluster.service_as("jane"), "vapora");
    let api = Api::<Pod>::namespaced(client.clone(), "vapora");
    assert!(api.get(&name).await.is_ok());
    assert!(api.get(&cluster.pods_of("vapora", "backend")[1]).await.is_err());
    assert_eq!(pods(&client).await, Err(403));
}

#[tokio::test]
async fn roles_and_bindings_give_rights_to_users_groups_and_service_accounts() {
    let cluster = cluster();
    let insert = |object: serde_json::Value| cluster.insert(object).unwrap();
    let rbac = "rbac.authorization.k8s.io/v1";
    insert(serde_json::json!({
        "apiVersion": rbac, "kind": "Role", "metadata": { "name": "reader", "namespace": "vapora" },
        "rules": [{ "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"] }],
    }));
    insert(serde_json::json!({
        "apiVersion": rbac, "kind": "ClusterRole", "metadata": { "name": "metrics" },
        "rules": [{ "verbs": ["get"], "nonResourceURLs": ["/metrics/*"] }],
    }));
    for (name, identity) in [("account", "restricted"), ("user", "jane")] {
        cluster.set_rules(identity, []).unwrap();
        let client = Client::new(cluster.service_as(identity), "vapora");
        assert_eq!(pods(&client).await, Err(403), "{identity}");
        let subject = if name == "account" {
            serde_json::json!({ "kind": "ServiceAccount", "name": "restricted", "namespace": "vapora" })
        } else {
            serde_json::json!({ "kind": "User", "name": "jane" })
        };
        insert(serde_json::json!({
            "apiVersion": rbac, "kind": "RoleBinding", "metadata": { "name": name, "namespace": "vapora" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader" },
            "subjects": [subject],
        }));
        assert_eq!(pods(&client).await, Ok(2), "{identity}");
        let elsewhere = Api::<Pod>::namespaced(client, "default").list(&ListParams::default()).await;
        assert!(elsewhere.is_err(), "{identity}");
    }
    insert(serde_json::json!({
        "apiVersion": rbac, "kind": "ClusterRoleBinding", "metadata": { "name": "metrics" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "metrics" },
        "subjects": [{ "kind": "Group", "name": "system:authenticated" }],
    }));
    let client = Client::new(cluster.service_as("jane"), "vapora");
    let review = |path: &str| {
        let attributes = NonResourceAttributes { path: Some(path.to_owned()), verb: Some("get".to_owned()) };
        let spec = SelfSubjectAccessReviewSpec {
            non_resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        };
        SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() }
    };
    let reviews = Api::<SelfSubjectAccessReview>::all(client);
    let ask =
        async |path| reviews.create(&PostParams::default(), &review(path)).await.unwrap().status.unwrap();
    let allowed = ask("/metrics/slis").await;
    assert_eq!(
        allowed.reason.as_deref(),
        Some(
            "RBAC: allowed by ClusterRoleBinding \"metrics\" of ClusterRole \"metrics\" to Group \"system:authenticated\""
        )
    );
    assert!(!ask("/logs").await.allowed);
}
