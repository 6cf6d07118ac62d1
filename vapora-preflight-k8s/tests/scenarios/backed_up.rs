//! `k8s.backed_up`

use serde_json::{Value, json};
use tempfile::TempDir;
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::{Applied, BackedUp, KubernetesTarget};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ended, Ground, IMAGE, Right, everywhere},
    manifests::{config_map, deployment, folder},
    said::{errs, evidence, fails, passes},
};

/// Texts that one reader of YAML or another takes for something else, as values and as keys.
fn tricky() -> Value {
    let words = [
        "",
        " ",
        "y",
        "No",
        "on",
        "~",
        "null",
        ".nan",
        "-.INF",
        "0644",
        "0o644",
        "0x1F",
        "0b1",
        "1_000",
        "1e3",
        "12e03",
        ".5",
        "+1",
        "1:30",
        "190:20:30",
        "2026-01-01",
        "2026-12-01T12:00:00Z",
        "=",
        "<<",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a:",
        "a #b",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "'a'",
        "\"a\"",
        "%a",
        "@a",
        "`a`",
        "{a}",
        "[a]",
        "---",
        "...",
        "a ",
        "\t",
        "a\tb",
        "\\n",
        "é",
        "🚀",
        "\u{85}",
        "\u{2028}",
        "\u{feff}a",
        "\u{7f}",
        "\u{1b}[0m",
        "\r\n",
        "a\r\nb",
        "\n",
        "\n\n",
        "a\nb",
        "a\n\n",
        "a\n\nb\n\n\n",
        " a\nb",
        "a\n b\n",
        "a\n \nb",
        "a\n\tb\n",
        "\ta\nb",
        "---\na\n",
        "a\n---\nb\n",
        "# a\nb\n",
        "a\n# b",
        "a  \nb\n",
        "a\n  ",
    ];
    let keys = ["yes", "NO", "null", "1.5", "0x1", "0644", "1e3", "true", "2026-01-01", "-", "-.inf", "1_0"];
    let values = words.iter().enumerate().map(|(number, word)| (format!("k{number}"), json!(word)));
    values.chain(keys.map(|key| (key.to_owned(), json!(key)))).collect()
}

/// An object of each sort, as somebody would make it.
fn objects() -> [(&'static str, Value); 5] {
    let ports = json!([{ "name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080 }]);
    [
        (
            "configmaps",
            config_map(
                "config",
                json!({ "A": "yes", "B": "0644", "app.toml": "[a]\nb = 1\n\n", "dos": "a\r\nb" }),
            ),
        ),
        (
            "secrets",
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "secret" }, "type": "Opaque",
                "data": { "PASS": "c3dvcmRmaXNo" } }),
        ),
        (
            "services",
            json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },
                "spec": { "selector": { "app": "web" }, "ports": ports } }),
        ),
        (
            "persistentvolumeclaims",
            json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "data" },
                "spec": { "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
                    "resources": { "requests": { "storage": "1Gi" } } } }),
        ),
        ("deployments.apps", deployment("web", IMAGE)),
    ]
}

fn cron_job() -> Value {
    let mut pod = deployment("job", IMAGE)["spec"]["template"].clone();
    pod["spec"]["restartPolicy"] = "Never".into();
    json!({ "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "backup" },
        "spec": { "schedule": "0 2 * * *", "suspend": true, "jobTemplate": { "spec": { "template": pod } } } })
}

/// Applies the manifests of a folder.
async fn apply(ground: &Ground, folder: &TempDir, resources: &[&str]) -> CheckResult {
    ground.standing_for(&format!("{}/", folder.path().display()), "");
    ground.ask_here::<Applied>(json!({ "files": [folder.path()], "resources": resources })).await
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// Backs up objects, deletes them, applies the file, and sees that they are as they were.
async fn goes_and_comes_back(ground: &Ground, objects: &[(&str, Value)]) -> Ended {
    let resources: Vec<&str> = objects.iter().map(|(resource, _)| *resource).collect();
    let named: Vec<String> =
        objects.iter().map(|(resource, object)| format!("{resource}/{}", name(object))).collect();
    let parameters = json!({ "objects": named, "secrets": true, "anew": true });
    let number = objects.len();
    let before = passes(&ground.ask_here::<BackedUp>(parameters.clone()).await, &["can be restored as"]);
    assert_eq!(evidence(&before, "objects"), number.to_string());
    let file = before.evidence.attachments()[0].content.clone().unwrap();
    for (_, object) in objects {
        ground.delete(object["kind"].as_str().unwrap(), name(object)).await?;
    }
    let gone = format!("{number} of {number} could not be backed up");
    fails(&ground.ask_here::<BackedUp>(parameters.clone()).await, &[&gone]);

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backup.yaml"), &file).unwrap();
    let new = format!("{number} new, 0 changed, 0 unchanged");
    passes(&apply(ground, &folder, &resources).await, &[&new]);
    let after = passes(&ground.ask_here::<BackedUp>(parameters).await, &["can be restored as"]);
    assert_eq!(evidence(&after, "digest"), evidence(&before, "digest"), "it is the same as before");
    let same = format!("0 new, 0 changed, {number} unchanged");
    passes(&apply(ground, &folder, &resources).await, &[&same]);
    Ok(())
}

#[tokio::test]
async fn what_was_deleted_is_restored_from_the_file() {
    everywhere("restored", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let objects = objects();
        let all: Vec<Value> = objects.iter().map(|(_, object)| object.clone()).collect();
        let resources: Vec<&str> = objects.iter().map(|(resource, _)| *resource).collect();
        passes(&apply(ground, &folder(&all), &resources).await, &["5 new"]);
        let tricky = config_map("tricky", tricky());
        ground.make(tricky.clone()).await?;
        let mut objects = objects.to_vec();
        objects.push(("configmaps", tricky));
        goes_and_comes_back(ground, &objects).await
    })
    .await;
}

