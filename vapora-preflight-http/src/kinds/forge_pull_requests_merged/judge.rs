//! What the changes come to.

use vapora_preflight::{Evidence, EvidenceField, Finding, Outcome, Value};

use crate::forge::{Change, ChangeState, Checked, CheckedState, Opinion, selected::Selected};

/// How many of them a sentence names.
const NAMED: usize = 5;

/// A change, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Judged {
    number: u64,
    title: String,
    abandoned: bool,
    approved_by: Vec<String>,
    /// How many checks are green.
    green: usize,
    wrong: Vec<String>,
}

/// What was asked about all of them.
pub(super) struct Asked<'a> {
    pub(super) project: &'a str,
    pub(super) branch: &'a str,
    pub(super) approvals: u32,
    pub(super) checks: bool,
    pub(super) by_number: bool,
    pub(super) what: String,
}

impl Judged {
    pub(super) fn missing(number: u64) -> Self {
        Self { wrong: vec!["is not there".to_owned()], ..Self::empty(number) }
    }

    fn empty(number: u64) -> Self {
        Self {
            number,
            title: String::new(),
            abandoned: false,
            approved_by: Vec::new(),
            green: 0,
            wrong: Vec::new(),
        }
    }

    pub(super) fn of(change: &Change, branch: &str) -> Self {
        let mut judged = Self { title: change.title.clone(), ..Self::empty(change.number) };
        match change.state {
            ChangeState::Open => judged.wrong.push("is not merged".to_owned()),
            ChangeState::Abandoned => judged.abandoned = true,
            ChangeState::Merged if change.base != branch => {
                judged.wrong.push(format!("is merged into `{}`", change.base));
            }
            ChangeState::Merged => {}
        }
        judged
    }

    pub(super) fn reviewed(&mut self, change: &Change, opinions: Vec<Opinion>, least: u32, of_head: bool) {
        let others = opinions.into_iter().filter(|it| {
            change.author.as_ref().is_none_or(|author| author.to_lowercase() != it.by.to_lowercase())
        });
        let (approving, asking): (Vec<Opinion>, Vec<Opinion>) = others.partition(|it| it.approves);
        let (current, earlier): (Vec<Opinion>, Vec<Opinion>) =
            approving.into_iter().partition(|it| !of_head || it.of.as_ref() == Some(&change.head));
        self.approved_by = current.into_iter().map(|it| it.by).collect();
        if !asking.is_empty() {
            let names: Vec<&str> = asking.iter().map(|it| it.by.as_str()).collect();
            self.wrong.push(format!("is to be changed by the word of {}", names.join(", ")));
        }
        let found = self.approved_by.len();
        if found < least as usize {
            self.wrong.push(match (found, earlier.len()) {
                (0, 0) => "is approved by nobody but its author".to_owned(),
                (0, _) => "is approved only at an earlier commit".to_owned(),
                _ => format!("is approved by {found} of {least}"),
            });
        }
    }

    pub(super) fn checked(&mut self, checks: &[Checked], none_will_do: bool, pending_will_do: bool) {
        let of = |state: CheckedState| -> Vec<&str> {
            checks.iter().filter(|it| it.state == state).map(|it| it.name.as_str()).collect()
        };
        let (red, pending) = (of(CheckedState::Red), of(CheckedState::Pending));
        self.green = of(CheckedState::Green).len();
        if !red.is_empty() {
            self.wrong.push(format!("has failed checks ({})", some(&red)));
        }
        if !pending.is_empty() && !pending_will_do {
            self.wrong.push(format!("has checks that have not ended ({})", some(&pending)));
        }
        if self.green == 0 && red.is_empty() && pending.is_empty() && !none_will_do {
            let left_out = of(CheckedState::Neutral);
            self.wrong.push(match left_out.len() {
                0 => "has no checks".to_owned(),
                _ => format!("has only checks that were left out ({})", some(&left_out)),
            });
        }
    }
}

/// The first of some names.
fn some<T: AsRef<str>>(names: &[T]) -> String {
    first_of(names, ", ")
}

