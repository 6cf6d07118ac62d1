//! Others who write meanwhile, answers that are lost, and requests that come late.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::Request;
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde_json::{Value, json};
use tower::{Service as _, service_fn};
use vapora_preflight_k8s::K8sClient;
use vapora_preflight_sim::Cluster;

use super::{CAUSE, NEW, OLD, cluster, deployment, image, marks, pass_time, rehearse, rehearse_with, state};
use crate::said::{Sheet, fails, passes};

const THIRD: &str = "registry.example.com/backend:3.0";

/// What becomes of a request.
pub(super) enum Does {
    /// It is answered.
    Answers,
    /// It is done, and the answer is lost.
    Loses,
    /// It is never answered; it is done once the server has answered so many requests after it.
    Delays(usize),
    /// It is never answered, and not done.
    Hangs,
}

/// A client of the cluster; before each request it is asked what becomes of it, given how many patches and requests came
/// before.
pub(super) fn between<F>(cluster: &Cluster, does: F) -> K8sClient
where
    F: Fn(&Cluster, &str, usize) -> Does + Send + Sync + 'static,
{
    let (patches, does, cluster) = (Arc::new(AtomicUsize::new(0)), Arc::new(does), cluster.clone());
    let late = Arc::new(std::sync::Mutex::new(None::<(usize, Request<Body>)>));
    let service = service_fn(move |request: Request<Body>| {
        let (patches, does, cluster, late) =
            (Arc::clone(&patches), Arc::clone(&does), cluster.clone(), Arc::clone(&late));
        async move {
            let method = request.method().to_string();
            let before = patches.fetch_add(usize::from(method == "PATCH"), Ordering::SeqCst);
            let due = {
                let mut late = late.lock().unwrap();
                match late.take() {
                    Some((0, request)) => Some(request),
                    Some((more, request)) => {
                        *late = Some((more - 1, request));
                        None
                    }
                    None => None,
                }
            };
            if let Some(request) = due {
                cluster.service().call(request).await.unwrap();
            }
            match does(&cluster, &method, before) {
                Does::Answers => cluster.service().call(request).await,
                Does::Loses => {
                    cluster.service().call(request).await?;
                    Err("the connection was closed".into())
                }
                Does::Delays(more) => {
                    let (head, body) = request.into_parts();
                    let body = Body::from(body.collect().await.unwrap().to_bytes().to_vec());
                    *late.lock().unwrap() = Some((more, Request::from_parts(head, body)));
                    std::future::pending().await
                }
                Does::Hangs => std::future::pending().await,
            }
        }
    });
    K8sClient::new(Client::new(service, "default"), "https://sim.example.com")
}

