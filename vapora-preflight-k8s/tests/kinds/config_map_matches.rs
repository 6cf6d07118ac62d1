//! `k8s.config_map_matches`

use std::{fs, sync::Arc};

use kube::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use vapora_preflight::{
    CheckResult, Outcome, PlanBuilder, Problems, Registry, Resources, Run, Selection, Sources, Status,
    TargetName,
};
use vapora_preflight_k8s::{ConfigMapMatches, K8sClient, register};
use vapora_preflight_sim::Cluster;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, kind, passes, text},
};

const PATH: &str = "/api/v1/namespaces/vapora/configmaps/vapora-config";

/// The manifest of the config map that was recorded.
const MANIFEST: &str = r#"---
# generated
apiVersion: v1
kind: ConfigMap
metadata:
  name: vapora-config
  namespace: vapora
  labels: { app.kubernetes.io/part-of: vapora }
data:
  LOG_LEVEL: info
  agents.toml: |
    [registry]
    max_agents_per_role = 5
  config.toml: |
    [server]
    host = "0.0.0.0"
    port = 8001

    [database]
    url = "ws://surrealdb:8000"

    [llm]
    default_provider = "local"
  vapora.json: '{"features":{"a2a":true,"mcp":false}}'
---
apiVersion: v1
kind: ConfigMap
metadata: { name: other }
"#;

/// A folder with one manifest.
struct Artifacts(TempDir);

impl Artifacts {
    fn of(manifest: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("configmap.yaml"), manifest).unwrap();
        Self(folder)
    }

    fn add(self, name: &str, text: &str) -> Self {
        fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// The answer with the folder left out.
    fn words(&self, result: &CheckResult) -> String {
        text(result).replace(&self.0.path().display().to_string(), "ARTIFACTS")
    }
}

