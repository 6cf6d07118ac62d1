//! The services that take a message.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A service that takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Service {
    /// Slack, by an incoming webhook or the token of a bot.
    Slack,
    /// Mattermost, by an incoming webhook.
    Mattermost,
    /// Discord, by the webhook of a channel.
    Discord,
    /// Microsoft Teams, by the webhook of a workflow.
    Teams,
    /// Any other, by a webhook.
    Webhook,
}

/// How long a text is, or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Characters(usize),
    Bytes(usize),
}

impl Length {
    /// How long a text is, where it is longer than this.
    pub(super) fn exceeded_by(self, text: &str) -> Option<Self> {
        match self {
            Self::Characters(most) => {
                let count = text.chars().count();
                (count > most).then_some(Self::Characters(count))
            }
            Self::Bytes(most) => (text.len() > most).then_some(Self::Bytes(text.len())),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Characters(count) => write!(f, "{count} characters"),
            Self::Bytes(count) => write!(f, "{count} bytes"),
        }
    }
}

impl Service {
    /// As a checklist writes it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Mattermost => "mattermost",
            Self::Discord => "discord",
            Self::Teams => "teams",
            Self::Webhook => "webhook",
        }
    }

    /// How long a text may be that is posted whole, with those whom it calls, where the service says so.
    pub(super) fn most(self) -> Option<Length> {
        match self {
            // what is more is cut
            Self::Slack => Some(Length::Characters(40_000)),
            // what is more comes as another message
            Self::Mattermost => Some(Length::Characters(16_383)),
            Self::Discord => Some(Length::Characters(2_000)),
            // about 28 KB with the card around it, whose signs may take more room there
            Self::Teams => Some(Length::Bytes(20_000)),
            Self::Webhook => None,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Slack => "Slack",
            Self::Mattermost => "Mattermost",
            Self::Discord => "Discord",
            Self::Teams => "Teams",
            Self::Webhook => "the webhook",
        })
    }
}
