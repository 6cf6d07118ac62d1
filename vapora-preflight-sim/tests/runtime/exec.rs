use std::time::Duration;

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{
    Api, Client, Error,
    api::{AttachParams, AttachedProcess},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vapora_preflight_sim::{AccessRule, ClusterServer, ExecAnswer, PodTrouble, RESTRICTED};

use crate::{client, refusal, shop};

async fn ready() -> ClusterServer {
    let cluster = shop().build();
    cluster.on_exec("shop", "database-", |command| {
        match command.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["database", "is-ready", "--endpoint", "ws://localhost:8000 x"] => ExecAnswer::new("OK\n", "", 0),
            ["database", "check"] => ExecAnswer::new("half\n", "it is broken\n", 3),
            ["database", "import"] => ExecAnswer::new("imported\n", "", 0).after_input(),
            ["wait"] => ExecAnswer::endless("waiting\n"),
            ["flood"] => ExecAnswer::flood("x".repeat(100_000)),
            ["long"] => ExecAnswer::new("y".repeat(5_000_000), "", 0).after(Duration::from_millis(1)),
            _ => ExecAnswer::no_such_program(),
        }
    });
    cluster.serve().await.unwrap()
}

async fn exec(client: Client, pod: &str, command: &[&str]) -> Result<AttachedProcess, Error> {
    let pods = Api::<Pod>::namespaced(client, "shop");
    pods.exec(pod, command.iter().copied(), &AttachParams::default()).await
}

/// What it wrote, and how it ended.
async fn ended(mut process: AttachedProcess) -> (String, String, Status) {
    let status = process.take_status().unwrap();
    let (mut out, mut err) = (process.stdout().unwrap(), process.stderr().unwrap());
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let read = async { tokio::join!(out.read_to_string(&mut stdout), err.read_to_string(&mut stderr)) };
    let (status, _) = tokio::join!(status, read);
    (stdout, stderr, status.unwrap())
}

#[tokio::test]
async fn a_command_ends_with_what_it_wrote_and_its_exit_code() {
    let server = ready().await;
    let client = client(&server, "admin").await;
    let good = ["database", "is-ready", "--endpoint", "ws://localhost:8000 x"];
    let (stdout, stderr, status) = ended(exec(client.clone(), "database-0", &good).await.unwrap()).await;
    assert_eq!((stdout.as_str(), stderr.as_str()), ("OK\n", ""));
    assert_eq!(status.status.as_deref(), Some("Success"));

    let bad = exec(client.clone(), "database-0", &["database", "check"]).await.unwrap();
    let (stdout, stderr, status) = ended(bad).await;
    assert_eq!((stdout.as_str(), stderr.as_str()), ("half\n", "it is broken\n"));
    assert_eq!(status.reason.as_deref(), Some("NonZeroExitCode"));
    let causes = status.details.unwrap().causes.unwrap();
    assert_eq!((causes[0].reason.as_deref(), causes[0].message.as_deref()), (Some("ExitCode"), Some("3")));

    let (stdout, _, status) = ended(exec(client.clone(), "database-0", &["long"]).await.unwrap()).await;
    assert_eq!((stdout.len(), status.status.as_deref()), (5_000_000, Some("Success")));

    let unknown = exec(client, "database-0", &["nothing"]).await.unwrap();
    let (_, _, status) = ended(unknown).await;
    assert_eq!((status.reason.as_deref(), status.code), (Some("InternalError"), Some(500)));
    assert!(status.message.unwrap().contains("exec: \"nothing\": executable file not found in $PATH"));
    server.stop().await;
}

#[tokio::test]
async fn a_command_without_an_end_goes_on_until_the_client_leaves() {
    let server = ready().await;
    let client = client(&server, "admin").await;
    let mut process = exec(client.clone(), "database-0", &["wait"]).await.unwrap();
    let mut first = [0; 8];
    process.stdout().unwrap().read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"waiting\n");
    process.abort();

    let mut process = exec(client, "database-0", &["flood"]).await.unwrap();
    let mut much = vec![0; 1_000_000];
    process.stdout().unwrap().read_exact(&mut much).await.unwrap();
    process.abort();
    server.stop().await;
}

