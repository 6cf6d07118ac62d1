//! `ticket.commented`.

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Digest, Effect, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, async_trait,
};

mod text;

use crate::{
    ForgeNumber, ForgeSettings, TicketPage, TicketPages,
    forge::{self, Comment},
};

/// A page about the run is in the ticket: the decision, or the sign-off.
///
/// The page is that of the report as it stands when the check is started, so let it need what it is to tell of. There is one
/// comment for each release and check: a later run writes it anew in place of adding another one. It is known by a mark that
/// is not shown, and by its author. Names after `@` call nobody, and a page that is too long is cut.
///
/// # What errs
///
/// A forge that does not answer, refuses the token or has been asked too much, a ticket that cannot be seen, a program that
/// renders no pages.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketCommented {
    /// The project that the ticket is in, and who asks.
    forge: ForgeSettings,
    /// The number of the ticket.
    number: ForgeNumber,
    /// The page that it holds: `decision` or `sign_off`.
    content: TicketPage,
    /// The account that the comments are of. By default the forge is asked whose token it is, which not every token may ask.
    author: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, Copy)]
enum Done {
    Posted,
    Updated,
    Unchanged,
}

impl Done {
    fn word(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

#[async_trait]
impl Check for TicketCommented {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let report = cx.report().ok_or_else(|| CheckError::permanent("the run keeps no report"))?;
        let pages = cx.resource::<TicketPages>()?;
        let mark = text::mark(cx.deployment().release.as_ref().map(ToString::to_string).as_deref(), cx.id());
        let page = pages.render(report, self.content);
        if page.trim().is_empty() {
            return Err(CheckError::permanent(format!("the {} is empty", self.content)));
        }
        let body = text::comment(&mark, &page);
        let session = self.forge.open(cx)?;
        if self.author.is_none() {
            cx.doing("asking whose token it is");
        }
        let author = match &self.author {
            Some(author) => author.clone(),
            None => forge::who_asks(&session).await?,
        };
        let place = format!("the ticket `{}#{}`", self.forge.project, self.number);
        cx.doing(format!("reading the comments of {place}"));
        let comments = forge::comments(&session, &self.forge, self.number).await?;
        let ours = |it: &&Comment| {
            text::is_marked(&it.body, &mark) && it.author.to_lowercase() == author.to_lowercase()
        };
        cx.doing(format!("writing to {place}"));
        let (comment, done) = match comments.iter().rfind(ours) {
            Some(same) if text::plain(&same.body) == text::plain(&body) => (same.clone(), Done::Unchanged),
            Some(earlier) => {
                let id = earlier.id;
                let written = forge::say_instead(&session, &self.forge, self.number, id, &body).await?;
                (written, Done::Updated)
            }
            None => (forge::say(&session, &self.forge, self.number, &body).await?, Done::Posted),
        };
        if !text::is_marked(&comment.body, &mark) {
            return Err(CheckError::permanent(format!(
                "{place} did not take the {} as it was sent",
                self.content
            ))
            .remedy("look at the ticket before it is sent again")
            .uncertain());
        }
        let finding = Finding::new(format!("the {} is in {place}", self.content))
            .with("done", done.word())
            .with("comment", comment.id)
            .with("url", comment.url)
            .with("characters", body.chars().count())
            .with("text_digest", Digest::of(&body).to_string());
        Ok(Outcome::Pass(finding))
    }
}

impl Kind for TicketCommented {
    const NAME: &'static str = "ticket.commented";
    const EFFECT: Effect = Effect::Notifies;
    const EXAMPLE: &'static str = r#"
[check.sign-off-in-ticket]
kind    = "ticket.commented"
title   = "The sign-off is in the ticket"
forge   = { api = "github", project = "vapora/vapora", token = { env = "FORGE_TOKEN" } }
number  = 1287
content = "sign_off"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField {
                name: "done",
                about: "what was done: `posted`, `updated`, or `unchanged` where it said that already",
            },
            EvidenceField { name: "comment", about: "the number of the comment" },
            EvidenceField {
                name: "url",
                about: "where a person reads it, or none where the forge does not tell",
            },
            EvidenceField { name: "characters", about: "how many characters it has" },
            EvidenceField { name: "text_digest", about: "the SHA-256 of its text" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.forge.validate(problems);
        if self.forge.token.is_none() {
            problems.at("forge", "nobody may write to a ticket without a token", "add `token`");
        }
        if self.author.as_ref().is_some_and(|it| it.trim().is_empty()) {
            problems.at("author", "the text is empty", "leave it out, or write the name of the account");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.report();
    }
}