fn give(cluster: &Cluster, image: &str) {
    let give = |it: &mut Value| it["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
    cluster.edit("Deployment", "vapora", "backend", give).unwrap();
    cluster.settle();
}

#[tokio::test]
async fn what_someone_else_writes_meanwhile_is_left_as_they_have_it() {
    let mut sheet = Sheet::default();
    for (title, after, left) in
        [("before the undo", 0, THIRD), ("after the undo", 1, THIRD), ("after the restore", 2, THIRD)]
    {
        let cluster = cluster();
        let done = AtomicUsize::new(0);
        let meddler = between(&cluster, move |cluster, method, patches| {
            let now = (method == "PATCH" && after == 0) || patches > 0;
            if now && patches == after && done.fetch_add(1, Ordering::SeqCst) == 0 {
                give(cluster, left);
            }
            Does::Answers
        });
        let result = rehearse_with(&cluster, meddler, json!({})).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        assert_eq!((image(&cluster).as_str(), marks(&cluster).len()), (left, 0), "{title}");
    }
    // Someone deletes it, and makes it anew.
    let cluster = cluster();
    let meddler = between(&cluster, |cluster, method, patches| {
        if method == "GET" && patches == 1 && deployment(cluster)["metadata"]["uid"] != "another" {
            let anew = |it: &mut Value| it["metadata"]["uid"] = "another".into();
            cluster.edit("Deployment", "vapora", "backend", anew).unwrap();
        }
        Does::Answers
    });
    let result = rehearse_with(&cluster, meddler, json!({})).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("deleted and made anew", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_someone_else_has_restored_is_restored() {
    let cluster = cluster();
    let before = state(&cluster);
    let done = AtomicUsize::new(0);
    let meddler = between(&cluster, move |cluster, _, patches| {
        if patches == 1 && done.fetch_add(1, Ordering::SeqCst) == 1 {
            give(cluster, NEW);
        }
        Does::Answers
    });
    let result = rehearse_with(&cluster, meddler, json!({})).await;
    // It was never seen in the revision before, so it does not count; and everything is as it was.
    assert!(fails(&result), "{result:?}");
    assert_eq!((state(&cluster)["spec"].clone(), marks(&cluster).len()), (before["spec"].clone(), 0));
}

#[tokio::test]
async fn a_change_that_was_overtaken_is_made_to_what_is_there_now() {
    let cluster = cluster();
    let meddler = between(&cluster, |cluster, method, patches| {
        // Each change is overtaken once by one that has nothing to do with it.
        if method == "PATCH" && patches % 2 == 0 {
            let note = |it: &mut Value| it["metadata"]["annotations"]["note"] = patches.to_string().into();
            cluster.edit("Deployment", "vapora", "backend", note).unwrap();
        }
        Does::Answers
    });
    let result = rehearse_with(&cluster, meddler, json!({})).await;
    assert!(passes(&result), "{result:?}");
    let annotations = &deployment(&cluster)["metadata"]["annotations"];
    assert_eq!((&annotations["note"], &annotations[CAUSE]), (&"4".into(), &"second".into()));
    let refused = cluster.requests().iter().filter(|request| request.method == "PATCH").count();
    assert_eq!((refused, image(&cluster).as_str(), marks(&cluster).len()), (6, NEW, 0));
    // Where it is overtaken every time, it is given up in the end.
    let meddler = between(&cluster, |cluster, method, patches| {
        if method == "PATCH" {
            let note = |it: &mut Value| it["metadata"]["annotations"]["note"] = format!("x{patches}").into();
            cluster.edit("Deployment", "vapora", "backend", note).unwrap();
        }
        Does::Answers
    });
    let error = rehearse_with(&cluster, meddler, json!({})).await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("changed by others each of 8 times"),
        "{error}"
    );
    assert_eq!(image(&cluster), NEW);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_rehearsal_has_left_is_put_back_first() {
    let mut sheet = Sheet::default();
    // Killed while it waits for the undo, and before the mark is taken off.
    for (title, after) in [("undone", 1), ("restored, and not looked at", 2)] {
        let cluster = cluster();
        let before = state(&cluster);
        let client = between(
            &cluster,
            move |_, _, patches| if patches == after { Does::Hangs } else { Does::Answers },
        );
        let killed = std::time::Duration::from_secs(5);
        tokio::time::timeout(killed, rehearse_with(&cluster, client, json!({}))).await.unwrap_err();
        assert_eq!(
            (image(&cluster).as_str(), marks(&cluster).len()),
            (if after == 1 { OLD } else { NEW }, 2)
        );
        let result = rehearse(&cluster, json!({})).await;
        assert!(passes(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        let mut after = state(&cluster);
        // who owned what is known only to the one that was killed
        after["owners"] = before["owners"].clone();
        assert_eq!((after, marks(&cluster).len()), (before, 0), "{title}");
    }
    for (title, arrange) in [
        ("a third template", &(|cluster: &Cluster| give(cluster, THIRD)) as &dyn Fn(&Cluster)),
        ("the replica set is gone", &|cluster: &Cluster| {
            let sets = cluster.objects("ReplicaSet");
            let of_new = |set: &&Value| set["spec"]["template"]["spec"]["containers"][0]["image"] == NEW;
            let name = sets.iter().find(of_new).unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
            cluster.remove("ReplicaSet", "vapora", &name).unwrap();
        }),
        ("what it was does not come up", &|cluster: &Cluster| {
            cluster.image_fails(NEW, vapora_preflight_sim::PodTrouble::CrashLoop);
        }),
    ] {
        let cluster = cluster();
        let client =
            between(&cluster, |_, _, patches| if patches == 1 { Does::Hangs } else { Does::Answers });
        let killed = std::time::Duration::from_secs(5);
        tokio::time::timeout(killed, rehearse_with(&cluster, client, json!({}))).await.unwrap_err();
        pass_time(&cluster, 60);
        arrange(&cluster);
        pass_time(&cluster, 60);
        let result = rehearse(&cluster, json!({})).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        assert_eq!(marks(&cluster).len(), 2, "{title}");
    }
    insta::assert_snapshot!(sheet.text());
}
