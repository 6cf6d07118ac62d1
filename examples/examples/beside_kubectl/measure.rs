//! What a line costs, and what the check costs.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use vapora_preflight::{PlanBuilder, Registry, Resources, Run, Sources};
use vapora_preflight_k8s::{connect_all, register};

use crate::{lines::Line, place::Place};

/// Time and requests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) requests: u64,
    /// How many lines or checks did not come out well.
    pub(crate) failed: u32,
}

impl Cost {
    pub(crate) fn add(&mut self, other: &Self) {
        self.wall += other.wall;
        self.requests += other.requests;
        self.failed += other.failed;
    }

    pub(crate) fn told(&self) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => format!("{failed} failed, "),
        };
        format!("{failed}{} ms, {:>3} req.", self.wall.as_millis(), self.requests)
    }
}

/// Whether there is a `kubectl` on this machine.
pub(crate) fn has_kubectl() -> bool {
    let mut command = Command::new("kubectl");
    command.args(["version", "--client"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a line as a person would, with a shell. `kubectl` keeps no cache of discovery between lines here, as on a fresh
/// machine it has none. Of a line that fails it gives what it says.
pub(crate) async fn shell(place: &Place, line: &str) -> Result<(Cost, Option<String>), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let text = fs::read_to_string(&place.kubeconfig)?;
    let own = home.path().join("kubeconfig");
    fs::write(&own, text)?;
    let line = place.filled(line);
    // each `kubectl` of the line, in the context that is meant, says which requests it makes
    let line = line.replace("kubectl ", &format!("kubectl --context {} -v=6 ", place.context));
    let before = place.requests();
    let mut command = Command::new("sh");
    command
        .args(["-c", &line])
        .env("KUBECONFIG", &own)
        .env("HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::null());
    #[expect(clippy::disallowed_methods, reason = "what is measured is the time of the machine")]
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let wall = began.elapsed();
    let logged = String::from_utf8_lossy(&output.stderr);
    let told = |line: &&str| line.starts_with("error: ") || line.starts_with("Error from server");
    let failed = !output.status.success();
    let said = logged.lines().find(told).unwrap_or("it says nothing").to_owned();
    let logged = logged.lines().filter(|line| is_request(line)).count() as u64;
    let counted = place.requests().zip(before).map(|(after, before)| after - before);
    let cost = Cost { wall, requests: counted.unwrap_or(logged), failed: u32::from(failed) };
    Ok((cost, failed.then_some(said)))
}

/// Whether a line of the log of `kubectl -v=6` tells of a request that was answered.
fn is_request(line: &str) -> bool {
    let verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    verbs
        .iter()
        .any(|verb| line.contains(&format!("{verb} https://")) || line.contains(&format!("verb=\"{verb}\"")))
        && (line.contains("milliseconds"))
}

/// Asks the checks in one run. Of those that do not hold it gives what they say.
pub(crate) async fn ours(place: &Place, lines: &[&Line]) -> Result<(Cost, Vec<String>), Box<dyn Error>> {
    let mut text = format!(
        "checklist = \"beside-kubectl\"\n[phase.now]\n[target.cluster.kubernetes]\ncontext = \"{}\"\n",
        place.context
    );
    for (number, line) in lines.iter().enumerate() {
        let check = place.filled(&line.check());
        writeln!(text, "[check.line-{number}]\nphase = \"now\"\ntarget = \"cluster\"\n{check}")?;
    }
    let mut registry = Registry::new();
    register(&mut registry);
    let mut sources = Sources::new();
    sources.add("beside-kubectl.toml", text);
    let plan = match PlanBuilder::new(&registry).sources(&sources).build() {
        Ok(compiled) => compiled.plan,
        Err(error) => return Err(format!("the checks do not compile: {error:?}").into()),
    };
    let before = place.requests();
    #[expect(clippy::disallowed_methods, reason = "what is measured is the time of the machine")]
    let began = Instant::now();
    let mut resources = Resources::new();
    connect_all(&plan, Some(&place.kubeconfig), &mut resources).await;
    let outcome = Run::new(&plan).resources(resources).allow_commands(true).execute().await?;
    let wall = began.elapsed();
    let counted = place.requests().zip(before).map(|(after, before)| after - before);
    let used: u64 = outcome.report.runs().iter().flat_map(|run| &run.usage).map(|usage| usage.amount).sum();
    let mut failed = Vec::new();
    for check in outcome.report.checks().filter(|check| !check.record.is_some_and(|it| it.status.holds())) {
        let number: Option<usize> =
            check.id().to_string().strip_prefix("line-").and_then(|it| it.parse().ok());
        let title = number.and_then(|number| lines.get(number)).map_or("", |line| line.title);
        failed.push(format!("{title}: {}", check.summary(outcome.report.as_of())));
    }
    Ok((Cost { wall, requests: counted.unwrap_or(used), failed: failed.len() as u32 }, failed))
}