fn vapora(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora", "name": "vapora-config" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

async fn found(more: Value) -> CheckResult {
    ask::<ConfigMapMatches>(vapora(more), recorded(&["configmap-get"])).await
}

async fn against(artifacts: &Artifacts, more: Value) -> CheckResult {
    let mut parameters = json!({ "manifest": artifacts.path("configmap.yaml") });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    found(parameters).await
}

#[tokio::test]
async fn a_config_map_that_is_as_its_manifest_says_passes() {
    let artifacts = Artifacts::of(MANIFEST);
    let labels = json!({ "labels": true, "annotations": true, "lacks": { "config.toml": "localhost" } });
    let result = against(&artifacts, labels).await;
    assert!(passes(&result), "{result:?}");
    insta::assert_snapshot!(artifacts.words(&result));
    // In a folder there may be other things, and files that are not looked at.
    let artifacts = artifacts
        .add("docker-compose.yml", "services: { backend: { image: vapora } }\n")
        .add("vapora.json", "[1, 2]")
        .add("README.md", "a: a: a");
    let folder = json!({ "manifest": artifacts.path("") });
    assert!(passes(&found(folder).await));
}

#[tokio::test]
async fn what_differs_is_named_and_shown_only_when_asked_for() {
    let edited = MANIFEST
        .replace("port = 8001", "port = 9001")
        .replace("LOG_LEVEL: info", "LOG_LEVEL: debug\n  NEW_KEY: swordfish")
        .replace("  vapora.json: '{\"features\":{\"a2a\":true,\"mcp\":false}}'\n", "")
        .replace("max_agents_per_role = 5\n", "max_agents_per_role = 5\n\n")
        .replace("agents.toml: |", "agents.toml: |+")
        .replace("part-of: vapora", "part-of: other, extra: label")
        .replace("\ndata:\n", "\nimmutable: true\ndata:\n");
    let artifacts = Artifacts::of(&edited);
    let mut sheet = Sheet::default();
    for shown in [false, true] {
        let result = against(&artifacts, json!({ "show_values": shown, "labels": true })).await;
        assert!(fails(&result), "{result:?}");
        let words = artifacts.words(&result);
        for value in ["debug", "9001", "8001"] {
            assert_eq!(words.contains(value), shown, "{value}: {words}");
        }
        assert!(!words.contains("swordfish"), "{words}");
        sheet.add_text(&format!("values are shown: {shown}"), &words);
    }
    insta::assert_snapshot!(sheet.text());
    let lenient = json!({ "ignore_final_newline": true });
    assert!(!artifacts.words(&against(&artifacts, lenient).await).contains("agents.toml` differs"));
}

#[tokio::test]
async fn a_manifest_that_cannot_be_compared_with_is_an_error() {
    let mut sheet = Sheet::default();
    for (title, manifest) in [
        ("no such config map", MANIFEST.replace("name: vapora-config", "name: vapora")),
        ("for another namespace", MANIFEST.replace("namespace: vapora", "namespace: other")),
        ("twice", format!("{MANIFEST}\n{MANIFEST}")),
        ("a number", MANIFEST.replace("LOG_LEVEL: info", "LOG_LEVEL: 4711")),
        ("bytes that are none", MANIFEST.replace("\ndata:\n", "\nbinaryData: { a: \"%%%\" }\ndata:\n")),
        (
            "a key that is there twice",
            MANIFEST.replace("LOG_LEVEL: info", "LOG_LEVEL: info\n  LOG_LEVEL: info"),
        ),
        ("a template", MANIFEST.replace("LOG_LEVEL: info", "LOG_LEVEL: {{ level }}: x")),
        ("nothing", "# nothing\n".to_owned()),
        ("no config maps", "apiVersion: v1\nkind: Secret\nmetadata: { name: vapora-config }\n".to_owned()),
    ] {
        let artifacts = Artifacts::of(&manifest);
        let result = against(&artifacts, json!({})).await;
        let error = result.as_ref().expect_err(title);
        assert!(!error.is_transient(), "{title}: {error}");
        let words = artifacts.words(&result);
        assert!(!words.contains("4711"), "{title}: {words}");
        sheet.add_text(title, &words);
    }
    let artifacts = Artifacts::of(MANIFEST);
    let missing = found(json!({ "manifest": artifacts.path("nothing.yaml") })).await;
    assert!(missing.is_err());
    sheet.add_text("no such file", &artifacts.words(&missing));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn keys_texts_patterns_and_digests_are_compared() {
    let digest = digest(&found(json!({ "keys": ["LOG_LEVEL"] })).await);
    let none = "0".repeat(64);
    for good in [
        json!({ "keys": ["LOG_LEVEL", "vapora.json"] }),
        json!({ "contains": { "config.toml": "ws://surrealdb" } }),
        json!({ "contains": { "config.toml": ["ws://surrealdb:8000", "port = 8001"] } }),
        json!({ "matches": { "config.toml": r"(?m)^port = \d+$" } }),
        json!({ "lacks": { "config.toml": ["localhost"], "no such key": "a" } }),
        json!({ "sha256": digest }),
        json!({ "keys": ["LOG_LEVEL", "vapora.json", "agents.toml", "config.toml"], "extra_keys": false }),
        json!({ "data": { "LOG_LEVEL": "info" }, "extra_keys": true }),
    ] {
        let result = found(good.clone()).await;
        assert!(passes(&result), "{good}: {result:?}");
    }
    let mut sheet = Sheet::default();
    for bad in [
        json!({ "keys": ["LOG_LEVEL", "missing-a", "missing-b"] }),
        json!({ "contains": { "config.toml": ["ws://surrealdb", "localhost"], "missing": "a" } }),
        json!({ "matches": { "LOG_LEVEL": "^(warn|error)$" } }),
        json!({ "lacks": { "config.toml": "surrealdb" } }),
        json!({ "sha256": none }),
        json!({ "keys": ["LOG_LEVEL", "vapora.json"], "extra_keys": false }),
        json!({ "data": { "LOG_LEVEL": "info" } }),
        json!({ "data": { "LOG_LEVEL": "debug" }, "extra_keys": true }),
    ] {
        let result = found(bad.clone()).await;
        assert!(fails(&result), "{bad}: {result:?}");
        sheet.add(&bad.to_string(), &result);
    }
    insta::assert_snapshot!(sheet.text());
}

fn digest(result: &CheckResult) -> String {
    result.as_ref().unwrap().finding().evidence.get("digest").unwrap().to_string()
}

#[tokio::test]
async fn the_digest_is_that_of_the_canonical_json() {
    let with = |object: Value| {
        let object =
            json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": { "name": "vapora-config" } })
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .chain(object.as_object().unwrap().clone())
                .collect::<Value>();
        let client = replay(vec![Recording::made(PATH, 200, &object.to_string())]).0;
        ask::<ConfigMapMatches>(vapora(json!({ "lacks": { "a": "x" } })), client)
    };
    // printf '%s' '{"binaryData":{"c":"AAH/"},"data":{"a":"1\n","b":"ä"}}' | sha256sum
    let whole = with(json!({ "data": { "b": "ä", "a": "1\n" }, "binaryData": { "c": "AAH/" } })).await;
    assert_eq!(digest(&whole), "157c271f6ee65963aafbd8b488ea58e445dde8c881e735cc08ad2bc589c321d0");
    // printf '%s' '{"binaryData":{},"data":{}}' | sha256sum
    assert_eq!(
        digest(&with(json!({})).await),
        "f11eb61678e9d4645cb617df544ee787e59f4ad9a605b0c6f61a6ca4d7a06dee"
    );
    let bytes = with(json!({ "binaryData": { "a": "AAH/" } })).await;
    assert!(text(&bytes).contains("`a` holds bytes, and no text to search"), "{bytes:?}");
}

#[tokio::test]
async fn bytes_are_compared_as_bytes() {
    let live = |part: &str, value: &str| {
        let object = json!({ "kind": "ConfigMap", "apiVersion": "v1",
            "metadata": { "name": "vapora-config" }, part: { "a": value } });
        replay(vec![Recording::made(PATH, 200, &object.to_string())]).0
    };
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: vapora-config }\nbinaryData:\n  a: |\n    AAEC\n    \
                    AwQ=\n";
    let artifacts = Artifacts::of(manifest);
    let parameters = || vapora(json!({ "manifest": artifacts.path("configmap.yaml") }));
    assert!(passes(&ask::<ConfigMapMatches>(parameters(), live("binaryData", "AAECAwQ=")).await));
    for (part, value, said) in [
        ("binaryData", "AAECAwU=", "`a` holds other bytes: expected 5 bytes, found 5 bytes"),
        ("data", "AAECAwQ=", "`a` is in `data`, not in `binaryData`"),
    ] {
        let result = ask::<ConfigMapMatches>(parameters(), live(part, value)).await;
        assert!(text(&result).contains(said), "{result:?}");
    }
}

#[tokio::test]
async fn one_that_is_not_there_is_told_from_one_that_may_not_be_seen() {
    let artifacts = Artifacts::of(&MANIFEST.replace("  namespace: vapora\n", ""));
    let manifest = artifacts.path("configmap.yaml");
    let mut sheet = Sheet::default();
    for (title, recordings, namespace, error) in [
        ("no config map", ["configmap-get-missing-404", "namespace-get"], "vapora", false),
        (
            "no namespace",
            ["configmap-get-missing-namespace-404", "namespace-get-missing-404"],
            "vapora-staging",
            false,
        ),
        ("no right", ["configmap-get-restricted-403", "namespace-get"], "vapora", true),
    ] {
        let name = if title == "no config map" { "vapora-nothing" } else { "vapora-config" };
        let parameters = json!({ "namespace": namespace, "name": name, "keys": ["a"] });
        let result = ask::<ConfigMapMatches>(parameters, recorded(&recordings)).await;
        assert_eq!(result.is_err(), error, "{title}: {result:?}");
        assert!(error || fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    let recordings = ["configmap-get-missing-namespace-404", "namespace-get-restricted-403"];
    let parameters = json!({ "namespace": "vapora-staging", "name": "vapora-config", "manifest": manifest });
    let result = ask::<ConfigMapMatches>(parameters, recorded(&recordings)).await;
    assert!(fails(&result), "{result:?}");
    sheet.add_text("no right to see the namespace", &artifacts.words(&result));
    insta::assert_snapshot!(sheet.text());
}

#[test]
fn what_cannot_be_meant_is_told_when_the_checklist_is_read() {
    for (parameters, said) in [
        (json!({}), "nothing is said of what the config map has to hold"),
        (json!({ "manifest": "a.yaml", "data": { "a": "b" } }), "both `manifest` and `data` are given"),
        (json!({ "data": {} }), "`data` is empty"),
        (json!({ "keys": ["a"], "labels": true }), "`labels` are compared with those of a manifest"),
        (json!({ "lacks": { "a": "b" }, "extra_keys": false }), "every key would be one too many"),
        (json!({ "contains": { "a": [] } }), "nothing is said of the value of `a`"),
        (json!({ "contains": { "a": "" } }), "nothing is said of the value of `a`"),
    ] {
        let mut problems = Problems::default();
        vapora_preflight::Kind::validate(
            &kind::<ConfigMapMatches>(vapora(parameters.clone())),
            &mut problems,
        );
        let told: Vec<&str> = problems.messages().collect();
        assert!(told.len() == 1 && told[0].contains(said), "{parameters}: {told:?}");
    }
    let bad = vapora(json!({ "matches": { "a": "(" } }));
    assert!(serde_json::from_value::<ConfigMapMatches>(bad).is_err());
}

/// A check that only looks, and one that compares with what it saw.
const SINCE: &str = r#"
checklist = "since"
[phase.now]
[target.production.kubernetes]
context = "production"
[check.before]
phase = "now"
kind = "k8s.config_map_matches"
target = "production"
namespace = "vapora"
name = "vapora-config"
keys = ["a"]
[check.after]
phase = "now"
kind = "k8s.config_map_matches"
target = "production"
namespace = "vapora"
name = "vapora-config"
unchanged = true
baseline = "before"
"#;

#[tokio::test(start_paused = true)]
async fn a_change_since_an_earlier_check_is_found() {
    let data = [("a", "1"), ("b", "2")];
    let cluster = Cluster::builder("production").config_map("vapora", "vapora-config", data).build();
    let mut registry = Registry::new();
    register(&mut registry);
    let mut sources = Sources::new();
    sources.add("checklist.toml", SINCE);
    let plan = PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan;
    let mut resources = Resources::new();
    let client = K8sClient::new(Client::new(cluster.service(), "default"), "https://sim.example.com");
    resources.insert_for(&TargetName::new("production").unwrap(), client);
    let resources = Arc::new(resources);
    let run = || Run::new(&plan).resources(Arc::clone(&resources)).clock(Arc::new(cluster.clock().clone()));
    let first = run().execute().await.unwrap().report;
    assert!(first.check("after").unwrap().record.unwrap().status.holds());
    for (edit, said) in [
        (json!({ "a": "1", "b": "3" }), "(the same keys, of the same sizes)"),
        (json!({ "a": "1", "c": "222", "b": "22" }), "(new: `c`, of another size: `b`)"),
        (json!({ "a": "1" }), "(gone: `b`)"),
    ] {
        cluster.edit("ConfigMap", "vapora", "vapora-config", |map| map["data"] = edit).unwrap();
        let only = Selection::everything().check_glob("after");
        let again = run().history(Some(first.clone())).select(only).ask_again(true).only_selected(true);
        let report = again.execute().await.unwrap().report;
        let Status::Done(Outcome::Fail(finding)) = &report.check("after").unwrap().record.unwrap().status
        else {
            panic!("{report:?}");
        };
        let actual = finding.actual.as_deref().unwrap();
        assert!(actual.starts_with("it is not what `before` saw at ") && actual.ends_with(said), "{actual}");
    }
    // Alone, it has nothing to go by.
    let result =
        ask::<ConfigMapMatches>(vapora(json!({ "unchanged": true })), recorded(&["configmap-get"])).await;
    assert!(!result.unwrap_err().is_transient());
}