fn first_of<T: AsRef<str>>(names: &[T], between: &str) -> String {
    let mut text: Vec<&str> = names.iter().take(NAMED).map(AsRef::as_ref).collect();
    let more = format!("{} more", names.len().saturating_sub(NAMED));
    if names.len() > NAMED {
        text.push(&more);
    }
    text.join(between)
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

impl Asked<'_> {
    fn expected(&self) -> String {
        let mut parts = vec![format!("merged into `{}`", self.branch)];
        if self.approvals > 0 {
            parts.push(match self.approvals {
                1 => "approved by somebody other than the author".to_owned(),
                more => format!("approved by {more} others than the author"),
            });
        }
        if self.checks {
            parts.push("checks green".to_owned());
        }
        parts.join(", ")
    }

    pub(super) fn outcome(&self, selected: &Selected, seen: &[Judged]) -> Outcome {
        let abandoned: Vec<&Judged> = seen.iter().filter(|it| it.abandoned).collect();
        let wrong: Vec<String> = seen
            .iter()
            .filter_map(|it| {
                let mut all = it.wrong.clone();
                if it.abandoned && self.by_number {
                    all.push("was closed without being merged".to_owned());
                }
                (!all.is_empty()).then(|| format!("#{} {}", it.number, all.join(", ")))
            })
            .collect();
        let finding = |summary: String| Finding::new(summary).evidence(evidence(selected, seen));
        let merged = seen.len() - abandoned.len();
        if !wrong.is_empty() || !selected.direct.is_empty() {
            let mut said = wrong.clone();
            if !selected.direct.is_empty() {
                let short: Vec<&str> =
                    selected.direct.iter().map(|sha| sha.get(..8).unwrap_or(sha)).collect();
                said.push(format!(
                    "{} came to `{}` without a change ({})",
                    count(short.len(), "commit", "commits"),
                    self.branch,
                    some(&short)
                ));
            }
            let summary = if wrong.is_empty() {
                format!("not every commit of `{}` {} was reviewed", self.project, self.what)
            } else {
                format!(
                    "{} of {} of `{}` {} be",
                    wrong.len(),
                    count(seen.len(), "change", "changes"),
                    self.project,
                    if wrong.len() == 1 {
                        "is not merged as it should"
                    } else {
                        "are not merged as they should"
                    }
                )
            };
            return Outcome::Fail(
                finding(summary)
                    .expected(self.expected())
                    .actual(first_of(&said, "; "))
                    .remedy("have them reviewed, mended and merged, or leave them out of the release"),
            );
        }
        if merged == 0 {
            return Outcome::Fail(
                finding(format!("there is no merged change of `{}` {}", self.project, self.what))
                    .expected("at least 1 change")
                    .actual(count(abandoned.len(), "change that was closed", "changes, all closed"))
                    .remedy("see that the release is the one meant"),
            );
        }
        let are = if merged == 1 { "is" } else { "are" };
        let which = match seen {
            [only] if self.by_number => format!("the change #{} of `{}`", only.number, self.project),
            _ => format!("{} of `{}` {}", count(merged, "change", "changes"), self.project, self.what),
        };
        let summary = format!("{which} {are} merged into `{}`", self.branch);
        if abandoned.is_empty() {
            return Outcome::Pass(finding(summary));
        }
        let numbers: Vec<String> = abandoned.iter().map(|it| format!("#{}", it.number)).collect();
        Outcome::Warn(
            finding(format!("{summary}; closed without being merged: {}", some(&numbers)))
                .remedy("see that nothing of the release was in them"),
        )
    }
}

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "changes", about: "how many changes were looked at" },
    EvidenceField { name: "numbers", about: "their numbers" },
    EvidenceField { name: "wrong", about: "the numbers of those that are not as they should be" },
    EvidenceField { name: "abandoned", about: "the numbers of those that were closed without being merged" },
    EvidenceField { name: "commits", about: "how many commits were looked up; 0 unless `since_tag` is set" },
    EvidenceField { name: "direct", about: "the commits that came without a change" },
    EvidenceField {
        name: "details",
        about: "of each its number, title, who approved it, how many checks are green, and what is wrong",
    },
];

fn evidence(selected: &Selected, seen: &[Judged]) -> Evidence {
    let numbers = |of: &dyn Fn(&Judged) -> bool| {
        Value::from(seen.iter().filter(|it| of(it)).map(|it| it.number).collect::<Vec<_>>())
    };
    let details: Vec<Value> = seen
        .iter()
        .map(|it| {
            Value::table([
                ("number", Value::from(it.number)),
                ("title", Value::from(it.title.as_str())),
                ("approved_by", Value::from(it.approved_by.clone())),
                ("green", Value::from(it.green)),
                ("wrong", Value::from(it.wrong.clone())),
            ])
        })
        .collect();
    Evidence::new()
        .with("changes", seen.len())
        .with("numbers", numbers(&|_| true))
        .with("wrong", numbers(&|it| !it.wrong.is_empty()))
        .with("abandoned", numbers(&|it| it.abandoned))
        .with("commits", selected.commits)
        .with("direct", selected.direct.clone())
        .with("details", Value::List(details))
}
