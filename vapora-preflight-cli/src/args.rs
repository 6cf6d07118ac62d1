//! What the program is called with.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vapora_preflight::{Effect, Period, ReleaseId, Timestamp};

/// Turns a deployment checklist into something that runs.
#[derive(Debug, Parser)]
#[command(name = "vapora-preflight", version, after_help = crate::exit::TABLE, max_term_width = 100)]
pub(crate) struct Cli {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Say only what is not as it should be.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours. `NO_COLOR` in the environment turns `auto` off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the VAPORA checklist against a simulated staging and production, from T-24h to the sign-off.
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
    /// Reads a checklist and says everything that is wrong with it. Asks nothing and runs nothing.
    Lint(ChecklistArgs),
    /// Shows what a run would do. Asks nothing and runs nothing.
    Plan(PlanArgs),
    /// Prints the smallest Kubernetes roles with which the checks of a checklist can be asked. Asks nothing.
    Rbac(RbacArgs),
    /// Runs a checklist, or a part of it, and continues where an earlier run of the release stopped.
    Run(RunArgs),
    /// Records the word of a person on a check that waits for one.
    Attest(AttestArgs),
    /// Adds a note to the deployment record: an issue, a lesson, the start or end of the deployment.
    Note(NoteArgs),
    /// Judges a gate over what is on record, and asks nothing.
    Gate(GateArgs),
    /// Says how the release stands, from what is on record.
    Status(StatusArgs),
    /// Writes a report of what is on record.
    Report(ReportArgs),
    /// Lists the kinds of checks.
    Kinds(KindsArgs),
    /// Shows the reference page of a kind.
    Explain(ExplainArgs),
    /// Prints the JSON Schema of a checklist, for editors.
    Schema,
    /// Prints the completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which checklist, and what is set in place of what it says.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChecklistArgs {
    /// The checklist: a TOML file, or a folder of them. By default `preflight.toml` or `preflight/`, or the one that the
    /// release was run with.
    #[arg(value_name = "CHECKLIST", env = "VAPORA_PREFLIGHT_CHECKLIST")]
    pub(crate) checklist: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) set: SetArgs,
}

/// What is set in place of what the checklist says. A release remembers it.
#[derive(Debug, Clone, Args)]
pub(crate) struct SetArgs {
    /// The release.
    #[arg(long, value_name = "NAME", env = "VAPORA_PREFLIGHT_RELEASE")]
    pub(crate) release: Option<ReleaseId>,
    /// The environment it goes to.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The planned time T, as in 2026-12-01T14:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) planned: Option<Timestamp>,
    /// The maintenance window: when it opens and closes, with a slash between.
    #[arg(long, value_name = "TIME/TIME", value_parser = parse_window)]
    pub(crate) window: Option<(Timestamp, Timestamp)>,
    /// Sets a variable of the checklist.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) vars: Vec<(String, String)>,
    /// Says who fills a role.
    #[arg(long = "role", value_name = "ROLE=PERSON", value_parser = parse_pair)]
    pub(crate) roles: Vec<(String, String)>,
    /// Writes a section of the change record, or reads it from a file with `@`.
    #[arg(long = "change", value_name = "SECTION=TEXT", value_parser = parse_pair)]
    pub(crate) change: Vec<(String, String)>,
    /// The folder that keeps the records of releases.
    #[arg(long, value_name = "FOLDER", default_value = ".preflight", env = "VAPORA_PREFLIGHT_DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) checklist: ChecklistArgs,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct RbacArgs {
    #[command(flatten)]
    pub(crate) checklist: ChecklistArgs,
    /// Only the roles of this target; may be repeated.
    #[arg(long = "target", value_name = "NAME")]
    pub(crate) targets: Vec<String>,
    /// What the roles are called.
    #[arg(long, value_name = "NAME", default_value = "vapora-preflight")]
    pub(crate) name: String,
    /// Gives the roles to a service account.
    #[arg(long, value_name = "NAMESPACE:NAME", value_parser = parse_account, group = "subject")]
    pub(crate) service_account: Option<(String, String)>,
    /// Gives the roles to a user.
    #[arg(long, value_name = "NAME", group = "subject")]
    pub(crate) user: Option<String>,
    /// Gives the roles to a group of users.
    #[arg(long = "user-group", value_name = "NAME", group = "subject")]
    pub(crate) user_group: Option<String>,
    /// Leave out the rights without which the checks are asked too.
    #[arg(long)]
    pub(crate) required_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    Text,
    Json,
    Mermaid,
}

/// How far a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Allow {
    /// Only read.
    Reads,
    /// Also keep files of the run's own.
    Files,
    /// Also send messages to people.
    Notify,
    /// Also change targets that are not protected.
    Mutate,
}

