//! The `vapora-preflight` program: the library at a terminal and in CI jobs.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

mod args;
mod commands;
mod exit;
mod progress;
mod secrets;
mod settings;
mod setup;
mod terminal;
mod waiting;

use args::{Cli, Command};
use terminal::Terminal;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.color, cli.quiet);
    trace();
    let ended = match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => commands::demo::demo(&args, &terminal),
        Command::Lint(args) => commands::lint::lint(&args, &terminal),
        Command::Plan(args) => commands::plan::plan(&args, &terminal),
        Command::Rbac(args) => commands::rbac::rbac(&args, &terminal),
        Command::Run(args) => commands::run::run(&args, &terminal),
        Command::Attest(args) => commands::attest::attest(&args, &terminal),
        Command::Note(args) => commands::note::note(&args, &terminal),
        Command::Gate(args) => commands::gate::gate(&args, &terminal),
        Command::Status(args) => commands::status::status(&args, &terminal),
        Command::Report(args) => commands::report::report(&args, &terminal),
        Command::Kinds(args) => commands::kinds::kinds(&args, &terminal),
        Command::Explain(args) => commands::kinds::explain(&args, &terminal),
        Command::Schema => commands::kinds::schema(&terminal),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "vapora-preflight", &mut text);
            terminal.print(&String::from_utf8_lossy(&text));
            Ok(exit::GO)
        }
    };
    match ended {
        Ok(exit::GO) if terminal::is_output_lost() => exit::code(exit::FAILED),
        Ok(code) => exit::code(code),
        Err(stop) => {
            if !stop.message.is_empty() {
                let help = stop.remedy.map(|remedy| format!("\n  help: {remedy}")).unwrap_or_default();
                terminal.error(&terminal::clean_lines(&format!("error: {}{help}", stop.message)));
            }
            exit::code(stop.code)
        }
    }
}

/// Writes the library's spans and events to standard error where `VAPORA_PREFLIGHT_LOG` asks for them.
fn trace() {
    #[expect(clippy::disallowed_methods, reason = "the program is the caller that knows the environment")]
    let Ok(filter) = std::env::var("VAPORA_PREFLIGHT_LOG") else { return };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .init();
}
