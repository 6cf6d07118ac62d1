//! The simulated clusters, in a process of their own.

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use vapora_preflight_sim::{ADMIN, Crowd, Kubeconfig, World};

/// Two o'clock of the first of December 2026 in UTC, in seconds of Unix time.
pub(crate) const NOW: i64 = 1_796_133_600;
/// With this as its first argument, the benchmark is the server.
const SERVE: &str = "--serve-clusters";
/// In so many namespaces stand the Pods that are not in VAPORA's.
const NAMESPACES: usize = 20;

/// How large production is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) nodes: usize,
    pub(crate) pods: usize,
}

impl Size {
    pub(crate) fn told(self) -> String {
        format!("{} nodes, {} pods", self.nodes, self.pods)
    }
}

/// VAPORA's staging and production. They end with this.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    pub(crate) fn start(size: Size, inside: bool) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let mut process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .arg(folder.path())
            .args([size.nodes.to_string(), size.pods.to_string(), inside.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().ok_or("the server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let server = Self { process, folder };
        if line.trim() == "ready" { Ok(server) } else { Err(format!("the server said `{line}`").into()) }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

/// Is the clusters until the input ends, where that is what the arguments ask for.
pub(crate) fn serve(runtime: &Runtime, arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    let [serve, folder, nodes, pods, inside] = arguments else { return Ok(false) };
    if serve != SERVE {
        return Ok(false);
    }
    let (folder, nodes, pods) = (Path::new(folder), nodes.parse()?, pods.parse::<usize>()?);
    let crowds = if inside == "true" {
        vec![Crowd::new("vapora", pods)]
    } else {
        (1..=NAMESPACES).map(|number| Crowd::new(format!("tenant-{number}"), pods / NAMESPACES)).collect()
    };
    let world = runtime.block_on(World::start_with(&[], NOW, |production| {
        crowds.into_iter().fold(production.crowd_of_nodes(nodes), |production, crowd| {
            production.crowd(crowd.restarted(1_000))
        })
    }))?;
    let kubeconfig = Kubeconfig::default().context("staging", world.staging(), ADMIN).context(
        "production",
        world.production(),
        ADMIN,
    );
    fs::write(folder.join("kubeconfig"), kubeconfig.to_string())?;
    for file in world.artifacts() {
        fs::write(folder.join(file.name), file.content)?;
    }
    writeln!(io::stdout(), "ready")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(true)
}