#[tokio::test]
async fn a_cron_job_is_restored_too() {
    everywhere("restored-job", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        // servers before 1.21 do not serve it in this version
        let mut first = cron_job();
        first["metadata"]["name"] = "first".into();
        ground.make(first).await?;
        let object = cron_job();
        passes(&apply(ground, &folder(std::slice::from_ref(&object)), &["cronjobs.batch"]).await, &["1 new"]);
        goes_and_comes_back(ground, &[("cronjobs.batch", object)]).await
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_never_backed_up() {
    everywhere("unkept", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let missing = json!({ "objects": ["configmaps/nothing"] });
        fails(&ground.ask_here::<BackedUp>(missing.clone()).await, &["`configmaps/nothing` does not exist"]);
        let none = json!({ "resources": ["configmaps", "secrets"], "secrets": true, "selector": "app=none" });
        fails(
            &ground.ask_here::<BackedUp>(none).await,
            &["there are no `configmaps` of `app=none`", "no `secrets`"],
        );
        let wrong = json!({ "objects": ["deployments/web"], "resources": ["gadgets.example.org"] });
        let told =
            ["does not serve `deployments`, but `deployments.apps`", "does not serve `gadgets.example.org`"];
        fails(&ground.ask_here::<BackedUp>(wrong).await, &told);
        let elsewhere = format!("{}-x", ground.namespace());
        ground.standing_for(&elsewhere, "ELSEWHERE");
        let mut there = missing;
        there["namespace"] = elsewhere.as_str().into();
        fails(&ground.ask_here::<BackedUp>(there).await, &["the namespace", "does not exist"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_needs_the_right_to_patch() {
    everywhere("may-back-up", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        ground.make(config_map("config", json!({ "A": "1" }))).await?;
        let who =
            ground.restricted(&[Right { verbs: &["get"], group: "", resources: &["configmaps"] }]).await?;
        for (more, missing) in [
            (json!({ "objects": ["configmaps/config"] }), "patch"),
            (json!({ "resources": ["configmaps"] }), "list"),
        ] {
            let result =
                ground.ask_as::<BackedUp>(&who, KubernetesTarget::default(), ground.here(&more)).await;
            errs(&result, &[&format!("the right to `{missing}` `configmaps`")]);
        }
        Ok(())
    })
    .await;
    everywhere("backs-up", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        ground.make(config_map("config", json!({ "A": "1" }))).await?;
        let right = Right { verbs: &["get", "patch"], group: "", resources: &["configmaps"] };
        let who = ground.restricted(&[right]).await?;
        let all = ground.here(&json!({ "objects": ["configmaps/config"] }));
        let result = ground.ask_as::<BackedUp>(&who, KubernetesTarget::default(), all).await;
        passes(&result, &["1 object of", "is kept, and can be restored as it is"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_controllers_have_made_is_left_out() {
    everywhere("left-out", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let owner = json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "config", "controller": true,
            "uid": "93c90754-1ee8-4e8c-b374-c8790345dd07" }]);
        let label = json!({ "app": "web" });
        let mut owned = config_map("owned", json!({ "A": "1" }));
        let mut own = config_map("own", json!({ "A": "1" }));
        owned["metadata"]["ownerReferences"] = owner;
        for object in [&mut owned, &mut own] {
            object["metadata"]["labels"] = label.clone();
        }
        ground.make(own).await?;
        let parameters = json!({ "resources": ["configmaps"], "selector": "app=web" });
        passes(&ground.ask_here::<BackedUp>(parameters.clone()).await, &["1 object of"]);
        ground.make(owned).await?;
        let finding = ground.ask_here::<BackedUp>(parameters).await;
        // the garbage collector of a real server may have been there first
        ground.forget();
        assert_eq!(evidence(&passes(&finding, &["1 object of"]), "kept"), "ConfigMap/own");
        Ok(())
    })
    .await;
}
