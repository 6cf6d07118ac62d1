//! `k8s.version_skew`

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::{Value, json};
use vapora_preflight::{PlanBuilder, Registry, Sources};
use vapora_preflight_k8s::{VersionSkew, register};

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes, problems},
};

/// Nodes with these versions of kubelet and kube-proxy.
fn nodes(versions: &[(&str, &str)]) -> Recording {
    Recording::of("nodes-list-all-ready").edited(|list| {
        let node = list["items"][0].take();
        let items = versions.iter().enumerate().map(|(number, (kubelet, proxy))| {
            let mut node = node.clone();
            node["metadata"]["name"] = format!("node-{}", number + 1).into();
            node["status"]["nodeInfo"]["kubeletVersion"] = (*kubelet).into();
            node["status"]["nodeInfo"]["kubeProxyVersion"] = (*proxy).into();
            node
        });
        list["items"] = items.collect();
    })
}

fn server() -> Recording {
    Recording::of("version-get")
}

/// A program that says this where it is asked for its version.
fn kubectl(folder: &tempfile::TempDir, name: &str, script: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn versions_go_together_or_not() {
    let mut sheet = Sheet::default();
    let two = || nodes(&[("v1.36.3", ""), ("v1.34.1-gke.7", ""), ("v1.36.3", "")]);
    for (title, parameters, nodes, good) in [
        ("all go together", json!({ "kubectl_version": "1.36" }), two(), true),
        ("one minor apart", json!({ "kubectl_version": "v1.35.9" }), two(), true),
        ("an old kubectl", json!({ "kubectl_version": "1.33" }), two(), false),
        ("kubectl is left out", json!({ "kubectl": false }), two(), true),
        (
            "an old kubelet, and a new one",
            json!({ "kubectl": false }),
            nodes(&[("v1.32.0+k3s1", ""), ("v1.37.0", ""), ("v1.36.0", "")]),
            false,
        ),
        ("an old kube-proxy", json!({ "kubectl": false }), nodes(&[("v1.36.0", "v1.32.0")]), false),
        (
            "kube-proxies that say it",
            json!({ "kubectl": false }),
            nodes(&[("v1.35.0", "v1.35.0"), ("v1.34.0", "v1.35.0")]),
            true,
        ),
        (
            "nodes are left out",
            json!({ "kubectl_version": "1.36", "nodes": false }),
            nodes(&[("v1.1.0", "")]),
            true,
        ),
        ("no nodes", json!({ "kubectl_version": "1.36" }), nodes(&[]), false),
    ] {
        let result = ask::<VersionSkew>(parameters, replay(vec![server(), nodes]).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_version_that_cannot_be_read_is_not_known() {
    let mut sheet = Sheet::default();
    let odd = || server().edited(|version| version["gitVersion"] = "devel".into());
    for (title, answers) in [
        ("of the server", vec![odd(), nodes(&[("v1.36.3", "")])]),
        ("of a kubelet", vec![server(), nodes(&[("", "")])]),
        ("of a kube-proxy", vec![server(), nodes(&[("v1.36.3", "unknown")])]),
        ("a bad token", vec![Recording::of("version-get-bad-token-401")]),
        ("no right to list nodes", vec![server(), Recording::of("nodes-list-restricted-403")]),
        ("no version", vec![Recording::json("/version", json!({ "major": "1" }))]),
    ] {
        let result = ask::<VersionSkew>(json!({ "kubectl": false }), replay(answers).0).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_kubectl_of_this_machine_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let said = |version: &str| {
        format!(
            "[ \"$*\" = 'version --client -o json' ] && echo '{{\"clientVersion\":{{\"gitVersion\":\"{version}\"}}}}'"
        )
    };
    let mut sheet = Sheet::default();
    for (name, script, outcome) in [
        ("good", said("v1.36.1-dispatcher"), "pass"),
        ("old", said("v1.30.0"), "fail"),
        ("odd", said("devel"), "error"),
        ("angry", "echo no >&2; exit 2".to_owned(), "error"),
        ("talkative", "echo Client Version: v1.36.1".to_owned(), "error"),
        ("silent", String::new(), "error"),
    ] {
        let program = kubectl(&folder, name, &script);
        let parameters = json!({ "kubectl": program, "nodes": false });
        let result = ask::<VersionSkew>(parameters, recorded(&["version-get"])).await;
        let told = [("pass", passes(&result)), ("fail", fails(&result)), ("error", result.is_err())];
        assert!(told.contains(&(outcome, true)), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    let missing = json!({ "kubectl": "no-such-kubectl", "nodes": false });
    let result = ask::<VersionSkew>(missing, recorded(&["version-get"])).await;
    assert!(result.is_err());
    sheet.add("missing", &result);
    insta::assert_snapshot!(sheet.text().replace(folder.path().to_str().unwrap(), "FOLDER"));
}

#[test]
fn a_program_is_declared_only_where_one_is_run() {
    let runs = |parameters: &str| {
        let mut registry = Registry::new();
        register(&mut registry);
        let mut sources = Sources::new();
        let text = format!(
            "checklist = \"a\"\n[phase.now]\n[target.production.kubernetes]\ncontext = \"a\"\n[check.it]\nphase = \"now\"\n\
             kind = \"k8s.version_skew\"\ntarget = \"production\"\n{parameters}\n"
        );
        sources.add("checklist.toml", text);
        let plan = PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan;
        plan.outline().check("it").unwrap().runs_commands
    };
    assert!(runs("") && runs("kubectl = \"kubectl\"") && runs("kubectl = true"));
    assert!(!runs("kubectl = false") && !runs("kubectl_version = \"1.36\""));
}

#[test]
fn what_contradicts_itself_is_no_check() {
    let of = |parameters: Value| problems::<VersionSkew>(parameters).len();
    assert_eq!(of(json!({})), 0);
    assert_eq!(of(json!({ "kubectl": "kubectl", "kubectl_version": "1.36" })), 1);
    assert_eq!(of(json!({ "kubectl": false, "nodes": false })), 1);
    for bad in [json!({ "kubectl": "" }), json!({ "kubectl": 1 }), json!({ "kubectl_version": "newest" })] {
        assert!(serde_json::from_value::<VersionSkew>(bad.clone()).is_err(), "{bad}");
    }
}
