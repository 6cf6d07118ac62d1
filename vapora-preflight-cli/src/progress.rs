//! What is going on: a moving line on a terminal, plain lines elsewhere.

use std::{collections::BTreeMap, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vapora_preflight::{CheckId, Event, EventKind, Observer, Outcome, Status, Timestamp};

use crate::terminal::{Terminal, clean};

/// Shows what is going on.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: Terminal,
    bar: Option<ProgressBar>,
    running: BTreeMap<CheckId, Timestamp>,
    settled: u64,
}

impl Progress {
    pub(crate) fn new(terminal: Terminal) -> Self {
        let bar = terminal.is_watched().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_draw_target(ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { terminal, bar, running: BTreeMap::new(), settled: 0 }
    }

    fn refresh(&self) {
        let Some(bar) = &self.bar else { return };
        let mut names: Vec<&str> = self.running.keys().take(4).map(CheckId::as_str).collect();
        if self.running.len() > names.len() {
            names.push("…");
        }
        bar.set_message(format!(
            "{} settled, {} being asked: {}",
            self.settled,
            self.running.len(),
            names.join(", ")
        ));
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.terminal.error(text)),
            None => self.terminal.error(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn on_event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CheckStarted { check, .. } => {
                self.running.insert(check.clone(), event.at);
            }
            EventKind::AccessReviewed(review) => {
                if let Some(failed) = &review.failed {
                    let text = format!("{:<14} {}: not known: {failed}", "rights", review.target);
                    self.line(&clean(&text));
                }
                for denied in &review.denied {
                    let checks: Vec<&str> = denied.checks.iter().map(CheckId::as_str).collect();
                    let word = if denied.optional { "missing" } else { "denied" };
                    let text = format!(
                        "{:<14} {}: {word}: {} (for {})",
                        "rights",
                        review.target,
                        denied.right,
                        checks.join(", ")
                    );
                    self.line(&clean(&text));
                }
            }
            EventKind::AttemptFailed { check, attempt, why } if !self.terminal.quiet => {
                let text = format!("{:<14} {check}: attempt {attempt} came to nothing: {why}", "retry");
                self.line(&clean(&text));
            }
            EventKind::CheckFinished(finished) => {
                self.running.remove(&finished.check);
                self.settled += 1;
                let fine =
                    matches!(&finished.status, Status::Done(Outcome::Pass(_) | Outcome::NotApplicable(_)));
                // on a terminal the moving line tells of what is fine
                if !self.terminal.quiet && (!fine || self.bar.is_none()) {
                    let summary = finished.status.summary();
                    let text = format!("{:<14} {}: {summary}", finished.status.word(), finished.check);
                    self.line(&clean(&text));
                }
            }
            EventKind::GateJudged { gate, verdict } if !self.terminal.quiet => {
                self.line(&format!("{:<14} {gate}", verdict.decision));
            }
            _ => {}
        }
        self.refresh();
    }
}
