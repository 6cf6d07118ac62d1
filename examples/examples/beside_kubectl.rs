//! The shell lines of the written checklist, with `kubectl`, beside the checks that take their place, on the same server:
//! wall time and requests of both.
//!
//! ```text
//! cargo run --release -p vapora-preflight-examples --example beside_kubectl
//! cargo run --release -p vapora-preflight-examples --example beside_kubectl -- KUBECONFIG CONTEXT NAMESPACE [FOLDER]
//! ```
//!
//! Without arguments it asks the simulated production, which counts the requests it gets. With them it asks a real cluster,
//! which has to hold VAPORA in that namespace; the requests of `kubectl` are then counted in its own log (`-v=6`). The folder
//! holds `configmap.yaml` and `deployment.yaml`; without it, the lines that need them are left out. Everything here only
//! reads: of the lines that change something it asks the dry run. Without a `kubectl` on the machine, only the checks are
//! asked.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "beside_kubectl/lines.rs"]
mod lines;
#[path = "beside_kubectl/measure.rs"]
mod measure;
#[path = "beside_kubectl/place.rs"]
mod place;

use std::{error::Error, time::Duration};

use self::{
    lines::{LINES, Line},
    measure::{Cost, has_kubectl, ours, shell},
    place::Place,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let place = match arguments.as_slice() {
        [] => Place::simulated().await?,
        [kubeconfig, context, namespace] => Place::real(kubeconfig, context, namespace, None)?,
        [kubeconfig, context, namespace, files] => Place::real(kubeconfig, context, namespace, Some(files))?,
        _ => {
            return Err(
                "expected nothing, or a kubeconfig, a context, a namespace and perhaps a folder".into()
            );
        }
    };
    let has_kubectl = has_kubectl();
    println!("{}\n", place.told());
    row("line of the checklist", "kubectl", "vapora-preflight", "kind");
    let (mut theirs, mut mine) = (Cost::default(), Cost::default());
    let mut lines: Vec<&Line> = Vec::new();
    let mut said = Vec::new();
    for line in LINES {
        if line.needs_files() && !place.has_files() {
            row(line.title, "no manifests", "no manifests", line.kind);
            continue;
        }
        let mut by_shell = None;
        if has_kubectl {
            let (cost, failed) = shell(&place, line.shell).await?;
            said.extend(failed.map(|what| format!("{}, kubectl: {what}", line.title)));
            by_shell = Some(cost);
        }
        let (by_us, not_held) = ours(&place, &[line]).await?;
        row(line.title, &by_shell.map_or("-".to_owned(), |cost| cost.told()), &by_us.told(), line.kind);
        theirs.add(&by_shell.unwrap_or_default());
        mine.add(&by_us);
        said.extend(not_held);
        lines.push(line);
    }
    let (together, _) = ours(&place, &lines).await?;
    let all = if has_kubectl { theirs.told() } else { "-".to_owned() };
    println!();
    row("one after the other", &all, &mine.told(), "");
    row("in one run", "", &together.told(), "");
    if !has_kubectl {
        println!("\nThere is no `kubectl` on this machine: only the checks were asked.");
    } else if together.wall > Duration::ZERO {
        let faster = theirs.wall.as_secs_f64() / together.wall.as_secs_f64();
        println!(
            "\nIn one run: {faster:.1} times as fast as the {} lines, with {} requests for {}.",
            lines.len(),
            together.requests,
            theirs.requests
        );
    }
    if !said.is_empty() {
        println!("\nWhat failed or did not hold:");
        for what in said {
            println!("- {what}");
        }
    }
    Ok(())
}

fn row(title: &str, theirs: &str, mine: &str, kind: &str) {
    println!("{title:<34}{theirs:>30}{mine:>30}   {kind}");
}