#[tokio::test]
async fn the_input_of_a_command_is_taken() {
    let server = ready().await;
    let pods = Api::<Pod>::namespaced(client(&server, "admin").await, "shop");
    let params = AttachParams::default().stdin(true);
    let mut process = pods.exec("database-0", ["database", "import"], &params).await.unwrap();
    let mut stdin = process.stdin().unwrap();
    stdin.write_all(b"hello").await.unwrap();
    stdin.shutdown().await.unwrap();
    let (stdout, ..) = ended(process).await;
    assert_eq!(stdout, "imported\n");
}

#[tokio::test]
async fn a_command_that_cannot_be_run_is_refused_in_the_words_of_a_real_server() {
    let server = ready().await;
    let admin = client(&server, "admin").await;
    let missing = refusal(exec(admin.clone(), "nothing", &["x"]).await);
    assert_eq!(missing, (404, "pods \"nothing\" not found".to_owned()));
    let pods = Api::<Pod>::namespaced(admin.clone(), "shop");
    let params = AttachParams::default().container("nope");
    let unknown = refusal(pods.exec("database-0", ["x"], &params).await);
    assert_eq!(unknown, (400, "container nope is not valid for pod database-0".to_owned()));

    let name = server.pods_of("shop", "backend").remove(0);
    server.trouble_pod("shop", &name, PodTrouble::CrashLoop).unwrap();
    let (.., status) = ended(exec(admin.clone(), &name, &["x"]).await.unwrap()).await;
    let message = "Internal error occurred: unable to upgrade connection: container not found (\"backend\")";
    assert_eq!(status.message.as_deref(), Some(message));
    server.trouble_pod("shop", &name, PodTrouble::Unschedulable).unwrap();
    let nowhere = refusal(exec(admin.clone(), &name, &["x"]).await);
    assert_eq!(nowhere, (400, format!("pod {name} does not have a host assigned")));

    server.without_kubelets();
    let (.., status) = ended(exec(admin, "database-0", &["x"]).await.unwrap()).await;
    assert!(status.message.unwrap().ends_with(":10250: connect: connection refused"));

    let inside = Client::new(server.service(), "shop");
    let (code, message) = refusal(exec(inside, "database-0", &["x"]).await);
    assert_eq!((code, message.contains("without a socket")), (501, true), "{message}");
}

#[tokio::test]
async fn a_command_needs_two_rights_since_version_1_35() {
    let server = ready().await;
    let restricted = client(&server, RESTRICTED).await;
    let (code, message) = refusal(exec(restricted.clone(), "database-0", &["wait"]).await);
    assert_eq!((code, message.as_str()), (403, "pods \"database-0\" is forbidden: "));
    let rule = |verbs: &[&str]| AccessRule::new(verbs.to_vec(), [""], ["pods/exec"]).in_namespaces(["shop"]);
    server.set_rules(RESTRICTED, [rule(&["create"])]).unwrap();
    let (code, message) = refusal(exec(restricted.clone(), "database-0", &["wait"]).await);
    assert_eq!(code, 403);
    assert!(message.contains("cannot get resource \"pods/exec\""), "{message}");
    server.set_rules(RESTRICTED, [rule(&["create", "get"])]).unwrap();
    exec(restricted, "database-0", &["wait"]).await.unwrap().abort();

    let older = shop().version("v1.34.1").build().serve().await.unwrap();
    older.on_exec("shop", "database-", |_| ExecAnswer::new("", "", 0));
    let restricted = client(&older, RESTRICTED).await;
    let (.., status) = ended(exec(restricted, "database-0", &["x"]).await.unwrap()).await;
    assert_eq!(status.status.as_deref(), Some("Success"));
}
