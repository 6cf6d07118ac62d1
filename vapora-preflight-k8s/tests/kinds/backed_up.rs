//! `k8s.backed_up`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Digest, Outcome};
use vapora_preflight_k8s::{Applied, BackedUp};
use vapora_preflight_sim::Cluster;

use crate::{
    manifests::{absent, discovery, file, folder},
    replay::{Asked, Recording, replay},
    said::{Sheet, ask, fails, passes, problems, text, warns},
    world::{client, cluster},
};

const CONFIG: &str = "/api/v1/namespaces/vapora/configmaps/vapora-config";
const BACKEND: &str = "/apis/apps/v1/namespaces/vapora/deployments/vapora-backend";

/// Asks about objects of the namespace, answered from recordings.
async fn about(more: Value, answers: Vec<Recording>) -> (CheckResult, Asked) {
    let mut all = discovery();
    all.extend(answers);
    let (client, asked) = replay(all);
    (ask::<BackedUp>(parameters(&more), client).await, asked)
}

fn parameters(more: &Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// Asks about objects of the simulated cluster.
async fn of(cluster: &Cluster, more: Value) -> CheckResult {
    ask::<BackedUp>(parameters(&more), client(cluster)).await
}

fn config() -> Value {
    json!({ "objects": ["configmaps/vapora-config"] })
}

/// What is kept.
fn kept(result: &CheckResult) -> String {
    let finding = result.as_ref().unwrap().finding().clone();
    let files = finding.evidence.attachments();
    assert_eq!(files.len(), 1, "{finding:?}");
    assert!(files[0].whole, "it is of use only as it is");
    let evident = |name: &str| finding.evidence.get(name).unwrap().to_string();
    let content = files[0].content.as_deref().unwrap();
    assert_eq!(evident("digest"), Digest::of(content).to_string());
    assert_eq!(evident("size"), content.len().to_string());
    String::from_utf8(content.to_vec()).unwrap()
}

/// The answer to a dry run that changes nothing.
fn same(name: &str) -> [Recording; 2] {
    let get = Recording::of(name);
    [get.to_patch(), get]
}

#[tokio::test]
async fn what_is_kept_is_restored_by_a_dry_run_from_the_very_bytes() {
    let mut answers = same("configmap-get").to_vec();
    answers.extend(same("deployment-get"));
    let objects = json!({ "objects": ["deployments.apps/vapora-backend", "configmaps/vapora-config", "configmaps/vapora-config"] });
    let (result, asked) = about(objects, answers).await;
    assert!(passes(&result), "{result:?}");
    let text = kept(&result);
    let mut sheet = Sheet::default();
    sheet.add("two objects", &result);
    sheet.add_text("the file", &text);
    insta::assert_snapshot!(sheet.text());

    let documents: Vec<&str> = text.split("---\n").collect();
    let asked = asked.lock().unwrap();
    let sent: Vec<_> = asked.iter().filter(|(method, ..)| method == "PATCH").collect();
    assert_eq!(sent.len(), 2, "one that is named twice is kept once");
    for ((_, target, body), (path, document)) in
        sent.into_iter().zip([(CONFIG, documents[1]), (BACKEND, documents[2])])
    {
        assert_eq!(*target, format!("{path}?fieldManager=kubectl&fieldValidation=Strict&dryRun=All"));
        assert_eq!(body, document);
    }
    assert!(asked.iter().all(|(method, target, _)| method == "GET" || target.contains("dryRun=All")));
}

#[tokio::test]
async fn an_object_that_would_not_stay_as_it_is_fails() {
    let mut sheet = Sheet::default();
    let get = || Recording::of("configmap-get");
    let otherwise = |edit: fn(&mut Value)| vec![get(), get().to_patch().edited(edit)];
    type Edit = fn(&mut Value);
    let cases: [(&str, Edit); 4] = [
        ("a webhook that adds a label", |it| {
            it["metadata"]["labels"]["injected.example.com/by"] = "mesh".into();
        }),
        ("a default that is another one now", |it| it["immutable"] = false.into()),
        ("a value that is made another", |it| it["data"]["LOG_LEVEL"] = "warn".into()),
        ("a value that is dropped", |it| {
            it["data"].as_object_mut().unwrap().remove("vapora.json");
        }),
    ];
    for (title, edit) in cases {
        let (result, _) = about(config(), otherwise(edit)).await;
        assert!(fails(&result), "{title}: {result:?}");
        assert!(!text(&result).contains("warn\""), "no value is told");
        kept(&result);
        sheet.add(title, &result);
    }
    // what the server sets may differ
    let (result, _) = about(
        config(),
        otherwise(|it| {
            it["metadata"]["resourceVersion"] = "999".into();
            it["metadata"]["generation"] = 7.into();
            it["metadata"]["managedFields"] = json!([]);
            it["status"] = json!({ "seen": true });
        }),
    )
    .await;
    assert!(passes(&result), "{result:?}");
    for name in [
        "dry-run-apply-webhook-denied-403",
        "dry-run-apply-validating-policy-deny",
        "dry-run-apply-quota-exceeded-403",
        "dry-run-apply-unknown-fields-strict",
        "dry-run-apply-deployment-invalid-422",
        "dry-run-apply-conflict-409",
        "dry-run-apply-in-terminating-namespace-403",
        "dry-run-apply-body-over-3-mib-413",
    ] {
        let (result, _) = about(config(), vec![get(), Recording::of(name).at(CONFIG)]).await;
        assert!(fails(&result), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let mut sheet = Sheet::default();
    let mut add = |title: &str, result: CheckResult, good: fn(&CheckResult) -> bool| {
        assert!(good(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    };
    let gone = || vec![absent(CONFIG)];
    let with = |mut answers: Vec<Recording>, name: &str| {
        answers.push(Recording::of(name).at("/api/v1/namespaces/vapora"));
        answers
    };
    add("an object that is not there", about(config(), with(gone(), "namespace-get")).await.0, fails);
    let no_namespace = with(gone(), "namespace-get-missing-404").into_iter().map(|answer| {
        if answer.is_at("/api/v1/namespaces/vapora") {
            answer.edited(|status| status["details"]["name"] = "vapora".into())
        } else {
            answer
        }
    });
    add("a namespace that is not there", about(config(), no_namespace.collect()).await.0, fails);
    let unseen = with(gone(), "namespace-get-missing-restricted-403");
    add("a namespace that may not be seen", about(config(), unseen).await.0, fails);
    add(
        "another name of a resource",
        about(json!({ "objects": ["configmap/vapora-config", "deployments/vapora-backend"] }), Vec::new())
            .await
            .0,
        fails,
    );
    add(
        "a group that is not served",
        about(json!({ "resources": ["gadgets.example.org"] }), Vec::new()).await.0,
        fails,
    );
    add(
        "a resource that cannot be applied",
        about(json!({ "resources": ["componentstatuses"], "objects": ["bindings/a"] }), Vec::new()).await.0,
        fails,
    );
    let going = |it: &mut Value| it["metadata"]["deletionTimestamp"] = "2026-12-01T12:00:00Z".into();
    add("one that goes", about(config(), vec![Recording::of("configmap-get").edited(going)]).await.0, fails);
    let some = json!({ "objects": ["configmaps/vapora-config", "configmaps/vapora-other"] });
    let mut answers = same("configmap-get").to_vec();
    answers.push(absent("/api/v1/namespaces/vapora/configmaps/vapora-other"));
    let (result, _) = about(some, answers).await;
    assert!(kept(&result).contains("name: vapora-config"), "the others are kept all the same");
    add("one of two", result, fails);
    let list = "/api/v1/namespaces/vapora/configmaps";
    let none = with(vec![Recording::list(list, "ConfigMap", Vec::new())], "namespace-get");
    let of = json!({ "resources": ["configmaps"], "selector": "app=vapora" });
    add("no objects of the labels", about(of, none).await.0, fails);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_could_not_be_found_out_is_an_error() {
    let mut sheet = Sheet::default();
    let mut add = |title: &str, result: CheckResult, transient: bool| {
        assert!(result.as_ref().is_err_and(|error| error.is_transient() == transient), "{title}: {result:?}");
        sheet.add(title, &result);
    };
    let get = || Recording::of("configmap-get");
    let answers = vec![Recording::of("configmap-get-restricted-403")];
    add("no right to get it", about(config(), answers).await.0, false);
    let answers = vec![Recording::of("deployments-list-bad-token-401").at(CONFIG)];
    add("no credentials", about(config(), answers).await.0, false);
    let answers = vec![get(), Recording::of("dry-run-apply-restricted-403").at(CONFIG)];
    add("no right to patch it", about(config(), answers).await.0, false);
    let answers = vec![get(), Recording::of("dry-run-apply-bad-token-401").at(CONFIG)];
    add("no credentials any more", about(config(), answers).await.0, false);
    let answers = vec![get(), Recording::of("dry-run-apply-webhook-unreachable-500").at(CONFIG)];
    add("a webhook that does not answer", about(config(), answers).await.0, true);
    let answers = vec![get(), Recording::of("dry-run-apply-unknown-kind-404").at(CONFIG)];
    add("a resource that is gone", about(config(), answers).await.0, false);
    let answers = vec![Recording::of("deployments-list-restricted-403")];
    add("no right to list them", about(json!({ "resources": ["deployments.apps"] }), answers).await.0, false);

    let other = |it: &mut Value| it["data"]["LOG_LEVEL"] = "trace".into();
    let answers = vec![get(), get().edited(other), get().edited(other).to_patch()];
    add("it was changed meanwhile", about(config(), answers).await.0, true);
    let answers = vec![get(), get().edited(other), Recording::of("dry-run-apply-conflict-409").at(CONFIG)];
    add("it was changed meanwhile, by another manager", about(config(), answers).await.0, true);
    let answers = vec![get(), absent(CONFIG), get().edited(other).to_patch()];
    add("it was changed and deleted", about(config(), answers).await.0, true);
    let answers = vec![get(), get().to_patch().status(201)];
    add("it was deleted meanwhile", about(config(), answers).await.0, true);
    let another = |it: &mut Value| it["metadata"]["name"] = "another".into();
    let answers = vec![get(), get().to_patch().edited(another)];
    add("the answer is about another one", about(config(), answers).await.0, true);
    let list = "/api/v1/namespaces/vapora/configmaps";
    let elsewhere = json!({ "metadata": { "name": "a", "namespace": "other" } });
    let answers = vec![Recording::list(list, "ConfigMap", vec![elsewhere])];
    add(
        "an object of another namespace",
        about(json!({ "resources": ["configmaps"] }), answers).await.0,
        true,
    );
    let answers = vec![get().at(list)];
    add("no list", about(json!({ "resources": ["configmaps"] }), answers).await.0, true);
    let long = |number: usize| json!({ "metadata": { "name": format!("a-{number}"), "namespace": "vapora" }, "data": { "a": "long ".repeat(4_000) } });
    let answers = vec![Recording::list(list, "ConfigMap", (0..900).map(long).collect())];
    add("too much", about(json!({ "resources": ["configmaps"] }), answers).await.0, false);
    let short =
        |number: usize| json!({ "metadata": { "name": format!("a-{number}"), "namespace": "vapora" } });
    let answers = vec![Recording::list(list, "ConfigMap", (0..1_001).map(short).collect())];
    add("too many", about(json!({ "resources": ["configmaps"] }), answers).await.0, false);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn warnings_of_the_server_are_told_once() {
    let [patch, get] = same("configmap-get");
    let patch = patch.header("warning", "299 - \"example.com/v1 is deprecated\"");
    let (result, _) = about(config(), vec![patch, get]).await;
    assert!(warns(&result), "{result:?}");
    insta::assert_snapshot!(text(&result));
}

#[tokio::test]
async fn what_a_controller_has_made_is_left_out_unless_it_is_named() {
    let cluster = cluster();
    let result = of(&cluster, json!({ "resources": ["pods", "replicasets.apps", "configmaps"] })).await;
    assert!(fails(&result), "there are no pods that are not owned: {result:?}");
    let made = cluster.pods_of("vapora", "vapora-agents").remove(0);
    let result = of(&cluster, json!({ "objects": [format!("pods/{made}")] })).await;
    assert!(passes(&result), "{result:?}");
    let file = kept(&result);
    assert!(!file.contains("ownerReferences") && !file.contains("nodeName"), "{file}");
    let all = of(
        &cluster,
        json!({ "resources": ["configmaps", "services", "cronjobs.batch"], "selector": "!none" }),
    )
    .await;
    assert!(passes(&all), "{all:?}");
}

/// All sorts of objects of the simulated cluster.
const SORTS: [(&str, &str, &str); 6] = [
    ("configmaps", "ConfigMap", "vapora-config"),
    ("secrets", "Secret", "vapora-secrets"),
    ("persistentvolumeclaims", "PersistentVolumeClaim", "vapora-data"),
    ("services", "Service", "vapora-backend"),
    ("deployments.apps", "Deployment", "vapora-backend"),
    ("cronjobs.batch", "CronJob", "vapora-db-backup"),
];

#[tokio::test]
async fn what_was_deleted_is_restored_from_the_file() {
    let cluster = cluster();
    let objects: Vec<String> = SORTS.iter().map(|(resource, _, name)| format!("{resource}/{name}")).collect();
    let parameters = json!({ "objects": objects, "secrets": true, "anew": true });
    let before = of(&cluster, parameters.clone()).await;
    assert!(passes(&before), "{before:?}");
    let file_text = kept(&before);
    insta::assert_snapshot!("the_file_of_all_sorts", file_text);
    for (_, kind, name) in SORTS {
        cluster.remove(kind, "vapora", name).unwrap();
        assert!(cluster.object(kind, "vapora", name).is_err());
    }
    let gone = of(&cluster, parameters.clone()).await;
    assert!(fails(&gone), "{gone:?}");

    let folder = folder(&file_text);
    let resources: Vec<&str> = SORTS.iter().map(|(resource, ..)| *resource).collect();
    let restore = json!({ "files": [file(&folder)], "namespace": "vapora", "resources": resources });
    let restored = ask::<Applied>(restore, client(&cluster)).await;
    assert!(passes(&restored), "{restored:?}");
    let after = of(&cluster, parameters).await;
    assert!(passes(&after), "{after:?}");
    assert_eq!(kept(&after), file_text, "it is the same object, so it is the same file");
}

#[tokio::test]
async fn the_file_is_the_same_as_long_as_the_objects_are() {
    let cluster = cluster();
    let first = kept(&of(&cluster, config()).await);
    let touch = |object: &mut Value| {
        object["metadata"]["resourceVersion"] = "999999".into();
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = "{}".into();
    };
    cluster.edit("ConfigMap", "vapora", "vapora-config", touch).unwrap();
    assert_eq!(kept(&of(&cluster, config()).await), first);
    cluster.edit("ConfigMap", "vapora", "vapora-config", |it| it["data"]["A"] = "1".into()).unwrap();
    assert_ne!(kept(&of(&cluster, config()).await), first);
}

#[tokio::test]
async fn an_object_that_could_not_be_made_anew_fails_where_that_is_asked() {
    let get = || Recording::of("configmap-get");
    let new = "/api/v1/namespaces/vapora/configmaps/vapora-preflight-dry-run";
    let mut anew = config();
    anew["anew"] = true.into();
    let made = |edit: fn(&mut Value)| {
        let create = get().at(new).to_patch().status(201).edited(|it| {
            it["metadata"]["name"] = "vapora-preflight-dry-run".into();
            edit(it);
        });
        vec![get(), get().to_patch(), create]
    };
    let mut sheet = Sheet::default();
    let (result, asked) = about(anew.clone(), made(|_| {})).await;
    assert!(passes(&result), "{result:?}");
    let asked = asked.lock().unwrap().last().unwrap().clone();
    assert!(asked.1.starts_with(new) && asked.1.contains("dryRun=All"), "{}", asked.1);
    assert!(asked.2.contains("  name: vapora-preflight-dry-run\n"), "{}", asked.2);
    let (result, _) = about(anew.clone(), made(|it| it["data"]["LOG_LEVEL"] = "warn".into())).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("another one", &result);
    let refused = Recording::of("dry-run-apply-quota-exceeded-403").at(new);
    let (result, _) = about(anew.clone(), vec![get(), get().to_patch(), refused]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("no room for it", &result);
    let (result, _) = about(anew, made(|_| {}).into_iter().map(|answer| answer.status(200)).collect()).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("one of that name is there", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn secrets_are_kept_only_where_that_is_said_and_no_value_is_told() {
    let cluster = cluster();
    let secrets = json!({ "objects": ["secrets/vapora-secrets"], "secrets": true });
    let result = of(&cluster, secrets).await;
    assert!(passes(&result), "{result:?}");
    assert!(kept(&result).contains("  PASS: c3dvcmRmaXNo\n"));
    assert!(!text(&result).contains("c3dvcmRmaXNo"));
    assert!(matches!(result, Ok(Outcome::Pass(_))));
}

#[test]
fn parameters_have_to_go_together() {
    let told = |more: Value| problems::<BackedUp>(parameters(&more)).join("; ");
    assert_eq!(told(json!({})), "nothing says which objects are backed up");
    assert_eq!(
        told(json!({ "objects": ["configmaps/a"], "selector": "a=b" })),
        "labels are given, and no resources of which they choose"
    );
    assert_eq!(told(json!({ "resources": ["pods/log"] })), "expected a whole resource, found `pods/log`");
    assert_eq!(told(json!({ "objects": ["secrets/a"] })), "Secrets would be kept in a file");
    assert_eq!(told(json!({ "resources": ["secrets"] })), "Secrets would be kept in a file");
    assert_eq!(told(json!({ "resources": ["secrets"], "secrets": true })), "");
    assert_eq!(told(json!({ "objects": ["secrets.example.com/a", "configmaps/secrets"] })), "");
}
