//! `k8s.apis_served`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Outcome};
use vapora_preflight_k8s::ApisServed;

use crate::{
    manifests::{discovery, file, folder},
    replay::{Asked, Recording, replay},
    said::{Sheet, ask, fails, passes, without},
};

fn object(api_version: &str, kind: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n")
}

/// Asks about objects of these kinds.
async fn about(kinds: &[(&str, &str)], more: Value, answers: Vec<Recording>) -> (CheckResult, Asked) {
    let yaml: Vec<String> = kinds.iter().map(|(api_version, kind)| object(api_version, kind)).collect();
    about_text(&yaml.join("---\n"), more, answers).await
}

async fn about_text(yaml: &str, more: Value, answers: Vec<Recording>) -> (CheckResult, Asked) {
    let folder = folder(yaml);
    let mut parameters = json!({ "files": [file(&folder)], "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    // what comes first is answered first, and the last answer goes on
    let mut all = answers;
    all.extend(discovery());
    all.push(Recording::of("version-get"));
    let (client, asked) = replay(all);
    let result = ask::<ApisServed>(parameters, client).await;
    (without(result, &format!("{}/", folder.path().display())), asked)
}

const WIDGETS: &str = "/apis/example.com/v1/namespaces/vapora/widgets";

/// The answer to a list of widgets, with what the server says against them.
fn widgets(warning: Option<&str>) -> Recording {
    let list = json!({ "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": [] });
    let recording = Recording::of("configmap-get").at(WIDGETS).edited(|object| *object = list);
    match warning {
        Some(warning) => recording.header("warning", &format!("299 - \"{warning}\"")),
        None => recording,
    }
}

fn denied(path: &str) -> Recording {
    Recording::of("configmap-get-restricted-403").at(path)
}

const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com";

fn definition(deprecated: bool) -> Recording {
    Recording::of("configmap-get").at(DEFINITION).edited(|object| {
        *object = json!({ "kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1",
            "metadata": { "name": "widgets.example.com" },
            "spec": { "versions": [{ "name": "v1", "served": true, "deprecated": deprecated }] } });
    })
}

#[tokio::test]
async fn versions_are_judged_for_the_release_that_is_named() {
    let mut sheet = Sheet::default();
    let here = [("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("apps/v1", "Deployment")];
    let (result, asked) = about(&here[..2], json!({}), Vec::new()).await;
    assert!(passes(&result), "{result:?}");
    let asked: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    assert_eq!(asked, ["/version", "/api", "/apis"]);
    sheet.add("served, for the release after the server's", &result);
    for (title, kinds, release) in [
        ("gone for long", ("extensions/v1beta1", "Deployment"), "1.37"),
        ("another version", ("apps/v1beta2", "Deployment"), "1.37"),
        ("a kind that is nowhere", ("v1", "Deploymnet"), "1.37"),
        ("deprecated without an end", ("v1", "Endpoints"), "1.37"),
        ("not deprecated yet", ("v1", "Endpoints"), "1.32"),
        ("a group that nobody has", ("nothing.example.org/v1", "Thing"), "1.37"),
    ] {
        let (result, _) = about(&[kinds], json!({ "for_release": release }), Vec::new()).await;
        sheet.add(title, &result);
    }
    let (result, _) = about(&[("v1", "Endpoints")], json!({ "deprecated": "fail" }), Vec::new()).await;
    assert!(fails(&result), "{result:?}");
    let (result, _) =
        about(&[("v1", "ConfigMap"), ("v1", "Secret")], json!({ "resources": ["configmaps"] }), Vec::new())
            .await;
    sheet.add("a resource that is not named", &result);
    let (result, _) = about_text("a: [\n", json!({}), Vec::new()).await;
    sheet.add("no YAML", &result);
    let (result, _) = about_text("# nothing\n", json!({}), Vec::new()).await;
    sheet.add("nothing at all", &result);
    insta::assert_snapshot!(sheet.text());
}

/// Adds a group with one resource to what the server serves.
fn serving(group: &str, version: &str, kind: &str, plural: &str) -> Recording {
    let resource = json!({ "resource": plural, "responseKind": { "kind": kind }, "scope": "Namespaced", "verbs": ["list"] });
    let group = json!({ "metadata": { "name": group }, "versions": [{ "version": version, "resources": [resource] }] });
    Recording::of("discovery-apis-aggregated")
        .edited(|groups| groups["items"].as_array_mut().unwrap().insert(0, group))
}

#[tokio::test]
async fn what_is_served_now_may_go_in_the_release() {
    let mut sheet = Sheet::default();
    let beta = [("policy/v1beta1", "PodDisruptionBudget")];
    for release in ["1.20", "1.21", "1.25"] {
        let serves = serving("policy", "v1beta1", "PodDisruptionBudget", "poddisruptionbudgets");
        let mut answers = vec![serves];
        answers[0] = answers[0].clone().edited(|groups| {
            groups["items"].as_array_mut().unwrap().retain(|group| {
                group["metadata"]["name"] != "policy" || group["versions"][0]["version"] == "v1beta1"
            });
        });
        let (result, _) = about(&beta, json!({ "for_release": release }), answers).await;
        sheet.add(release, &result);
    }
    let alpha = serving("internal.apiserver.k8s.io", "v1alpha1", "StorageVersion", "storageversions");
    let (result, _) =
        about(&[("internal.apiserver.k8s.io/v1alpha1", "StorageVersion")], json!({}), vec![alpha]).await;
    assert!(matches!(result, Ok(Outcome::Warn(_))), "{result:?}");
    sheet.add("an alpha version", &result);
    let newer = Recording::of("version-get").edited(|version| version["gitVersion"] = "v1.38.0".into());
    let empty = Recording::of("configmap-get").at("/api/v1/namespaces/vapora/configmaps").edited(|object| {
        *object = json!({ "kind": "ConfigMapList", "apiVersion": "v1", "metadata": {}, "items": [] });
    });
    let warned = empty
        .clone()
        .header("warning", "299 - \"v1 ConfigMap is deprecated in v1.38+, unavailable in v1.40+\"");
    for (title, answer) in [("a newer server", empty), ("a newer server that warns", warned)] {
        let (result, _) = about(&[("v1", "ConfigMap")], json!({}), vec![newer.clone(), answer]).await;
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn custom_resources_are_asked_about() {
    let mut sheet = Sheet::default();
    let widget = [("example.com/v1", "Widget")];
    let (result, asked) = about(&widget, json!({}), vec![widgets(None)]).await;
    assert!(passes(&result), "{result:?}");
    assert_eq!(asked.lock().unwrap().last().unwrap().1, format!("{WIDGETS}?limit=1"));
    for (title, answers) in [
        (
            "the server warns",
            vec![widgets(Some("example.com/v1 Widget is deprecated; use example.com/v2 Widget"))],
        ),
        ("another warning", vec![widgets(Some("be careful"))]),
        ("no right to list, and a good definition", vec![denied(WIDGETS), definition(false)]),
        ("no right to list, and a deprecated definition", vec![denied(WIDGETS), definition(true)]),
        ("no right at all", vec![denied(WIDGETS), denied(DEFINITION)]),
        ("another object", vec![Recording::of("configmap-get").at(WIDGETS)]),
    ] {
        let (result, _) = about(&widget, json!({}), answers).await;
        sheet.add(title, &result);
    }
    let gadget = |deprecated: bool, served: bool| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: gadgets.example.org}}\n\
             spec:\n  group: example.org\n  names: {{kind: Gadget, plural: gadgets}}\n  versions:\n  \
             - {{name: v1, served: {served}, deprecated: {deprecated}}}\n---\n{}",
            object("example.org/v1", "Gadget")
        )
    };
    for (deprecated, served) in [(false, true), (true, true), (false, false)] {
        let (result, _) = about_text(&gadget(deprecated, served), json!({}), Vec::new()).await;
        sheet.add(&format!("defined with it, deprecated {deprecated}, served {served}"), &result);
    }
    insta::assert_snapshot!(sheet.text());
}
