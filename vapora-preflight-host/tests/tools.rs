//! `host.tool_version` and `host.docker_reachable`: programs that say what real ones say.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{fs, os::unix::fs::PermissionsExt as _};

use tempfile::TempDir;
use vapora_preflight::{Kind, Problems, Requirements, Value};
use vapora_preflight_host::{DockerReachable, ToolVersion};

#[path = "support/told.rs"]
mod told;

use told::{Answer, ask, fails, passes, text, told, value};

/// A program of this name, made of a shell script.
fn program(folder: &TempDir, name: &str, script: &str) -> String {
    let path = folder.path().join(name);
    // written whole and then renamed, so that nobody runs what is still open for writing
    let made = folder.path().join(format!("{name}.new"));
    fs::write(&made, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&made, &path).unwrap();
    path.to_str().unwrap().to_owned()
}

fn shown(folder: &TempDir, answer: &Answer) -> String {
    told(answer).replace(folder.path().to_str().unwrap(), "[folder]")
}

fn declared<K: Kind>(answer: &Answer) {
    let finding = answer.as_ref().unwrap().finding();
    let emitted: Vec<_> = finding.evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = K::evidence().iter().map(|field| field.name).collect();
    assert_eq!(emitted, declared);
}

#[tokio::test]
async fn a_version_that_fits_passes_and_another_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let tool = program(&folder, "nu", "echo 0.110.0");
    let answer = ask(&ToolVersion::new(&tool, ">=0.100, <1").unwrap()).await;
    insta::assert_snapshot!(shown(&folder, &answer), @"pass: `[folder]/nu` is of version 0.110.0, which fits `>=0.100, <1`");
    declared::<ToolVersion>(&answer);
    assert_eq!((text(&answer, "version").as_str(), value(&answer, "minor")), ("0.110.0", Value::Int(110)));
    let answer = ask(&ToolVersion::new(&tool, ">=1").unwrap()).await;
    insta::assert_snapshot!(shown(&folder, &answer));
}

#[tokio::test]
async fn a_version_is_found_where_the_tool_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let tool =
        program(&folder, "kubectl", "echo 'Client Version: v1.32.4'; echo 'Kustomize Version: v5.5.0' >&2");
    let mut check = ToolVersion::new(&tool, "~5.5").unwrap();
    assert!(fails(&ask(&check).await), "the first one is the client's");
    check.after = Some("Kustomize Version:".to_owned());
    check.arguments = vec!["version".to_owned(), "--client".to_owned()];
    assert!(passes(&ask(&check).await));
    // a real one
    if told::is_there("git") {
        let git = ask(&ToolVersion::new("git", ">=2").unwrap()).await;
        assert!(passes(&git), "{git:?}");
    }
}

#[tokio::test]
async fn a_tool_that_tells_no_version_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let silent = program(&folder, "silent", "true");
    let broken = program(&folder, "broken", "echo 1.2.3; exit 3");
    let chatty = program(&folder, "chatty", "echo no version here");
    for (tool, words) in [
        (silent.as_str(), "tells no version: it says `nothing`"),
        (broken.as_str(), "did not tell its version: exit code 3"),
        (chatty.as_str(), "it says `no version here`"),
        ("no-such-tool-here", "was not found"),
    ] {
        let error = ask(&ToolVersion::new(tool, ">=1").unwrap()).await.unwrap_err();
        assert!(!error.is_transient() && error.to_string().contains(words), "{tool}: {error}");
    }
}

