//! `k8s.kubeconfig_valid`

use std::{sync::Arc, time::Duration};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use kube::config::AuthInfo;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use vapora_preflight::{
    Check as _, CheckResult, PlanBuilder, Registry, Resources, Run, Sources, Status, TargetName,
};
use vapora_preflight_k8s::{
    Credential, Credentials, Expiry, K8sClient, KubeconfigValid, KubernetesTarget, connect, register,
};
use vapora_preflight_sim::{ADMIN, Cluster, Kubeconfig, SimClock};

use crate::{
    replay::{Recording, recorded, replay},
    said::{RECORDED, Sheet, ask_then, context, fails, kind, passes, warns},
};

const REVIEWS: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
/// What must never be told.
const SECRET: &str = "s3cr3t";

/// A client certificate that is good from one day of November or December 2026 to another, as a kubeconfig has it.
fn certificate(from: (u8, u8), until: (u8, u8)) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "system:masters");
    params.distinguished_name.push(DnType::CommonName, "admin");
    params.not_before = date_time_ymd(2026, from.0, from.1);
    params.not_after = date_time_ymd(2026, until.0, until.1);
    STANDARD.encode(params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem())
}

/// A token that expires so many seconds after the time of the recordings.
fn token(seconds: i64) -> String {
    let claims = URL_SAFE_NO_PAD.encode(json!({ "exp": RECORDED + seconds, "sub": SECRET }).to_string());
    format!("eyJhbGciOiJSUzI1NiJ9.{claims}.{SECRET}")
}

fn credentials(auth: Value) -> Credentials {
    let auth: AuthInfo = serde_json::from_value(auth).unwrap();
    Credentials::of(&auth).of_user(Some("release".to_owned()))
}

async fn ask(parameters: Value, auth: Value, answers: Vec<Recording>) -> CheckResult {
    let client = replay(answers).0.with_credentials(credentials(auth));
    let result = ask_then::<KubeconfigValid>(parameters, client).await;
    assert!(!format!("{result:?}").contains(SECRET), "{result:?}");
    result
}

fn accepted() -> Vec<Recording> {
    vec![Recording::of("selfsubjectreview-admin")]
}

/// The same credentials are used with the answer 401.
fn refused() -> Vec<Recording> {
    vec![Recording::of("ssar-bad-token-401").at(REVIEWS)]
}

/// What the server has of the API of authentication.
fn has(names: &[&str]) -> Recording {
    let names: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let list = json!({ "kind": "APIResourceList", "resources": names });
    Recording::json("/apis/authentication.k8s.io/v1", list)
}

fn forbidden() -> Recording {
    let message = "User \"ci\" cannot create resource \"selfsubjectreviews\" in API group \"authentication.k8s.io\" at the \
                   cluster scope";
    Recording::of("selfsubjectreview-admin").refused(403, message)
}

