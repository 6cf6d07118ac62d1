//! The shell lines of the written checklist, with `kubectl`, beside the checks that take their place, on the same server:
//! wall time and requests of both.
//!
//! ```text
//! cargo run --release -p vapora-preflight-examples --example beside_kubectl
//! cargo run --release -p vapora-preflight-examples --example beside_kubectl -- KUBECONFIG CONTEXT NAMESPACE
//! ```
//!
//! Without arguments it asks the simulated production, which counts the requests it gets. With them it asks a real cluster,
//! which has to hold VAPORA in that namespace; the requests of `kubectl` are then counted in its own log (`-v=6`). Everything
//! here only reads: of the lines that change something it asks the dry run.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "beside_kubectl/lines.rs"]
mod lines;
#[path = "beside_kubectl/measure.rs"]
mod measure;
#[path = "beside_kubectl/place.rs"]
mod place;

use std::{error::Error, time::Duration};

use self::{
    lines::LINES,
    measure::{Cost, ours, shell},
    place::Place,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let place = match arguments.as_slice() {
        [] => Place::simulated().await?,
        [kubeconfig, context, namespace] => Place::real(kubeconfig, context, namespace)?,
        _ => return Err("expected nothing, or a kubeconfig, a context and a namespace".into()),
    };
    println!("{}\n", place.told());
    println!("{:<46} {:>20}   {:>20}", "line of the checklist", "kubectl", "vapora-preflight");
    let (mut theirs, mut mine) = (Cost::default(), Cost::default());
    for line in LINES {
        let by_shell = shell(&place, line.shell).await?;
        let by_us = ours(&place, &[line.check]).await?;
        println!("{:<46} {:>20}   {:>20}", line.title, by_shell.told(), by_us.told());
        theirs.add(&by_shell);
        mine.add(&by_us);
    }
    let checks: Vec<&str> = LINES.iter().map(|line| line.check).collect();
    let together = ours(&place, &checks).await?;
    println!("{:<46} {:>20}   {:>20}", "one after the other", theirs.told(), mine.told());
    println!("{:<46} {:>20}   {:>20}", "in one run", "", together.told());
    if together.wall > Duration::ZERO {
        let faster = theirs.wall.as_secs_f64() / together.wall.as_secs_f64();
        println!(
            "\nIn one run: {faster:.1} times as fast as the lines, with {} requests for {}.",
            together.requests, theirs.requests
        );
    }
    Ok(())
}
