//! What all logs come to.

use std::collections::{BTreeMap, BTreeSet};

use vapora_preflight::{CheckError, Timestamp, Value};

use super::{log::Log, reading::Reading, search::Found};
use crate::{refused::Cause, wording::count};

/// How many lines are kept of all logs.
const KEPT: usize = 50;

/// One line that should not be there.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) log: Log,
    pub(super) time: Timestamp,
    pub(super) line: String,
}

/// What all logs come to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) logs: usize,
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) matches: u64,
    pub(super) ignored: u64,
    pub(super) cut: bool,
    /// The last lines that should not be there, the newest first.
    pub(super) hits: Vec<Hit>,
    /// The logs with no lines that should have some.
    pub(super) silent: Vec<String>,
    /// What nobody can read any more.
    pub(super) gone: Vec<String>,
    /// The logs that could not be read, and why.
    pub(super) unread: Vec<(String, CheckError)>,
    /// By pod: which of the required patterns are there.
    pub(super) required: BTreeMap<String, Vec<bool>>,
    pub(super) containers: BTreeSet<String>,
}

impl Tally {
    pub(super) fn add(&mut self, log: Log, reading: Reading) {
        match reading {
            Reading::Read { found, bytes, silent } => {
                if silent {
                    self.silent.push(log.to_string());
                }
                self.take(log, found, bytes);
            }
            Reading::Cut { found, bytes } => {
                self.cut = true;
                self.take(log, found, bytes);
            }
            Reading::Gone(what) => self.gone.push(what),
            Reading::Unread(error) => self.unread.push((log.to_string(), error)),
        }
    }

    fn take(&mut self, log: Log, found: Found, bytes: u64) {
        self.logs += 1;
        self.lines += found.lines;
        self.bytes += bytes;
        self.matches += found.matches;
        self.ignored += found.ignored;
        let required =
            self.required.entry(log.pod.clone()).or_insert_with(|| vec![false; found.required.len()]);
        for (known, new) in required.iter_mut().zip(found.required) {
            *known |= new;
        }
        let hits = found.kept.into_iter().rev().map(|(time, line)| Hit { log: log.clone(), time, line });
        self.hits.extend(hits);
        self.hits.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.log.to_string().cmp(&b.log.to_string())));
        self.hits.truncate(KEPT);
    }

    /// The pods in whose logs one of the required patterns is missing, by the place of the pattern.
    pub(super) fn lacking(&self) -> BTreeMap<usize, Vec<&str>> {
        let mut lacking: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (pod, required) in &self.required {
            for (place, _) in required.iter().enumerate().filter(|(_, there)| !**there) {
                lacking.entry(place).or_default().push(pod);
            }
        }
        lacking
    }

    /// The error of logs that could not be read.
    pub(super) fn refusal(&mut self) -> Option<CheckError> {
        let all = self.unread.len() + self.logs;
        // One that does not go away by itself comes first.
        self.unread.sort_by_key(|(_, error)| error.is_transient());
        let number = self.unread.len();
        if number > 1 {
            let (_, first) = &self.unread[0];
            let message = format!("{number} of {} could not be read", count(all, "log"));
            let made = if first.is_transient() { CheckError::transient } else { CheckError::permanent };
            let error = made(message).because(&Cause(first.to_string()));
            return Some(match &first.report().remedy {
                Some(remedy) => error.remedy(remedy.clone()),
                None => error,
            });
        }
        self.unread.pop().map(|(_, error)| error)
    }

    /// The lines as evidence.
    pub(super) fn found(&self) -> Value {
        let rows = self.hits.iter().map(|hit| {
            Value::table([
                ("pod", Value::from(&hit.log.pod)),
                ("container", Value::from(&hit.log.container)),
                ("previous", Value::from(hit.log.previous)),
                ("time", Value::from(hit.time)),
                ("line", Value::from(&hit.line)),
            ])
        });
        Value::List(rows.collect())
    }
}
