//! Commands that are run in containers.

mod answer;
mod session;

use std::{fmt, time::Duration};

pub(crate) use self::answer::{answer, forward};
use super::{Cluster, lock};

/// What a command in a container does.
///
/// ```
/// use vapora_preflight_sim::{Cluster, ExecAnswer};
///
/// let cluster = Cluster::builder("staging").nodes(1).pod("shop", "database-0", "database:1").build();
/// cluster.on_exec("shop", "database-", |command| match command {
///     [program, ask] if program == "database" && ask == "is-ready" => ExecAnswer::new("OK\n", "", 0),
///     _ => ExecAnswer::no_such_program(),
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecAnswer {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    takes_input: bool,
    after: Duration,
    end: End,
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Code(i32),
    NoSuchProgram,
    Never,
    /// It never ends, and writes all the time.
    Flood,
}

impl ExecAnswer {
    /// It writes this and ends with this exit code.
    pub fn new(stdout: impl Into<Vec<u8>>, stderr: impl Into<Vec<u8>>, code: i32) -> Self {
        let (stdout, stderr) = (stdout.into(), stderr.into());
        Self { stdout, stderr, takes_input: false, after: Duration::ZERO, end: End::Code(code) }
    }

    /// The container has no such program: the runtime says so.
    pub fn no_such_program() -> Self {
        Self { end: End::NoSuchProgram, ..Self::new("", "", 0) }
    }

    /// It writes this and then never ends.
    pub fn endless(stdout: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Never, ..Self::new(stdout, "", 0) }
    }

    /// It writes this again and again, as fast as it is read, and never ends.
    pub fn flood(stdout: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Flood, ..Self::new(stdout, "", 0) }
    }

    /// It reads what the client says until that is closed, before it writes anything.
    pub fn after_input(self) -> Self {
        Self { takes_input: true, ..self }
    }

    /// It takes this long, in the time of the machine, before it writes anything.
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

type Handler = Box<dyn Fn(&[String]) -> ExecAnswer + Send + Sync>;

/// What the commands in the containers of some Pods do.
struct Command {
    namespace: String,
    pod: String,
    run: Handler,
}

/// What commands do in the containers of a cluster.
#[derive(Default)]
pub(crate) struct Commands(Vec<Command>);

impl fmt::Debug for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|command| (&command.namespace, &command.pod))).finish()
    }
}

impl Commands {
    /// What the command does in a Pod; a container where nothing was said about commands has no programs.
    fn run(&self, namespace: &str, pod: &str, command: &[String]) -> ExecAnswer {
        let fitting = |known: &&Command| known.namespace == namespace && pod.starts_with(&known.pod);
        let found = self.0.iter().rev().find(fitting);
        found.map_or_else(ExecAnswer::no_such_program, |known| (known.run)(command))
    }
}

impl Cluster {
    /// Says what commands do in the containers of all Pods whose name begins so, now and to come. What is said last
    /// counts. Commands need a socket: [`Cluster::serve`].
    pub fn on_exec(
        &self,
        namespace: &str,
        pod_prefix: &str,
        run: impl Fn(&[String]) -> ExecAnswer + Send + Sync + 'static,
    ) {
        let (namespace, pod) = (namespace.to_owned(), pod_prefix.to_owned());
        lock(&self.0.runtime.commands).0.push(Command { namespace, pod, run: Box::new(run) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_last_about_a_pod_counts() {
        let cluster = Cluster::builder("c").build();
        cluster.on_exec("a", "db-", |_| ExecAnswer::new("first", "", 0));
        cluster.on_exec("a", "db-1", |command| ExecAnswer::new(command.join(" "), "", 0));
        let commands = lock(&cluster.0.runtime.commands);
        let command = ["is-ready".to_owned()];
        assert_eq!(commands.run("a", "db-0", &command), ExecAnswer::new("first", "", 0));
        assert_eq!(commands.run("a", "db-1", &command), ExecAnswer::new("is-ready", "", 0));
        assert_eq!(commands.run("b", "db-1", &command), ExecAnswer::no_such_program());
    }
}