impl From<Allow> for Effect {
    fn from(allow: Allow) -> Self {
        match allow {
            Allow::Reads => Self::Reads,
            Allow::Files => Self::KeepsFiles,
            Allow::Notify => Self::Notifies,
            Allow::Mutate => Self::Mutates,
        }
    }
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) checklist: ChecklistArgs,
    /// Only the checks and gates of this phase; may be given several times.
    #[arg(long = "phase", value_name = "PHASE")]
    pub(crate) phases: Vec<String>,
    /// Only the checks that match; may be given several times.
    #[arg(long = "only", value_name = "GLOB")]
    pub(crate) only: Vec<String>,
    /// Only the checks with this tag; may be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Not the checks that match; may be given several times.
    #[arg(long = "exclude", value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Only what failed or could not be found out before.
    #[arg(long)]
    pub(crate) only_failed: bool,
    /// Only what is stale, or was answered for another definition.
    #[arg(long)]
    pub(crate) rerun_stale: bool,
    /// Ask again what passed and is fresh, too.
    #[arg(long)]
    pub(crate) ask_again: bool,
    /// How far the run may go.
    #[arg(long, value_enum, default_value_t = Allow::Files, value_name = "HOW FAR")]
    pub(crate) allow: Allow,
    /// Let checks run programs of this machine. Only for a checklist that you trust.
    #[arg(long)]
    pub(crate) allow_commands: bool,
    /// Ask a selected check again although its effect was done, or may have been.
    #[arg(long)]
    pub(crate) repeat_effects: bool,
    /// Run phases before they open.
    #[arg(long)]
    pub(crate) ignore_windows: bool,
    /// The kubeconfig file for targets that name none; several, with `:` between them, are merged as kubectl merges them.
    #[arg(long, value_name = "FILE", env = "KUBECONFIG")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// A PEM file with certificates that checks over HTTP trust besides the roots of this machine; may be given several times.
    #[arg(long = "ca-file", value_name = "FILE")]
    pub(crate) ca_files: Vec<PathBuf>,
    /// Let checks over HTTP reach link-local and metadata addresses, which tell the credentials of this machine.
    #[arg(long)]
    pub(crate) allow_metadata_addresses: bool,
    /// How many checks run at once.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) width: Option<std::num::NonZeroUsize>,
    /// How long the run may take, as in 10m.
    #[arg(long, value_name = "TIME")]
    pub(crate) deadline: Option<Period>,
    /// Who starts it; by default the user and the machine.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Also write a report, as in `markdown=decision.md`; may be given several times.
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = parse_pair)]
    pub(crate) reports: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The check.
    pub(crate) check: String,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// The role in which it is said; by default the one that the check waits for.
    #[arg(long = "as", value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// Say that it is not so.
    #[arg(long, conflicts_with = "withdraw")]
    pub(crate) no: bool,
    /// Withdraw an earlier word.
    #[arg(long)]
    pub(crate) withdraw: bool,
    /// What shows it: a link, a ticket, a sentence.
    #[arg(long, value_name = "TEXT")]
    pub(crate) evidence: Option<String>,
    /// A remark.
    #[arg(long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// From when on it no longer counts.
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<Timestamp>,
    /// The checklist; by default the one that the release was run with.
    #[arg(long, value_name = "CHECKLIST", env = "VAPORA_PREFLIGHT_CHECKLIST")]
    pub(crate) checklist: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) set: SetArgs,
}

#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// What it is about: `start`, `end`, `issue`, `rollback`, `lesson`, `next`, or any word.
    pub(crate) topic: String,
    /// The text.
    pub(crate) text: String,
    /// Who writes it; by default the user and the machine.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) record: RecordArgs,
}

/// Which release's record.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecordArgs {
    /// The release; by default the only one there is.
    #[arg(long, value_name = "NAME", env = "VAPORA_PREFLIGHT_RELEASE")]
    pub(crate) release: Option<ReleaseId>,
    /// The folder that keeps the records of releases.
    #[arg(long, value_name = "FOLDER", default_value = ".preflight", env = "VAPORA_PREFLIGHT_DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The gate.
    pub(crate) gate: String,
    /// The checklist; by default the one that the release was run with.
    #[arg(long, value_name = "CHECKLIST", env = "VAPORA_PREFLIGHT_CHECKLIST")]
    pub(crate) checklist: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) set: SetArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) record: RecordArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The format.
    #[arg(long, default_value = "markdown")]
    pub(crate) format: String,
    /// Where to write it; by default standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Only the decision page's verdict and reasons, in Markdown.
    #[arg(long, conflicts_with = "sign_off")]
    pub(crate) decision: bool,
    /// Only the sign-off, in Markdown, as for a ticket's comment.
    #[arg(long)]
    pub(crate) sign_off: bool,
    #[command(flatten)]
    pub(crate) record: RecordArgs,
}

#[derive(Debug, Args)]
pub(crate) struct KindsArgs {
    /// Print them as JSON, with their schemas.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the reference, a page for each kind, into a folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) write: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The kind, as in `k8s.nodes_ready`.
    pub(crate) kind: String,
}

/// What the demonstration shows.
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Breaks the simulated world: before the deployment, to show a no-go, and again after one, to show what is advised
    /// then. May be given several times.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
    /// Lists the faults.
    #[arg(long)]
    pub(crate) list_faults: bool,
    /// The folder to write the records and reports to.
    #[arg(long, value_name = "FOLDER", default_value = ".preflight")]
    pub(crate) dir: PathBuf,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected a name and a value with `=` between".to_owned()),
    }
}

fn parse_account(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("expected a namespace and a name with `:` between".to_owned()),
    }
}

fn parse_window(text: &str) -> Result<(Timestamp, Timestamp), String> {
    let (opens, closes) = text.split_once('/').ok_or("expected two times with `/` between")?;
    let parse = |text: &str| text.trim().parse::<Timestamp>().map_err(|error| error.to_string());
    Ok((parse(opens)?, parse(closes)?))
}
