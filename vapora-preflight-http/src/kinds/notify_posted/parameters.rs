//! How the parameters go together.

use vapora_preflight::Problems;

use super::{NotifyPosted, Service, body, mention};
use crate::{StatusSet, param::Method, template};

impl NotifyPosted {
    /// What is wrong with how the message gets there.
    pub(super) fn check_way(&self, problems: &mut Problems) {
        match (&self.webhook, &self.token) {
            (Some(_), Some(_)) => {
                problems.whole("there is both a `webhook` and a `token`", "keep one of them");
            }
            (None, None) => problems.whole(
                "it is not said where to post",
                "name the secret that holds the URL, as in `webhook = { env = \"SLACK_WEBHOOK_URL\" }`",
            ),
            _ => {}
        }
        if self.token.is_some() && self.service != Service::Slack {
            problems.at("token", format!("{} takes a webhook here", self.service), "name a `webhook`");
        }
        let by_webhook = self.token.is_none() && self.service != Service::Mattermost;
        match self.channel.as_deref().map(str::trim) {
            Some("") => problems.at("channel", "the text is empty", "name a channel, or leave it out"),
            Some(_) if by_webhook => {
                problems.at("channel", "the webhook decides about the channel", "leave it out");
            }
            None if self.token.is_some() => {
                problems.whole("the bot needs a `channel`", "name one, as in `channel = \"#deployments\"`");
            }
            _ => {}
        }
    }

    /// Who cannot be called.
    pub(super) fn check_mentions(&self, problems: &mut Problems) {
        for word in &self.mention {
            if let Err(why) = mention::read(self.service, word) {
                problems.at(
                    "mention",
                    format!("`{word}` cannot be called: {why}"),
                    "see the page of the kind",
                );
            }
        }
    }

    /// What is wrong with what only a webhook of no particular service is told.
    pub(super) fn check_webhook(&self, problems: &mut Problems) {
        if self.service != Service::Webhook {
            for (given, name) in [
                (!self.headers.is_empty(), "headers"),
                (self.body != body::plain(), "body"),
                (self.method != Method::Post, "method"),
                (self.status != StatusSet::default(), "status"),
            ] {
                if given {
                    let message = format!("{} decides about this itself", self.service);
                    problems.at(name, message, "leave it out, or write `service = \"webhook\"`");
                }
            }
            return;
        }
        self.sender().validate(problems);
        if self.body.holds_date() {
            problems.at("body", "there is a date in it, which JSON does not know", "write the date as text");
        }
        if !template::holds(&self.body, "text") {
            problems.at("body", "the message is nowhere in it", "write `$text` where it belongs");
        }
        if self.status.is_empty() {
            problems.at("status", "the list is empty, so no status is right", "leave it out, or name one");
        }
    }
}
