//! What a real server has besides its API.

use serde_json::json;
use tokio::sync::OnceCell;

use super::{
    IMAGE, PREFIX,
    api::{Objects, until},
    real::{remove_namespace, unique},
};

/// What stands behind a real API server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Has {
    /// A controller manager: a deployment gets its replica set, and a namespace that is deleted goes.
    pub(crate) controllers: bool,
    /// Nodes that no scenario has made.
    pub(crate) nodes: bool,
}

/// All scenarios ask the same server, so that one of them looks for all.
static HAS: OnceCell<Has> = OnceCell::const_new();

impl Has {
    pub(super) async fn of(objects: &Objects) -> Self {
        *HAS.get_or_init(|| look(objects)).await
    }
}

async fn look(objects: &Objects) -> Has {
    let nodes = objects.list("Node", None, &format!("!{PREFIX}")).await;
    let namespace = format!("{PREFIX}-look-{}", unique());
    objects.create("Namespace", None, json!({ "metadata": { "name": namespace } })).await;
    let here = Some(namespace.as_str());
    let deployment = json!({
        "metadata": { "name": "look" },
        "spec": {
            "replicas": 0,
            "selector": { "matchLabels": { "app": "look" } },
            "template": {
                "metadata": { "labels": { "app": "look" } },
                "spec": { "containers": [{ "name": "look", "image": IMAGE }] },
            },
        },
    });
    objects.create("Deployment", here, deployment).await;
    let controllers = until(5, async || !objects.list("ReplicaSet", here, "").await.is_empty()).await;
    let has = Has { controllers, nodes: !nodes.is_empty() };
    remove_namespace(objects, has, &namespace).await.unwrap();
    has
}
