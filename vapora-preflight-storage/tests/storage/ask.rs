//! Asking a check that is written in TOML.

use std::{fs, io::Write, path::Path, process::Command, sync::Arc};

use serde::de::DeserializeOwned;
use vapora_preflight::{
    CheckContext, CheckError, CheckId, CheckResult, Kind, Outcome, Problems, Resources, SecretRef,
    SecretStore, SecretString, Value,
};
use vapora_preflight_sim::SimClock;

/// What the clock of the tests shows: 2026-12-01T14:00:00Z.
pub(crate) const NOW: i64 = 1_796_133_600;

/// The secrets of the tests, by the names of environment variables.
#[derive(Default, Clone)]
pub(crate) struct Secrets(pub(crate) Vec<(&'static str, String)>);

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) => {
                let found = self.0.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.clone().into()).ok_or_else(|| "it is not set".to_owned())
            }
            SecretRef::File(path) => {
                fs::read_to_string(path).map(Into::into).map_err(|error| error.to_string())
            }
        }
    }
}

pub(crate) fn context(resources: Resources, secrets: Secrets) -> CheckContext {
    CheckContext::alone(CheckId::new("it").unwrap(), Arc::new(resources))
        .with_clock(Arc::new(SimClock::at_unix_seconds(NOW)))
        .with_secrets(Arc::new(secrets))
}

/// A check as a checklist has it.
pub(crate) fn check<K: DeserializeOwned>(toml: &str) -> K {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{error}"))
}

/// Asks a check, which has to be free of problems.
pub(crate) async fn ask_in<K: Kind>(cx: &CheckContext, toml: &str) -> CheckResult {
    let check: K = check(toml);
    let mut problems = Problems::default();
    check.validate(&mut problems);
    assert_eq!(problems.messages().collect::<Vec<_>>(), Vec::<&str>::new(), "{toml}");
    let answer = check.run(cx).await;
    if let Ok(outcome) = &answer {
        let evidence = &outcome.finding().evidence;
        let emitted: Vec<&str> = evidence.items().iter().map(|item| item.name.as_str()).collect();
        let declared: Vec<&str> = K::evidence().iter().map(|field| field.name).collect();
        assert_eq!(emitted, declared, "every value is set in every outcome");
    }
    answer
}

pub(crate) async fn ask<K: Kind>(toml: &str) -> CheckResult {
    ask_in::<K>(&context(Resources::new(), Secrets::default()), toml).await
}

/// What is wrong with the parameters of a check, a line each.
pub(crate) fn problems<K: Kind>(toml: &str) -> Vec<String> {
    let check: K = check(toml);
    let mut problems = Problems::default();
    check.validate(&mut problems);
    problems.messages().map(str::to_owned).collect()
}

pub(crate) fn value(answer: &CheckResult, name: &str) -> Value {
    answer.as_ref().unwrap().finding().evidence.get(name).unwrap().clone()
}

pub(crate) fn passes(answer: &CheckResult) -> bool {
    matches!(answer, Ok(Outcome::Pass(_)))
}

pub(crate) fn fails(answer: &CheckResult) -> bool {
    matches!(answer, Ok(Outcome::Fail(_)))
}

pub(crate) fn error(answer: &CheckResult) -> &CheckError {
    match answer {
        Err(error) => error,
        Ok(outcome) => panic!("expected an error, found {outcome:?}"),
    }
}

/// What a check said, with the folder of the test taken out of it.
pub(crate) fn told(answer: &CheckResult, folder: &Path) -> String {
    vapora_preflight_sim::told(answer).replace(&folder.display().to_string(), "DIR")
}

/// Sets when a file was last modified, in seconds before the clock of the tests.
pub(crate) fn aged(path: &Path, seconds: i64) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs((NOW - seconds) as u64);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

/// Writes files, each with its content.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Runs a program of the machine in a folder. Where it is missing, the test says that it is skipped.
pub(crate) fn run(folder: &Path, argv: &[&str]) -> bool {
    let mut command = Command::new(argv[0]);
    command.args(&argv[1..]).current_dir(folder).env("LC_ALL", "C");
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{argv:?}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // past the harness, which keeps what tests print
            let told = format!("\nskipped: `{}` is not installed\n", argv[0]);
            let _ = std::io::stderr().write_all(told.as_bytes());
            false
        }
        Err(error) => panic!("{argv:?}: {error}"),
    }
}
