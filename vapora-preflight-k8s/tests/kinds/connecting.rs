//! From a kubeconfig to a client.

use std::{io::Write as _, path::PathBuf};

use serde_json::json;
use vapora_preflight::{Check, Resources, TargetName};
use vapora_preflight_k8s::{ApiReachable, ConnectError, K8sClient, KubernetesTarget, connect, connect_all};
use vapora_preflight_sim::{ADMIN, Cluster, Kubeconfig};

use crate::{
    declared::{checklist, plan},
    said::{ask, context, kind, passes},
};

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn in_context(context: &str) -> KubernetesTarget {
    KubernetesTarget { context: Some(context.to_owned()), ..KubernetesTarget::default() }
}

#[tokio::test]
async fn a_context_leads_to_its_cluster_over_tls() {
    let server = Cluster::builder("production").nodes(1).build().serve().await.unwrap();
    let token = server.cluster().token(ADMIN).unwrap();
    let kubeconfig = file(&Kubeconfig::default().context("production", &server, ADMIN).to_string());
    let client = connect(&in_context("production"), Some(kubeconfig.path())).await.unwrap();
    assert_eq!(client.context(), Some("production"));
    assert!(!format!("{client:?}").contains(&token));
    let settings = KubernetesTarget { server: Some(server.url()), ..KubernetesTarget::default() };
    let result = kind::<ApiReachable>(json!({})).run(&context(client.clone(), settings)).await;
    assert!(passes(&result), "{result:?}");

    // A target may name its own file, and take its current context.
    let settings =
        KubernetesTarget { kubeconfig: Some(kubeconfig.path().into()), ..KubernetesTarget::default() };
    assert_eq!(connect(&settings, None).await.unwrap().context(), Some("production"));

    server.refuse_connections(true);
    let client = connect(&in_context("production"), Some(kubeconfig.path())).await.unwrap();
    let error =
        kind::<ApiReachable>(json!({})).run(&context(client, KubernetesTarget::default())).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.report().remedy.as_ref().unwrap().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_not_tried_again() {
    let server = Cluster::builder("production").nodes(1).build().serve().await.unwrap();
    let other = Cluster::builder("other").nodes(1).build().serve().await.unwrap();
    let text = Kubeconfig::default().context("production", &other, ADMIN).to_string();
    let kubeconfig = file(&text.replace(&other.url(), &server.url()));
    let client = connect(&KubernetesTarget::default(), Some(kubeconfig.path())).await.unwrap();
    let error = ask::<vapora_preflight_k8s::NodesReady>(json!({}), client).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(error.report().remedy.as_ref().unwrap().contains("is not trusted"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_with_a_kubeconfig_is_said_without_its_content() {
    let secret = "s3cr3t-t0k3n";
    let good = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n\
                users: [{name: u, user: {token: s3cr3t-t0k3n}}]\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n";
    let broken = file(&format!("{good}  token: [{secret}\n"));
    let good = file(good);
    let no_cluster =
        file("contexts: [{name: a, context: {cluster: nothing, user: u}}]\ncurrent-context: a\n");
    let plugin = file(&format!(
        "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\ncurrent-context: a\n\
         users: [{{name: u, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['-c', \
         'echo {secret}; echo {secret} >&2; exit 3'], interactiveMode: Never}}}}}}]\n\
         contexts: [{{name: a, context: {{cluster: c, user: u}}}}]\n"
    ));
    let missing = PathBuf::from("no-such-kubeconfig");
    let none = KubernetesTarget::default();
    let mut said = String::new();
    for (title, settings, path) in [
        ("no kubeconfig", none.clone(), None),
        ("a missing file", none.clone(), Some(missing.as_path())),
        ("not YAML", none.clone(), Some(broken.path())),
        ("no such context", in_context("b"), Some(good.path())),
        ("no current context", none.clone(), Some(good.path())),
        ("no such cluster", none.clone(), Some(no_cluster.path())),
        ("a plugin that fails", none.clone(), Some(plugin.path())),
        ("a contradiction", KubernetesTarget { in_cluster: true, ..in_context("a") }, None),
    ] {
        let error = match connect(&settings, path).await {
            Err(error) => error,
            Ok(client) => panic!("{title}: {client:?}"),
        };
        let mut text = format!("# {title}\n{error}\n  remedy: {}\n\n", error.remedy());
        assert!(!format!("{error:?}{text}").contains(secret), "{title}: {error:?}");
        for file in [&broken, &good, &no_cluster, &plugin] {
            text = text.replace(file.path().to_str().unwrap(), "KUBECONFIG");
        }
        said.push_str(&text);
    }
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn outside_of_a_cluster_there_is_no_service_account() {
    let inside = KubernetesTarget { in_cluster: true, ..KubernetesTarget::default() };
    let error = connect(&inside, None).await.unwrap_err();
    assert!(matches!(error, ConnectError::InCluster { .. }), "{error}");
}

#[tokio::test]
async fn a_target_that_cannot_be_connected_breaks_no_other() {
    let server = Cluster::builder("production").nodes(1).build().serve().await.unwrap();
    let kubeconfig = file(&Kubeconfig::default().context("production", &server, ADMIN).to_string());
    let plan = plan(&checklist(
        "[target.production.kubernetes]\ncontext = \"production\"\n\n[target.staging.kubernetes]\ncontext = \"staging\"\n",
    ));
    let mut resources = Resources::new();
    connect_all(&plan, Some(kubeconfig.path()), &mut resources).await;
    let name = |name: &str| TargetName::new(name).unwrap();
    assert!(resources.get::<K8sClient>(Some(&name("production"))).is_ok());
    let error = resources.get::<K8sClient>(Some(&name("staging"))).unwrap_err();
    assert!(error.message().starts_with("the target `staging` cannot be connected"), "{error}");
    assert_eq!(error.report().remedy.as_deref(), Some("name one of its contexts: `production`"));
}
