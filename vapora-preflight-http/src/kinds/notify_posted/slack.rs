//! What is particular to Slack.

/// A text in which nothing calls anybody or leads anywhere, as Slack has it escaped.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What to do about an error of a webhook or of `chat.postMessage`.
pub(super) fn remedy(error: &str) -> &'static str {
    match error {
        "no_service" | "no_service_id" | "no_active_hooks" | "no_team" | "team_disabled"
        | "invalid_token" => {
            "the webhook is gone; make another in the settings of the Slack app, and hand over its URL"
        }
        "channel_is_archived" | "is_archived" => "unarchive the channel, or post to another",
        "channel_not_found" => "check the channel; a bot sees a private one only as its member",
        "not_in_channel" => "invite the bot to the channel, with `/invite`",
        "action_prohibited" | "posting_to_general_channel_denied" | "restricted_action" => {
            "have an administrator of the workspace allow posting there"
        }
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "install the Slack app again, and hand over the new token of its bot"
        }
        "missing_scope" => "give the bot the scope `chat:write`, and install the app again",
        "msg_too_long" => "say less, and link to the rest",
        _ => "see the answer, and the settings of the Slack app",
    }
}

/// Whether an error of the Web API leaves open what was done before it.
pub(super) fn leaves_open(error: &str) -> bool {
    matches!(error, "internal_error" | "fatal_error" | "request_timeout")
}
