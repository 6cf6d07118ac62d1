//! A list of endpoints asked by one run, and by `curl --parallel` and `hurl` where these are installed: the wall time of each.
//!
//! ```text
//! cargo run --release -p vapora-preflight-examples --example beside_curl
//! cargo run --release -p vapora-preflight-examples --example beside_curl -- 2000
//! ```
//!
//! Every endpoint has a name of its own and has to answer 200 with JSON that says `ok`. All of them are served on loopback by
//! another process, so that nobody measures a network. `curl` looks at the status alone; `hurl` and the run look at the JSON, too.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "beside_curl/service.rs"]
mod service;

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    num::NonZeroUsize,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use vapora_preflight::{PlanBuilder, Registry, Resources, Run, Sources};
use vapora_preflight_http::HttpClient;

use self::service::{Endpoint, Service, serve_if_asked};

/// How many are asked at a time, by all of them.
const WIDTH: usize = 50;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    serve_if_asked()?;
    let count: usize = std::env::args().nth(1).map_or(Ok(10_000), |count| count.parse())?;
    let service = Service::start()?;
    let endpoints = service.endpoints(count);
    let folder = tempfile::tempdir()?;
    println!("{count} endpoints, {WIDTH} at a time\n");
    tell("vapora-preflight", Ok(Some(ours(&service, &endpoints).await?)), count);
    tell("curl --parallel", curl(&service, &endpoints, folder.path()), count);
    tell("hurl --test --parallel", hurl(&service, &endpoints, folder.path()), count);
    Ok(())
}

fn tell(name: &str, took: Result<Option<Duration>, Box<dyn Error>>, count: usize) {
    match took {
        Ok(Some(took)) => {
            let seconds = took.as_secs_f64();
            println!("{name:<24} {seconds:>8.2} s  {:>8.0} a second", count as f64 / seconds);
        }
        Ok(None) => println!("{name:<24}  is not installed"),
        Err(error) => println!("{name:<24}  did not succeed: {error}"),
    }
}

/// A checklist with one check for each.
async fn ours(service: &Service, endpoints: &[Endpoint]) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    vapora_preflight_http::register(&mut registry);
    let mut sources = Sources::new();
    sources.add("endpoints.toml", checklist(endpoints)?);
    let compiled = PlanBuilder::new(&registry).sources(&sources).build()?;
    let mut client = HttpClient::builder();
    for endpoint in endpoints {
        client = client.resolve(&endpoint.host, [service.address]);
    }
    let mut resources = Resources::new();
    resources.insert(client.build()?);
    let width = NonZeroUsize::new(WIDTH).ok_or("a width of zero")?;
    let outcome = Run::new(&compiled.plan).resources(Arc::new(resources)).width(width).execute().await?;
    let counts = outcome.report.counts();
    if counts.holding != endpoints.len() {
        return Err(format!("{} of {} passed", counts.holding, endpoints.len()).into());
    }
    Ok(began.elapsed())
}

fn checklist(endpoints: &[Endpoint]) -> Result<String, std::fmt::Error> {
    let mut text = "checklist = \"endpoints\"\n[vars]\nurls = [\n".to_owned();
    for endpoint in endpoints {
        writeln!(text, "  \"{}\",", endpoint.url)?;
    }
    text.push_str(
        "]\n[phase.all]\n[check.answers]\nphase = \"all\"\nkind = \"http.responds\"\nfor_each = { url = \"vars.urls\" }\n",
    );
    text.push_str("url = \"{{ each.url }}\"\nstatus = [200]\nexpect = [\"json.status == 'ok'\"]\n");
    Ok(text)
}

fn is_installed(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// `curl`, with all URLs in a file.
fn curl(
    service: &Service,
    endpoints: &[Endpoint],
    folder: &Path,
) -> Result<Option<Duration>, Box<dyn Error>> {
    if !is_installed("curl") {
        return Ok(None);
    }
    let mut config = String::new();
    for endpoint in endpoints {
        writeln!(config, "url = \"{}\"\noutput = \"/dev/null\"", endpoint.url)?;
    }
    fs::write(folder.join("curl.txt"), config)?;
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--fail", "--no-progress-meter", "--parallel", "--parallel-max"])
        .arg(WIDTH.to_string())
        .arg("--connect-to")
        .arg(format!("::{}", service.address))
        .args(["--config", "curl.txt"]);
    timed(command.current_dir(folder)).map(Some)
}

/// `hurl`, with a file for each, as it runs files in parallel.
fn hurl(
    service: &Service,
    endpoints: &[Endpoint],
    folder: &Path,
) -> Result<Option<Duration>, Box<dyn Error>> {
    if !is_installed("hurl") {
        return Ok(None);
    }
    let files = folder.join("hurl");
    fs::create_dir(&files)?;
    for (number, endpoint) in endpoints.iter().enumerate() {
        let text = format!("GET {}\nHTTP 200\n[Asserts]\njsonpath \"$.status\" == \"ok\"\n", endpoint.url);
        fs::write(files.join(format!("{number:05}.hurl")), text)?;
    }
    let mut command = Command::new("hurl");
    command
        .args(["--test", "--parallel", "--jobs"])
        .arg(WIDTH.to_string())
        .arg("--connect-to")
        .arg(format!("::{}", service.address))
        .arg("hurl");
    timed(command.current_dir(folder)).map(Some)
}

fn timed(command: &mut Command) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    let output = command.stdout(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(began.elapsed());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}", output.status, said.lines().next().unwrap_or_default()).into())
}
