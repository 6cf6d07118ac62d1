//! `ticket.tracks_change`.

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, Digest, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, Value, async_trait,
};

mod commands;
mod sections;

use self::sections::Section;
use crate::{
    ForgeNumber, ForgeSettings,
    forge::{Ticket, Tracked},
};

/// A ticket tracks the change: it is there and open, is whose it should be, and its text says what it has to.
///
/// It fails where there is no such ticket, where it was deleted, has moved or is closed, and where an assignee, a label, the
/// milestone, a section, a text or a command of the checklist is missing. A section counts where something stands under a
/// heading that has its name in it: under `Rollback plan` stands `rollback`. Comments, `_No response_` and words such as
/// `TODO` are nothing.
///
/// # What errs
///
/// A forge that does not answer, refuses the token or has been asked too much, and a project that cannot be seen: whether the
/// ticket is there is not known then.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketTracksChange {
    /// The project that the ticket is in, and who asks.
    forge: ForgeSettings,
    /// The number of the ticket.
    number: ForgeNumber,
    /// Whether it may be closed.
    #[serde(default)]
    may_be_closed: bool,
    /// Whether it has to be assigned to somebody.
    #[serde(default)]
    assigned: bool,
    /// Who it has to be assigned to, among others.
    assignee: Option<String>,
    /// The labels that it has to have, among others.
    #[serde(default)]
    labels: Vec<String>,
    /// The milestone that it has to be in.
    milestone: Option<String>,
    /// The sections that its text has to have, such as `what`, `why`, `rollback`, `success`, `duration`. Upper and lower case
    /// are the same.
    #[serde(default)]
    sections: Vec<String>,
    /// Texts that it has to hold. White space of any kind is the same.
    #[serde(default)]
    mentions: Vec<String>,
    /// Documents of the checklist of which it has to hold every line: `commands.rollback`, or a section of `[change]`.
    #[serde(default)]
    documents: Vec<String>,
}

#[async_trait]
impl Check for TicketTracksChange {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let ticket = match Ticket::find(cx, &self.forge, self.number).await? {
            Tracked::Found(ticket) => ticket,
            Tracked::Missing => {
                return Ok(self.nowhere(
                    "there is no ticket",
                    "nothing of that number",
                    "make the ticket, or name its number",
                ));
            }
            Tracked::Deleted => {
                return Ok(self.nowhere(
                    "the ticket was deleted:",
                    "a deleted ticket",
                    "make another one, and name its number",
                ));
            }
            Tracked::Moved(to) => {
                let found = format!("it has moved to `{to}`");
                return Ok(self.nowhere(
                    "the ticket has moved:",
                    &found,
                    "name the project and number that it has now",
                ));
            }
        };
        let sections = sections::of(&ticket.body);
        let evidence = self.evidence(Some(&ticket), &sections);
        let mut wrong = self.state(&ticket);
        wrong.extend(self.text(cx, &ticket, &sections));
        let place = format!("the ticket `{}#{}`", self.forge.project, self.number);
        let Some(first) = wrong.first() else {
            let finding = Finding::new(format!("{place} tracks the change: {}", ticket.title));
            return Ok(Outcome::Pass(finding.evidence(evidence)));
        };
        let summary = match wrong.len() {
            1 => format!("{place} {first}"),
            _ => format!("{place} {}", wrong.join(", and ")),
        };
        Ok(Outcome::Fail(Finding::new(summary).remedy(format!("edit it: {}", ticket.url)).evidence(evidence)))
    }
}

impl TicketTracksChange {
    /// That there is no ticket where one should be.
    fn nowhere(&self, what: &str, actual: &str, remedy: &str) -> Outcome {
        let place = format!("`{}#{}`", self.forge.project, self.number);
        Outcome::Fail(
            Finding::new(format!("{what} {place}"))
                .expected("an open ticket")
                .actual(actual)
                .remedy(remedy)
                .evidence(self.evidence(None, &[])),
        )
    }

    fn evidence(&self, ticket: Option<&Ticket>, sections: &[Section]) -> Evidence {
        let filled: Vec<&String> = self.sections.iter().filter(|name| written(sections, name)).collect();
        Evidence::new()
            .with("number", self.number.get())
            .with("url", ticket.map(|it| it.url.as_str()))
            .with("title", ticket.map(|it| it.title.as_str()))
            .with("open", ticket.map(|it| it.open))
            .with("assignees", ticket.map(|it| it.assignees.clone()))
            .with("labels", ticket.map(|it| it.labels.clone()))
            .with("milestone", ticket.and_then(|it| it.milestone.clone()))
            .with("sections", Value::from(filled))
            .with("text_digest", ticket.map(|it| Digest::of(&it.body).to_string()))
    }

