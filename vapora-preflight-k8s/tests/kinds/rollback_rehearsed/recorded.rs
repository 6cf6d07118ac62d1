//! What is sent to a real server, and what it has answered.

use serde_json::{Value, json};
use vapora_preflight_k8s::RollbackRehearsed;

use super::with;
use crate::{
    replay::{Asked, Recording, replay},
    said::{RECORDED, Sheet, ask_at, fails, passes},
};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/vapora/deployments/vapora-backend";

fn found() -> Recording {
    Recording::of("rollout-undo-1-deployment-get")
}

fn sets() -> Recording {
    Recording::of("rollout-undo-2-replicasets-list").at("/apis/apps/v1/namespaces/vapora/replicasets")
}

fn parameters(name: &str) -> Value {
    with(json!({ "names": [name], "verify_image_ids": false }))
}

/// With the mark of a rehearsal that goes back to the present revision.
fn marked(answer: Recording) -> Recording {
    answer.edited(|it| {
        it["metadata"]["labels"]["vapora-preflight/return-to"] = "67dd657545".into();
        it["metadata"]["labels"]["vapora-preflight/undone-to"] = "6d49794b4".into();
    })
}

fn patches(asked: &Asked) -> Vec<(String, String)> {
    let asked = asked.lock().unwrap();
    let patches = asked.iter().filter(|(method, ..)| method == "PATCH");
    patches.map(|(_, target, body)| (target.clone(), body.clone())).collect()
}

#[tokio::test]
async fn a_real_deployment_is_undone_and_restored_by_guarded_patches() {
    // the first revision is the one before: the answer to an undo of that was recorded
    let sets = sets().edited(|list| {
        let of_second =
            |set: &Value| set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2";
        list["items"].as_array_mut().unwrap().retain(|set| !of_second(set));
    });
    let undone = marked(Recording::of("rollout-undo-3-json-patch-dry-run-200").at(DEPLOYMENT));
    let rolled_out = undone.clone().to_get().edited(|it| {
        it["status"]["observedGeneration"] = it["metadata"]["generation"].clone();
    });
    let restored = marked(found());
    let answers = vec![
        found(),
        found(),
        undone,
        rolled_out.clone(),
        rolled_out,
        restored.to_patch(),
        restored.clone(),
        restored,
        found().to_patch(),
        sets,
    ];
    let (client, asked) = replay(answers);
    let result = ask_at::<RollbackRehearsed>(RECORDED, None, parameters("vapora-backend"), client).await;
    assert!(passes(&result), "{result:?}");
    let mut sheet = Sheet::default();
    sheet.add("said", &result);
    for (target, body) in patches(&asked) {
        let operations: Vec<Value> = serde_json::from_str(&body).unwrap();
        let lines: Vec<String> = operations
            .iter()
            .map(|one| {
                let value = one["value"].to_string();
                let value = value.get(..160).map_or(value.clone(), |start| format!("{start}…"));
                format!("{} {} {value}\n", one["op"].as_str().unwrap(), one["path"].as_str().unwrap())
            })
            .collect();
        sheet.add_text(&target, &lines.concat());
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_a_real_server_says_no_to() {
    let mut sheet = Sheet::default();
    let ask = async |name: &str, answers: Vec<Recording>| {
        let (client, asked) = replay(answers);
        let result = ask_at::<RollbackRehearsed>(RECORDED, None, parameters(name), client).await;
        (result, patches(&asked).len())
    };
    for (title, answer, tries) in [
        ("no right to patch", "rollout-undo-json-patch-restricted-403", 1),
        ("overtaken every time", "rollout-undo-json-patch-guarded-test-failed-422", 8),
        ("refused as invalid", "dry-run-apply-deployment-invalid-422", 1),
    ] {
        let refused = Recording::of(answer).at(DEPLOYMENT);
        let (result, patches) = ask("vapora-backend", vec![found(), sets(), refused]).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
        assert_eq!(patches, tries, "{title}");
    }
    let namespace = Recording::of("namespace-get");
    for (title, name, answer) in [
        ("no such deployment", "vapora-nothing", "deployment-get-missing-404"),
        ("paused", "vapora-roll", "deployment-get-paused"),
        ("not seen yet", "vapora-roll", "deployment-get-just-patched-generation-ahead"),
        ("a replica is missing", "vapora-backend", "deployment-get-one-replica-unavailable"),
    ] {
        let (result, patches) = ask(name, vec![Recording::of(answer), sets(), namespace.clone()]).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        assert_eq!(patches, 0, "{title}");
    }
    insta::assert_snapshot!(sheet.text());
}
