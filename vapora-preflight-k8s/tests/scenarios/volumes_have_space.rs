//! `k8s.volumes_have_space`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Clock as _, SystemClock};
use vapora_preflight_k8s::VolumesHaveSpace;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ended, Ground, IMAGE, Skipped, everywhere},
    said::{errs, evidence, fails, passes},
};

const GIB: u64 = 1 << 30;

fn claim(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": name },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeMode": "Filesystem",
            "resources": { "requests": { "storage": "10Gi" } },
        },
        "status": { "phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "10Gi" } },
    })
}

/// A pod, by the clock of this machine.
fn database(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster.at(SystemClock.now().unix_seconds()).nodes(2).pod(namespace, "database-0", IMAGE)
}

/// The pod mounts one of two claims.
async fn mounted(ground: &Ground) -> Ended {
    if ground.real().is_some() {
        return Err(Skipped("it has no kubelet that could tell how full a volume is".to_owned()));
    }
    for name in ["data", "spare"] {
        ground.make(claim(name)).await?;
    }
    let volume = json!({ "name": "disk", "persistentVolumeClaim": { "claimName": "data" } });
    let mount = |pod: &mut Value| pod["spec"]["volumes"].as_array_mut().unwrap().push(volume.clone());
    ground.cluster().edit("Pod", ground.namespace(), "database-0", mount).unwrap();
    Ok(())
}

async fn ask(ground: &Ground, more: Value) -> CheckResult {
    ground.ask_here::<VolumesHaveSpace>(more).await
}

#[tokio::test]
async fn a_volume_is_full_or_not() {
    everywhere("volumes", database, async |ground| {
        mounted(ground).await?;
        let (cluster, namespace) = (ground.cluster(), ground.namespace());
        cluster.set_volume(namespace, "data", 10 * GIB, 5 * GIB).unwrap();
        let limits = json!({ "names": ["data"], "free": "5GiB", "free_percent": 50, "inodes_percent": 40 });
        let finding = passes(&ask(ground, limits.clone()).await, &["1 volume", "at least 50% free"]);
        assert_eq!(evidence(&finding, "least_free"), (5 * GIB).to_string());
        cluster.set_volume_inodes(namespace, "data", 1000, 700).unwrap();
        fails(&ask(ground, limits.clone()).await, &["`data` has 30% of its inodes free"]);
        cluster.set_volume(namespace, "data", 10 * GIB, 6 * GIB).unwrap();
        fails(&ask(ground, limits).await, &["`data` has 4GiB of 10GiB free (40%)"]);

        let both = json!({ "free_percent": 10 });
        errs(&ask(ground, both).await, &["no running pod mounts", "`spare`", "allow_unmounted"]);
        let allowed = json!({ "free_percent": 10, "allow_unmounted": true });
        passes(&ask(ground, allowed).await, &["1 volume", "besides 1 that no running pod mounts"]);
        let missing = json!({ "names": ["data", "none"], "free_percent": 10 });
        fails(&ask(ground, missing).await, &["`none` does not exist"]);

        cluster.without_kubelets();
        let error = ask(ground, json!({ "names": ["data"], "free_percent": 10 })).await.unwrap_err();
        assert!(error.to_string().starts_with("could not ask the kubelet of `node-"), "{error}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_claims_never_pass() {
    everywhere("volumes-none", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        fails(&ask(ground, json!({ "free_percent": 10 })).await, &["there are no volume claims in"]);
        let nowhere = json!({ "namespace": format!("{}-x", ground.namespace()), "free": "1GiB" });
        fails(&ground.ask::<VolumesHaveSpace>(nowhere).await, &["does not exist"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_nothing_mounts_is_not_measured() {
    everywhere("volumes-unmounted", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let mut pending = claim("data");
        pending["status"] = json!({ "phase": "Pending" });
        ground.make(pending).await?;
        errs(
            &ask(ground, json!({ "free_percent": 10 })).await,
            &["cannot be measured, as no running pod mounts", "`data`"],
        );
        errs(
            &ask(ground, json!({ "free_percent": 10, "allow_unmounted": true })).await,
            &["see why the pods"],
        );
        Ok(())
    })
    .await;
}