#[test]
fn what_fits_has_to_be_said() {
    for bad in ["*", "", "latest"] {
        assert!(ToolVersion::new("nu", bad).is_err(), "{bad}");
    }
    let mut needs = Requirements::default();
    ToolVersion::new("nu", ">=1").unwrap().requires(&mut needs);
    let check: ToolVersion = serde_json::from_str(r#"{"tool": "", "requires": ">=1", "after": ""}"#).unwrap();
    let mut problems = Problems::default();
    check.validate(&mut problems);
    assert_eq!(problems.messages().count(), 2);
}

/// What Docker's client 28.2.2 writes, with an engine and without.
const WITH_ENGINE: &str = r#"{"Client":{"Version":"28.2.2","ApiVersion":"1.50","DefaultAPIVersion":"1.50","GitCommit":"e6534b4","GoVersion":"go1.24.3","Os":"linux","Arch":"amd64","BuildTime":"Fri May 30 12:07:14 2025","Context":"default"},"Server":{"Platform":{"Name":"Docker Engine - Community"},"Version":"28.2.2","ApiVersion":"1.50","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}}"#;
const WITHOUT_ENGINE: &str = r#"{"Client":{"Version":"28.2.2","ApiVersion":"1.50","DefaultAPIVersion":"1.50","GitCommit":"e6534b4","GoVersion":"go1.24.3","Os":"linux","Arch":"amd64","BuildTime":"Fri May 30 12:07:14 2025","Context":"default"},"Server":null}"#;

fn docker(folder: &TempDir, version: &str, compose: &str) -> DockerReachable {
    let script =
        format!("case \"$*\" in *'compose version'*) {compose};; *version*) {version};; *) exit 64;; esac");
    let mut check = DockerReachable::default();
    check.program = program(folder, "docker", &script);
    check
}

fn engine() -> String {
    format!("echo '{WITH_ENGINE}'")
}

#[tokio::test]
async fn an_engine_that_answers_with_compose_beside_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let answer = ask(&docker(&folder, &engine(), "echo 2.36.2")).await;
    insta::assert_snapshot!(shown(&folder, &answer), @"pass: the Docker engine 28.2.2 answers, and Compose 2.36.2 is there");
    declared::<DockerReachable>(&answer);
    assert_eq!((text(&answer, "api").as_str(), text(&answer, "context").as_str()), ("1.50", "default"));
}

#[tokio::test]
async fn an_engine_that_does_not_answer_fails_with_what_the_client_says() {
    let folder = tempfile::tempdir().unwrap();
    for complaint in [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
    ] {
        let version = format!("echo '{WITHOUT_ENGINE}'; echo '{complaint}' >&2; exit 1");
        let answer = ask(&docker(&folder, &version, "echo 2.36.2")).await;
        assert!(fails(&answer), "{answer:?}");
        assert!(told(&answer).contains(complaint), "{}", told(&answer));
        declared::<DockerReachable>(&answer);
    }
}

#[tokio::test]
async fn compose_may_be_missing_only_where_it_is_not_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let missing = "echo 'unknown flag: --short' >&2; exit 125";
    let mut check = docker(&folder, &engine(), missing);
    let answer = ask(&check).await;
    insta::assert_snapshot!(shown(&folder, &answer));
    declared::<DockerReachable>(&answer);
    check.compose = false;
    assert!(passes(&ask(&check).await));
    for odd in ["true", "echo help; echo me", "echo none"] {
        assert!(fails(&ask(&docker(&folder, &engine(), odd)).await), "{odd}");
    }
}

#[tokio::test]
async fn what_does_not_read_as_an_answer_of_docker_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for version in ["true", "echo Docker", "echo '{'", "echo '{}'", "echo '{\"Client\":null}'"] {
        let error = ask(&docker(&folder, version, "echo 2.36.2")).await.unwrap_err();
        assert!(error.message().contains("did not tell its version"), "{version}: {error}");
    }
    let mut absent = DockerReachable::default();
    absent.program = "no-such-docker-here".to_owned();
    assert!(ask(&absent).await.unwrap_err().message().contains("was not found"));
}

#[tokio::test]
async fn a_context_is_handed_on() {
    let folder = tempfile::tempdir().unwrap();
    let version = format!("[ \"$1 $2\" = '--context remote' ] && echo '{WITH_ENGINE}'");
    let mut check = docker(&folder, &version, "echo 2.36.2");
    assert!(ask(&check).await.is_err());
    check.context = Some("remote".to_owned());
    assert!(passes(&ask(&check).await));
}
