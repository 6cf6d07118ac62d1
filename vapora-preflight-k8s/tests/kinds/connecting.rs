//! From a kubeconfig to a client.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use vapora_preflight::{Check, Resources, TargetName};
use vapora_preflight_k8s::{
    ApiReachable, ConnectError, Credential, K8sClient, KubeconfigValid, KubernetesTarget, connect,
    connect_all,
};
use vapora_preflight_sim::{ADMIN, Cluster, ClusterServer, Kubeconfig};

use crate::{
    declared::{checklist, plan},
    said::{ask, context, kind, passes},
};

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

const NONE: Option<&Path> = None;

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
    assert_eq!(connect(&settings, NONE).await.unwrap().context(), Some("production"));

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
    let absent = file(
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncurrent-context: a\n\
         users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, \
         installHint: 'see https://plugins.example.com', interactiveMode: Never}}}]\n\
         contexts: [{name: a, context: {cluster: c, user: u}}]\n",
    );
    let odd_key = file(&format!(
        "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\ncurrent-context: a\n\
         users: [{{name: u, user: {{client-certificate-data: {0}, client-key-data: {0}}}}}]\n\
         contexts: [{{name: a, context: {{cluster: c, user: u}}}}]\n",
        STANDARD.encode(format!("-----BEGIN PRIVATE KEY-----\n{secret}\n"))
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
        ("a plugin that is not there", none.clone(), Some(absent.path())),
        ("a key that is none", none.clone(), Some(odd_key.path())),
        ("a contradiction", KubernetesTarget { in_cluster: true, ..in_context("a") }, None),
    ] {
        let error = match connect(&settings, path).await {
            Err(error) => error,
            Ok(client) => panic!("{title}: {client:?}"),
        };
        let mut text = format!("# {title}\n{error}\n  remedy: {}\n\n", error.remedy());
        let told = format!("{error:?}{text}");
        let bytes = format!("{:?}", secret.as_bytes());
        assert!(
            !told.contains(secret) && !told.contains(bytes.trim_matches(['[', ']'])),
            "{title}: {error:?}"
        );
        for file in [&broken, &good, &no_cluster, &plugin, &absent, &odd_key] {
            text = text.replace(file.path().to_str().unwrap(), "KUBECONFIG");
        }
        said.push_str(&text);
    }
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn several_kubeconfigs_are_merged_as_kubectl_merges_them() {
    let server = Cluster::builder("production").nodes(1).build().serve().await.unwrap();
    let other = Cluster::builder("staging").nodes(1).build().serve().await.unwrap();
    let first = file(&Kubeconfig::default().context("production", &server, ADMIN).to_string());
    let second = file(&Kubeconfig::default().context("staging", &other, ADMIN).to_string());
    let same = file(&Kubeconfig::default().context("production", &other, ADMIN).to_string());
    let missing = PathBuf::from("no-such-kubeconfig");
    let url = async |settings: KubernetesTarget, files: &[&Path]| {
        connect(&settings, files)
            .await
            .map(|client| (client.context().unwrap().to_owned(), client.server().to_owned()))
    };
    let (first, second, same) = (first.path(), second.path(), same.path());
    let production = ("production".to_owned(), server.url());
    assert_eq!(url(in_context("production"), &[first, second]).await.unwrap(), production);
    assert_eq!(
        url(in_context("staging"), &[first, second]).await.unwrap(),
        ("staging".to_owned(), other.url())
    );
    // What the first one says is kept: its current context, and its context of that name.
    assert_eq!(url(KubernetesTarget::default(), &[first, second]).await.unwrap(), production);
    assert_eq!(url(KubernetesTarget::default(), &[first, same]).await.unwrap(), production);
    let none = file("current-context: ''\n");
    assert_eq!(url(KubernetesTarget::default(), &[none.path(), first]).await.unwrap(), production);
    assert_eq!(url(KubernetesTarget::default(), &[&missing, first]).await.unwrap(), production);
    let error = url(KubernetesTarget::default(), &[&missing, &missing]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Read { .. }), "{error}");
    let odd = file("kind: Other\n");
    let error = url(KubernetesTarget::default(), &[first, odd.path()]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Apart { .. }), "{error}");
    let broken = file("contexts: {");
    let error = url(KubernetesTarget::default(), &[first, broken.path()]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Malformed { .. }), "{error}");
    let error = url(in_context("other"), &[first, second]).await.unwrap_err();
    assert_eq!(error.remedy(), "name one of its contexts: `production`, `staging`");
    // A target's own file goes alone.
    let own = KubernetesTarget { kubeconfig: Some(second.into()), ..KubernetesTarget::default() };
    assert_eq!(url(own, &[first]).await.unwrap().0, "staging");
}

/// A kubeconfig whose user gets credentials of a plugin that says this.
fn with_plugin(server: &ClusterServer, status: &Value, log: &Path) -> String {
    let text = Kubeconfig::default().context("production", server, ADMIN).to_string();
    let token = server.cluster().token(ADMIN).unwrap();
    let credential = json!({ "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status });
    let script = format!(
        "echo run >> {}; echo \"$KUBERNETES_EXEC_INFO\" >> {0}; printf '%s' '{credential}'",
        log.display()
    );
    let exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script], "interactiveMode": "Never",
    });
    assert!(text.contains(&token));
    let lines = text.lines().map(|line| match line.split_once("token:") {
        Some((indent, _)) => format!("{indent}exec: {exec}"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_a_plugin_gives_is_used_and_known() {
    let server = Cluster::builder("production").nodes(1).build().serve().await.unwrap();
    let token = server.cluster().token(ADMIN).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let until = "2030-01-01T00:00:00Z";
    for (title, status, runs, expires) in [
        ("a token", json!({ "token": token }), 1, None),
        // The client runs it again when the token expires, and for each of its parts.
        ("a token that expires", json!({ "token": token, "expirationTimestamp": until }), 4, Some(until)),
        (
            "a certificate",
            json!({
                "clientCertificateData": certificate.pem(), "clientKeyData": key.serialize_pem(), "expirationTimestamp": until,
            }),
            1,
            Some(until),
        ),
    ] {
        fs::write(&log, "").unwrap();
        let kubeconfig = file(&with_plugin(&server, &status, &log));
        let client = connect(&KubernetesTarget::default(), Some(kubeconfig.path())).await.unwrap();
        let said = fs::read_to_string(&log).unwrap();
        assert_eq!(said.matches("run").count(), runs, "{title}");
        assert!(
            said.contains(r#""kind":"ExecCredential""#) && said.contains(r#""interactive":false"#),
            "{said}"
        );
        let known = client.credentials().unwrap();
        let expires = expires.map(|text| text.parse().unwrap());
        assert_eq!(known.all(), [Credential::Plugin { command: "sh".to_owned(), until: expires }], "{title}");
        assert!(known.user().is_some());
        if title != "a certificate" {
            let result = ask::<KubeconfigValid>(json!({}), client).await;
            assert!(passes(&result), "{title}: {result:?}");
        }
    }
}

#[tokio::test]
async fn outside_of_a_cluster_there_is_no_service_account() {
    let inside = KubernetesTarget { in_cluster: true, ..KubernetesTarget::default() };
    let error = connect(&inside, NONE).await.unwrap_err();
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