    /// What is wrong with all but its text, as what is said of it.
    fn state(&self, ticket: &Ticket) -> Vec<String> {
        let mut wrong = Vec::new();
        if !ticket.open && !self.may_be_closed {
            wrong.push("is closed".to_owned());
        }
        let same = |one: &String, other: &str| one.to_lowercase() == other.to_lowercase();
        if let Some(assignee) = &self.assignee
            && !ticket.assignees.iter().any(|it| same(it, assignee))
        {
            let to = match &ticket.assignees[..] {
                [] => "nobody".to_owned(),
                some => quoted(some),
            };
            wrong.push(format!("is not assigned to `{assignee}` but to {to}"));
        } else if self.assigned && ticket.assignees.is_empty() {
            wrong.push("is assigned to nobody".to_owned());
        }
        let missing: Vec<&String> =
            self.labels.iter().filter(|label| !ticket.labels.iter().any(|it| same(it, label))).collect();
        if !missing.is_empty() {
            wrong.push(format!(
                "lacks {} {}",
                if missing.len() == 1 { "the label" } else { "the labels" },
                quoted(missing)
            ));
        }
        if let Some(milestone) = &self.milestone
            && ticket.milestone.as_ref() != Some(milestone)
        {
            let found = ticket.milestone.as_ref().map_or("none".to_owned(), |it| format!("`{it}`"));
            wrong.push(format!("is not in the milestone `{milestone}` but in {found}"));
        }
        wrong
    }

    /// What is wrong with its text, as what is said of it.
    fn text(&self, cx: &CheckContext, ticket: &Ticket, sections: &[Section]) -> Vec<String> {
        let mut wrong = Vec::new();
        let missing = |found: &dyn Fn(&str) -> bool| -> Vec<&String> {
            self.sections.iter().filter(|name| found(name)).collect()
        };
        let absent = missing(&|name| !sections.iter().any(|it| it.is_of(name)));
        if !absent.is_empty() {
            wrong.push(format!("has no section {}", quoted(absent)));
        }
        let empty = missing(&|name| sections.iter().any(|it| it.is_of(name)) && !written(sections, name));
        if !empty.is_empty() {
            wrong.push(format!("has nothing under {}", quoted(empty)));
        }
        let body = commands::plain(&ticket.body);
        let unsaid: Vec<&String> =
            self.mentions.iter().filter(|text| !body.contains(&commands::plain(text))).collect();
        if !unsaid.is_empty() {
            wrong.push(format!("does not mention {}", quoted(unsaid)));
        }
        for name in &self.documents {
            let document = cx.outline().document(name).unwrap_or_default();
            match commands::lacking(&body, &document) {
                Some(lines) if lines.is_empty() => {
                    wrong.push(format!("cannot hold `{name}`, of which the checklist has nothing"));
                }
                Some(lines) => wrong.push(format!("lacks {} of `{name}`", quoted(lines))),
                None => {}
            }
        }
        wrong
    }
}

fn written(sections: &[Section], name: &str) -> bool {
    sections.iter().any(|section| section.is_of(name) && section.is_written())
}

fn quoted<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| format!("`{}`", text.as_ref())).collect();
    texts.join(", ")
}

impl Kind for TicketTracksChange {
    const NAME: &'static str = "ticket.tracks_change";
    const EXAMPLE: &'static str = r#"
[check.ticket-exists]
kind      = "ticket.tracks_change"
title     = "A ticket tracks the deployment"
forge     = { api = "github", project = "vapora/vapora", token = { env = "FORGE_TOKEN" } }
number    = 1287
assigned  = true
labels    = ["deployment"]
sections  = ["what", "why", "rollback", "success", "duration"]
mentions  = ["kubectl rollout undo"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "number", about: "the number of the ticket" },
            EvidenceField { name: "url", about: "where a person reads it, or none" },
            EvidenceField { name: "title", about: "its title, or none" },
            EvidenceField { name: "open", about: "whether it is open, or none where there is none" },
            EvidenceField { name: "assignees", about: "who it is assigned to, by their names on the forge" },
            EvidenceField { name: "labels", about: "its labels" },
            EvidenceField { name: "milestone", about: "its milestone, or none" },
            EvidenceField { name: "sections", about: "those of `sections` that are written" },
            EvidenceField { name: "text_digest", about: "the SHA-256 of its text, or none" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.forge.validate(problems);
        for (parameter, texts) in [
            ("labels", &self.labels),
            ("sections", &self.sections),
            ("mentions", &self.mentions),
            ("documents", &self.documents),
        ] {
            if texts.iter().any(|text| text.trim().is_empty()) {
                problems.at(parameter, "there is an empty text in it", "leave it out");
            }
        }
        if let Some(section) = self.sections.iter().find(|name| sections::words(name).is_empty()) {
            problems.at("sections", format!("`{section}` has no word in it"), "name a heading");
        }
        for (parameter, text) in [("assignee", &self.assignee), ("milestone", &self.milestone)] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                problems.at(parameter, "the text is empty", "leave it out, or write a name");
            }
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        for name in &self.documents {
            needs.document(name);
        }
    }
}