#[tokio::test]
async fn credentials_are_good_for_long_enough_or_not() {
    let mut sheet = Sheet::default();
    let cert = |from, until| json!({ "client-certificate-data": certificate(from, until) });
    let (month, hour) = (json!({}), json!({ "outlasts": "1h", "warn_within": "10m" }));
    for (title, parameters, auth, outcome) in [
        ("a certificate for a month", month.clone(), cert((11, 1), (12, 23)), "pass"),
        ("a certificate that expires tomorrow", month.clone(), cert((11, 1), (11, 24)), "warn"),
        ("a certificate that has expired", month.clone(), cert((11, 1), (11, 20)), "fail"),
        ("a certificate of tomorrow", month.clone(), cert((11, 24), (12, 23)), "fail"),
        ("a certificate that expires too soon", json!({ "outlasts": "10d" }), cert((11, 1), (12, 1)), "fail"),
        (
            "a certificate that cannot be read",
            month.clone(),
            json!({ "client-certificate-data": STANDARD.encode("no") }),
            "error",
        ),
        (
            "a certificate that is not there",
            month.clone(),
            json!({ "client-certificate": "/no/such/file" }),
            "error",
        ),
        ("a token for two hours", hour.clone(), json!({ "token": token(7_200) }), "pass"),
        ("a token for an hour", hour.clone(), json!({ "token": token(3_900) }), "warn"),
        ("a token for half an hour", hour.clone(), json!({ "token": token(1_800) }), "fail"),
        ("a token that has expired", hour.clone(), json!({ "token": token(-1) }), "fail"),
        ("a token that is opaque", hour.clone(), json!({ "token": SECRET }), "warn"),
        (
            "a token that is opaque, and may be",
            json!({ "allow_unsaid": true }),
            json!({ "token": SECRET }),
            "pass",
        ),
        ("a password", hour.clone(), json!({ "username": "a", "password": SECRET }), "warn"),
        (
            "a plugin",
            hour.clone(),
            json!({ "exec": { "command": "aws", "args": ["eks", "get-token"] } }),
            "pass",
        ),
        (
            "an old sort of token",
            hour.clone(),
            json!({ "auth-provider": { "name": "oidc", "config": { "id-token": token(60) } } }),
            "fail",
        ),
        (
            "a provider",
            hour.clone(),
            json!({ "auth-provider": { "name": "gcp", "config": { "cmd-path": "gcloud" } } }),
            "pass",
        ),
        ("a token file that is not there", hour.clone(), json!({ "tokenFile": "/no/such/file" }), "error"),
        ("nothing at all", hour.clone(), json!({}), "fail"),
        (
            "a good certificate and a token that has expired",
            month,
            json!({ "client-certificate-data": certificate((11, 1), (12, 23)), "token": token(-60), "as": "somebody" }),
            "fail",
        ),
    ] {
        let result = ask(parameters, auth, accepted()).await;
        let told = [
            ("pass", passes(&result)),
            ("warn", warns(&result)),
            ("fail", fails(&result)),
            ("error", result.is_err()),
        ];
        assert!(told.contains(&(outcome, true)), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_server_has_the_last_word() {
    let mut sheet = Sheet::default();
    let auth = || json!({ "token": token(90_000_000) });
    let result = ask(json!({}), auth(), refused()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("not accepted", &result);
    let result = ask(json!({}), json!({ "token": token(-60) }), refused()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("not accepted, as it has expired", &result);
    let result = ask(json!({ "user": "system:serviceaccount:vapora:restricted" }), auth(), accepted()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("another user", &result);
    assert!(passes(&ask(json!({ "user": "admin" }), auth(), accepted()).await));
    let nobody = || {
        Recording::of("selfsubjectreview-admin")
            .edited(|review| review["status"]["userInfo"]["username"] = "system:anonymous".into())
    };
    let result = ask(json!({}), auth(), vec![nobody()]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("nobody", &result);
    for (title, answers) in [
        ("no right to ask", vec![forbidden(), has(&["selfsubjectreviews"])]),
        (
            "no name",
            vec![
                Recording::of("selfsubjectreview-admin")
                    .edited(|review| review["status"] = json!({ "userInfo": {} })),
            ],
        ),
        ("another object", vec![Recording::of("ssar-nonresource-readyz").at(REVIEWS)]),
    ] {
        let result = ask(json!({}), auth(), answers).await;
        assert!(!passes(&result) && !warns(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn an_old_server_is_asked_otherwise() {
    let mut sheet = Sheet::default();
    let unknown = || {
        Recording::of("selfsubjectreview-admin")
            .refused(404, "the server could not find the requested resource")
    };
    let auth = || json!({ "token": token(90_000_000) });
    let review = || Recording::of("ssar-nonresource-readyz");
    let result = ask(json!({}), auth(), vec![unknown(), has(&["tokenreviews"]), review()]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("accepted", &result);
    let result =
        ask(json!({}), auth(), vec![unknown(), has(&["tokenreviews"]), Recording::of("ssar-bad-token-401")])
            .await;
    assert!(fails(&result), "{result:?}");
    sheet.add("not accepted", &result);
    assert!(passes(&ask(json!({}), auth(), vec![forbidden(), has(&["tokenreviews"]), review()]).await));
    let result = ask(json!({ "user": "admin" }), auth(), vec![unknown(), has(&[]), review()]).await;
    assert!(result.is_err());
    sheet.add("it does not say whom it knows", &result);
    let result = ask(json!({}), auth(), vec![unknown(), has(&["selfsubjectreviews"]), review()]).await;
    assert!(result.is_err());
    sheet.add("it knows the question, and does not answer", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_client_of_an_embedder_has_to_be_described() {
    let error =
        ask_then::<KubeconfigValid>(json!({}), recorded(&["selfsubjectreview-admin"])).await.unwrap_err();
    assert!(!error.is_transient());
    assert!(error.message().starts_with("nothing is known of the credentials of this client"), "{error}");
    let pod =
        Credentials::of(&serde_json::from_value(json!({ "tokenFile": file(&token(60)).path() })).unwrap());
    assert!(matches!(pod.all(), [Credential::TokenFile { renewed: false, .. }]));
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[tokio::test]
async fn a_token_in_a_file_is_read_each_time() {
    let file = file(&token(60));
    let auth = || json!({ "tokenFile": file.path() });
    let result = ask(json!({ "outlasts": "1h" }), auth(), accepted()).await;
    assert!(fails(&result), "{result:?}");
    // In a pod, the kubelet writes a new one in time.
    let renewed = replay(accepted()).0.with_credentials(credentials(auth()).renewed());
    let result = ask_then::<KubeconfigValid>(json!({ "outlasts": "1h" }), renewed).await;
    assert!(passes(&result), "{result:?}");
    std::fs::write(file.path(), token(90_000_000)).unwrap();
    assert!(passes(&ask(json!({ "outlasts": "1h" }), auth(), accepted()).await));
    std::fs::write(file.path(), SECRET).unwrap();
    assert!(warns(&ask(json!({ "outlasts": "1h" }), auth(), accepted()).await));
}

async fn in_window(deployment: &str, client: K8sClient) -> CheckResult {
    let mut registry = Registry::new();
    register(&mut registry);
    let text = format!(
        "checklist = \"window\"\n[deployment]\n{deployment}\n[phase.now]\n[target.production.kubernetes]\ncontext = \"a\"\n\
         [check.it]\nphase = \"now\"\nkind = \"k8s.kubeconfig_valid\"\ntarget = \"production\"\nwarn_within = \"1m\"\n"
    );
    let mut sources = Sources::new();
    sources.add("checklist.toml", text);
    let plan = PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan;
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("production").unwrap(), client);
    let clock = Arc::new(SimClock::at_unix_seconds(RECORDED));
    let outcome = Run::new(&plan).resources(resources).clock(clock).execute().await.unwrap();
    match &outcome.report.check("it").unwrap().record.unwrap().status {
        Status::Done(outcome) => Ok(outcome.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_maintenance_window_has_to_be_outlasted() {
    let mut sheet = Sheet::default();
    // It is 12:09:10, and the token is good until 14:09:10.
    let client = || replay(accepted()).0.with_credentials(credentials(json!({ "token": token(7_200) })));
    let window = |closes: &str| format!("window = {{ opens = 2026-11-23T13:00:00Z, closes = {closes} }}");
    for (title, deployment, good) in [
        ("a window that closes before", window("2026-11-23T14:00:00Z"), true),
        ("a window that closes after", window("2026-11-23T15:00:00Z"), false),
        (
            "a window that has closed",
            "window = { opens = 2026-11-22T13:00:00Z, closes = 2026-11-22T14:00:00Z }".to_owned(),
            true,
        ),
        ("only a time, before", "planned = 2026-11-23T14:00:00Z".to_owned(), true),
        ("only a time, after", "planned = 2026-11-23T14:30:00Z".to_owned(), false),
        ("neither", String::new(), true),
    ] {
        let result = in_window(&deployment, client()).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_check_and_the_server_agree_on_what_has_expired() {
    let server = Cluster::builder("production").build().serve().await.unwrap();
    let clock = server.cluster().clock().clone();
    let now = clock.unix_seconds();
    let certificate = server.cluster().client_certificate(ADMIN, now - 60, now + 7_200).unwrap();
    let token = server.cluster().issue_token(ADMIN, Duration::from_hours(2)).unwrap();
    let mut clients = Vec::new();
    for kubeconfig in [
        Kubeconfig::default().context_with_certificate("production", &server, &certificate),
        Kubeconfig::default().context_with_token("production", &server, &token),
    ] {
        let file = file(&kubeconfig.to_string());
        clients.push(connect(&KubernetesTarget::default(), Some(file.path())).await.unwrap());
    }
    let ask = async |parameters: Value, client: &K8sClient| {
        let cx = context(client.clone(), KubernetesTarget::default()).with_clock(Arc::new(clock.clone()));
        kind::<KubeconfigValid>(parameters).run(&cx).await
    };
    for client in &clients {
        let result = ask(json!({ "outlasts": "1h", "warn_within": "10m" }), client).await;
        assert!(passes(&result), "{result:?}");
        let finding = result.unwrap().finding().clone();
        assert!(finding.evidence.get("username").unwrap().to_string().contains("admin"), "{finding:?}");
        assert_eq!(finding.counts_until.unwrap().unix_seconds(), now + 7_200);
        assert!(fails(&ask(json!({ "outlasts": "3h" }), client).await));
    }
    clock.advance(Duration::from_hours(3));
    for client in &clients {
        let result = ask(json!({}), client).await;
        assert!(fails(&result), "{result:?}");
        let finding = result.unwrap().finding().clone();
        assert!(finding.summary.ends_with("are not accepted"), "{finding:?}");
        assert!(finding.actual.unwrap().contains("expired at 2026-12-01 14:00 UTC"));
    }
}

#[tokio::test]
async fn what_is_known_of_credentials_holds_none_of_them() {
    let all = [
        json!({ "token": token(60) }),
        json!({ "username": "a", "password": SECRET }),
        json!({ "client-certificate-data": certificate((11, 1), (12, 23)), "client-key-data": STANDARD.encode(SECRET) }),
        json!({ "exec": { "command": "aws", "args": [SECRET], "env": [{ "name": "A", "value": SECRET }] } }),
        json!({ "auth-provider": { "name": "oidc", "config": { "id-token": token(60), "refresh-token": SECRET } } }),
    ];
    for auth in all {
        let known = credentials(auth.clone());
        assert_eq!(known.all().len(), 1, "{auth}");
        assert!(!format!("{known:?}").contains(SECRET), "{known:?}");
        let client = recorded(&[]).with_credentials(known);
        assert!(!format!("{client:?}").contains(SECRET), "{client:?}");
    }
    let never = credentials(json!({ "token": format!("a.{}.c", URL_SAFE_NO_PAD.encode("{}")) }));
    assert_eq!(never.all(), [Credential::Token(Expiry::Never)]);
}
