//! `k8s.exec_succeeds`

use serde_json::{Value, json};
use vapora_preflight_k8s::{ExecSucceeds, KubernetesTarget};
use vapora_preflight_sim::{ClusterBuilder, ExecAnswer, PodTrouble};

use crate::{
    ground::{Ended, Ground, IMAGE, Right, Skipped, everywhere},
    said::{errs, evidence, fails, passes},
};

fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    let cluster = cluster.nodes(2);
    ["a-0", "a-1"].into_iter().fold(cluster, |cluster, name| cluster.pod(namespace, name, IMAGE))
}

fn asked(more: Value) -> Value {
    let mut parameters = json!({ "selector": "app=a", "argv": ["ready"], "only_reads": true });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// Commands run only where a kubelet runs the containers.
fn needs_kubelets(ground: &Ground) -> Ended {
    match ground.real() {
        Some(_) => Err(Skipped("no kubelet runs the pods of a scenario".to_owned())),
        None => Ok(()),
    }
}

#[tokio::test]
async fn a_command_is_run_in_a_pod_that_runs() {
    everywhere("exec", two, async |ground| {
        ground.settle().await?;
        needs_kubelets(ground)?;
        ground.cluster().on_exec(ground.namespace(), "a-", |command| match command {
            [program] if program == "ready" => ExecAnswer::new("yes\n", "", 0),
            [program] if program == "false" => ExecAnswer::new("", "no\n", 1),
            _ => ExecAnswer::no_such_program(),
        });
        let ask = async |more| ground.ask_here::<ExecSucceeds>(asked(more)).await;
        let finding = passes(&ask(json!({})).await, &["`ready` ended with exit code 0 in `a-0/a`"]);
        assert_eq!(evidence(&finding, "stdout"), "yes");
        passes(&ask(json!({ "all": true })).await, &["`a-0/a`, `a-1/a`"]);
        fails(&ask(json!({ "argv": ["false"] })).await, &["`false` does not succeed", "exit code 1", "`no`"]);
        errs(
            &ask(json!({ "argv": ["other"] })).await,
            &["could not run `other` in `a-0/a`", "executable file not found"],
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nothing_is_run_where_nothing_runs() {
    everywhere("no-exec", two, async |ground| {
        ground.cluster().trouble_pod(ground.namespace(), "a-0", PodTrouble::Unschedulable).unwrap();
        ground.cluster().trouble_pod(ground.namespace(), "a-1", PodTrouble::ImagePull).unwrap();
        ground.settle().await?;
        let result = ground.ask_here::<ExecSucceeds>(asked(json!({}))).await;
        fails(&result, &["no pod of `app=a`", "`a-0/a` does not run; `a-1/a` does not run"]);
        let result = ground.ask_here::<ExecSucceeds>(asked(json!({ "selector": "app=b" }))).await;
        fails(&result, &["there are no pods with the labels `app=b`"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_missing_right_is_named() {
    everywhere("exec-rights", two, async |ground| {
        ground.settle().await?;
        let pods = Right { verbs: &["get", "list"], group: "", resources: &["pods"] };
        let who = ground.restricted(&[pods]).await?;
        let mut parameters = asked(json!({}));
        parameters["namespace"] = ground.namespace().into();
        let result = ground.ask_as::<ExecSucceeds>(&who, KubernetesTarget::default(), parameters).await;
        errs(&result, &["could not run `ready` in `a-0/a`", "403", "the right to `get` `pods/exec`"]);
        Ok(())
    })
    .await;
}
