//! Asks a check the way the executor does, and tells what came of it.

use std::{fs, sync::Arc};

use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Outcome, Resources, SecretRef, SecretStore, SecretString,
};
use vapora_preflight_http::{CalendarClear, HttpClient};
pub(crate) use vapora_preflight_sim::told;

/// The window that the checks look at.
pub(crate) const WINDOW: &str =
    "window = { opens = '2026-12-01T13:00:00Z', closes = '2026-12-01T15:00:00Z' }";

/// Knows one secret, as `URL`.
struct Secrets(String);

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "URL" => Ok(self.0.as_str().into()),
            SecretRef::Env(name) if name == "TOKEN" => Ok("hunter22-token".into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

pub(crate) async fn ask(parameters: &str) -> CheckResult {
    ask_with("", parameters).await
}

/// Asks it with this text as the secret `URL`.
pub(crate) async fn ask_with(url: &str, parameters: &str) -> CheckResult {
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let cx = CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources))
        .with_secrets(Arc::new(Secrets(url.to_owned())));
    let check: CalendarClear = toml::from_str(parameters).unwrap();
    check.run(&cx).await
}

/// A calendar of these events, each as the lines in it.
pub(crate) fn calendar(events: &[&str]) -> String {
    let events: Vec<String> = events
        .iter()
        .enumerate()
        .map(|(number, lines)| {
            let uid =
                if lines.contains("UID:") { String::new() } else { format!("UID:{number}@example.com\r\n") };
            format!("BEGIN:VEVENT\r\n{uid}DTSTAMP:20261101T000000Z\r\n{}\r\nEND:VEVENT\r\n", lines.trim())
        })
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n{}END:VCALENDAR\r\n", events.concat())
}

/// Asks a check of the calendar in a file of its own, within [`WINDOW`].
pub(crate) async fn look(text: impl AsRef<[u8]>, parameters: &str) -> CheckResult {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changes.ics");
    fs::write(&file, text).unwrap();
    let window = if parameters.contains("window =") { "" } else { WINDOW };
    ask(&format!("file = '{}'\n{window}\n{parameters}", file.display())).await
}

/// Whether nothing conflicts, or how often something does, or what is wrong.
pub(crate) async fn found(text: &str, parameters: &str) -> String {
    match look(text, parameters).await {
        Ok(Outcome::Pass(_)) => "clear".to_owned(),
        Ok(Outcome::Fail(finding)) => finding.actual.unwrap(),
        Ok(other) => panic!("{other:?}"),
        Err(error) => format!("error: {error}"),
    }
}

/// Holds what came of it against its snapshot, whatever the port and the folder.
macro_rules! assert_told {
    ($told:expr) => {{
        let told = $told;
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"`/[^`]*/(\w+\.ics)`", "`DIR/$1`")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_told;
