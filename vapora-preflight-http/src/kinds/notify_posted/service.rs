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

    /// How long a text may be that is posted whole, where the service says so.
    pub(super) fn most_characters(self) -> Option<usize> {
        match self {
            Self::Slack => Some(40_000),
            Self::Mattermost => Some(16_383),
            Self::Discord => Some(2_000),
            // 28 KB with the card around it
            Self::Teams => Some(20_000),
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
