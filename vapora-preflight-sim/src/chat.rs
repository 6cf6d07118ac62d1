//! Services that take messages, simulated from their documentation.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
    routing,
};
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::{faults::Faults, ids::Ids, peer::Peer};

mod replies;

/// A message that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatMessage {
    /// `slack`, `slack-api`, `mattermost`, `discord`, `teams` or `webhook`.
    pub service: &'static str,
    /// The body, where it is JSON; else its text.
    pub body: Value,
}

/// What is wrong with where the messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChatTrouble {
    /// The webhook was taken away, or the token of the bot was.
    Gone,
    /// The channel is archived, or is no more.
    Archived,
    /// Nobody may post there.
    Prohibited,
    /// Webhooks are turned off for all of the service.
    Disabled,
    /// Too many messages: the sender is to wait so many seconds.
    RateLimited(u32),
    /// Something broke inside, after the message was taken or before.
    Broken,
}

/// The webhooks of Slack, Mattermost, Discord and Teams, `chat.postMessage` of Slack, and a webhook of no particular
/// service, over HTTP on 127.0.0.1. It stops when this is dropped.
///
/// The answers follow the services' public documentation as of 2026:
///
/// - Slack: "Improving error conditions for Incoming Webhooks"
///   (`https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks`), "Rate limits"
///   (`https://docs.slack.dev/apis/web-api/rate-limits`), "Formatting message text", and the errors of `chat.postMessage`.
/// - Mattermost: "Incoming webhooks" (`https://developers.mattermost.com/integrate/webhooks/incoming/`), and the words and
///   statuses of its errors after `server/channels/app/webhook.go`.
/// - Discord: "Webhook Resource", "Rate Limits" and "Opcodes and Status Codes" (`https://docs.discord.com/developers`).
/// - Teams: "Create Incoming Webhooks" and "Format cards in Teams" (`https://learn.microsoft.com/microsoftteams/platform`). What a
///   workflow answers besides 202 is that of the request trigger of Azure Logic Apps, from memory.
///
/// ```
/// use vapora_preflight_sim::{Chat, ChatTrouble};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let chat = Chat::serve().await?;
/// assert!(chat.slack_webhook().starts_with("http://127.0.0.1:"));
/// chat.set_trouble(Some(ChatTrouble::Archived));
/// assert!(chat.messages().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Chat {
    peer: Peer,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    key: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trouble: Option<ChatTrouble>,
    messages: Vec<ChatMessage>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a message, and gives its number from one.
    fn keep(&self, service: &'static str, body: Value) -> usize {
        let mut state = self.state();
        state.messages.push(ChatMessage { service, body });
        state.messages.len()
    }

    fn trouble(&self) -> Option<ChatTrouble> {
        self.state().trouble
    }
}

type Kept = Shared<Arc<Inner>>;

async fn slack(
    Shared(inner): Kept,
    Path((_, _, key)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    if key != inner.key {
        return replies::text(404, "no_service");
    }
    match inner.trouble() {
        Some(ChatTrouble::Gone) => return replies::text(404, "no_service"),
        Some(ChatTrouble::Archived) => return replies::text(410, "channel_is_archived"),
        Some(ChatTrouble::Prohibited) => return replies::text(403, "action_prohibited"),
        Some(ChatTrouble::Disabled) => return replies::text(403, "team_disabled"),
        Some(ChatTrouble::RateLimited(seconds)) => {
            return replies::wait(replies::text(429, "rate_limited"), seconds);
        }
        Some(ChatTrouble::Broken) => return replies::text(500, "rollup_error"),
        None => {}
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return replies::text(400, "invalid_payload");
    };
    if message["text"].as_str().is_none_or(str::is_empty) && message["blocks"].is_null() {
        return replies::text(400, "no_text");
    }
    inner.keep("slack", message);
    replies::text(200, "ok")
}

async fn slack_api(Shared(inner): Kept, headers: HeaderMap, body: Bytes) -> Response {
    let error = |word: &str| replies::json(200, json!({ "ok": false, "error": word }));
    match inner.trouble() {
        Some(ChatTrouble::Gone) => return error("account_inactive"),
        Some(ChatTrouble::Archived) => return error("is_archived"),
        Some(ChatTrouble::Prohibited | ChatTrouble::Disabled) => return error("restricted_action"),
        Some(ChatTrouble::RateLimited(seconds)) => {
            return replies::wait(
                replies::json(429, json!({ "ok": false, "error": "ratelimited" })),
                seconds,
            );
        }
        Some(ChatTrouble::Broken) => return error("internal_error"),
        None => {}
    }
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match token.and_then(|value| value.strip_prefix("Bearer ")) {
        None => return error("not_authed"),
        Some(token) if token != Chat::token_of(&inner.key) => return error("invalid_auth"),
        Some(_) => {}
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else { return error("invalid_json") };
    if message["channel"] != "#deployments" && message["channel"] != "C024BE91L" {
        return error("channel_not_found");
    }
    if message["text"].as_str().is_none_or(str::is_empty) {
        return error("no_text");
    }
    let text = message["text"].clone();
    let number = inner.keep("slack-api", message);
    let ts = format!("1796133600.{number:06}");
    let posted = json!({ "bot_id": "B019BE91L", "type": "message", "text": text, "ts": ts });
    replies::json(200, json!({ "ok": true, "channel": "C024BE91L", "ts": ts, "message": posted }))
}

async fn mattermost(Shared(inner): Kept, Path(key): Path<String>, body: Bytes) -> Response {
    let error = |code: u16, id: &str, message: &str| {
        let body = json!({ "id": id, "message": message, "detailed_error": "",
            "request_id": "9x8w7v6u5t4s3r2q1p", "status_code": code });
        replies::json(code, body)
    };
    if key != inner.key {
        return error(400, "web.incoming_webhook.invalid.app_error", "Invalid webhook.");
    }
    match inner.trouble() {
        Some(ChatTrouble::Gone) => {
            return error(400, "web.incoming_webhook.invalid.app_error", "Invalid webhook.");
        }
        Some(ChatTrouble::Archived) => {
            let id = "api.post.create_post.can_not_post_to_deleted.error";
            return error(400, id, "Can not post to deleted channel.");
        }
        Some(ChatTrouble::Prohibited) => {
            return error(
                403,
                "web.incoming_webhook.permissions.app_error",
                "Inappropriate channel permissions.",
            );
        }
        Some(ChatTrouble::Disabled) => {
            let message = "Incoming webhooks have been disabled by the system admin.";
            return error(501, "web.incoming_webhook.disabled.app_error", message);
        }
        Some(ChatTrouble::RateLimited(seconds)) => {
            let mut answer = replies::text(429, "limit exceeded");
            answer.headers_mut().insert("x-ratelimit-reset", seconds.into());
            return answer;
        }
        Some(ChatTrouble::Broken) => {
            return error(
                500,
                "api.post.create_post.app_error",
                "An error occurred while creating the post.",
            );
        }
        None => {}
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return error(400, "web.incoming_webhook.parse.app_error", "Unable to parse incoming data.");
    };
    if message["text"].as_str().is_none_or(str::is_empty) {
        return error(400, "web.incoming_webhook.text.app_error", "No text specified.");
    }
    inner.keep("mattermost", message);
    replies::text(200, "ok")
}

async fn discord(
    Shared(inner): Kept,
    Path((_, key)): Path<(String, String)>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let error = |code: u16, number: u32, message: &str| {
        replies::json(code, json!({ "message": message, "code": number }))
    };
    if key != inner.key {
        return error(401, 50_027, "Invalid Webhook Token");
    }
    match inner.trouble() {
        Some(ChatTrouble::Gone) => return error(404, 10_015, "Unknown Webhook"),
        Some(ChatTrouble::Archived) => return error(404, 10_003, "Unknown Channel"),
        Some(ChatTrouble::Prohibited | ChatTrouble::Disabled) => return error(403, 50_001, "Missing Access"),
        Some(ChatTrouble::RateLimited(seconds)) => {
            let body = json!({ "message": "You are being rate limited.", "retry_after": f64::from(seconds) + 0.65,
                "global": false });
            let mut answer = replies::json(429, body);
            answer.headers_mut().insert("x-ratelimit-scope", header::HeaderValue::from_static("user"));
            return replies::wait(answer, seconds + 1);
        }
        Some(ChatTrouble::Broken) => return error(500, 0, "500: Internal Server Error"),
        None => {}
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return error(400, 50_109, "The request body contains invalid JSON.");
    };
    match message["content"].as_str().map_or(0, |text| text.chars().count()) {
        0 => return error(400, 50_006, "Cannot send an empty message"),
        1..=2_000 => {}
        _ => {
            let long =
                json!({ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." });
            let body = json!({ "message": "Invalid Form Body", "code": 50_035,
                "errors": { "content": { "_errors": [long] } } });
            return replies::json(400, body);
        }
    }
    let content = message["content"].clone();
    let number = inner.keep("discord", message);
    if !uri.query().unwrap_or_default().split('&').any(|pair| pair == "wait=true") {
        return StatusCode::NO_CONTENT.into_response();
    }
    let id = format!("1181{number:015}");
    replies::json(200, json!({ "id": id, "type": 0, "content": content, "channel_id": "199737254929760256" }))
}

async fn teams(Shared(inner): Kept, uri: Uri, body: Bytes) -> Response {
    let error = |code: u16, word: &str, message: &str| {
        replies::json(code, json!({ "error": { "code": word, "message": message } }))
    };
    let signature = format!("sig={}", inner.key);
    if !uri.query().unwrap_or_default().split('&').any(|pair| pair == signature) {
        let message = "The request must be authenticated only by Shared Access scheme.";
        return error(401, "DirectApiAuthorizationRequired", message);
    }
    match inner.trouble() {
        Some(ChatTrouble::Gone | ChatTrouble::Archived) => {
            return error(404, "WorkflowNotFound", "The workflow could not be found.");
        }
        Some(ChatTrouble::Prohibited | ChatTrouble::Disabled) => {
            return error(400, "WorkflowTriggerIsNotEnabled", "The workflow is in the state 'Disabled'.");
        }
        Some(ChatTrouble::RateLimited(seconds)) => {
            let answer = error(429, "WorkflowTriggerThrottled", "The request was throttled.");
            return replies::wait(answer, seconds);
        }
        Some(ChatTrouble::Broken) => {
            return error(502, "NoResponse", "The server did not receive a response.");
        }
        None => {}
    }
    let card = serde_json::from_slice::<Value>(&body).ok().filter(|message| {
        let content = &message["attachments"][0];
        content["contentType"] == "application/vnd.microsoft.card.adaptive"
            && content["content"]["type"] == "AdaptiveCard"
    });
    let Some(card) = card else {
        let message =
            "The input body for trigger 'manual' of type 'Request' did not match its schema definition.";
        return error(400, "TriggerInputSchemaMismatch", message);
    };
    inner.keep("teams", card);
    let mut answer = StatusCode::ACCEPTED.into_response();
    let run = header::HeaderValue::from_static("08584685283671409712");
    answer.headers_mut().insert("x-ms-workflow-run-id", run);
    answer
}

async fn webhook(Shared(inner): Kept, Path(key): Path<String>, body: Bytes) -> Response {
    if key != inner.key {
        return replies::text(404, &format!("there is nothing at /any/{key}"));
    }
    match inner.trouble() {
        Some(ChatTrouble::Gone | ChatTrouble::Archived) => {
            return replies::text(404, "there is no such hook");
        }
        Some(ChatTrouble::Prohibited | ChatTrouble::Disabled) => {
            return replies::text(403, "you may not post");
        }
        Some(ChatTrouble::RateLimited(seconds)) => {
            return replies::wait(replies::text(429, "too many"), seconds);
        }
        Some(ChatTrouble::Broken) => return replies::text(500, "something broke"),
        None => {}
    }
    let text = || String::from_utf8_lossy(&body).into_owned().into();
    inner.keep("webhook", serde_json::from_slice(&body).unwrap_or_else(|_| text()));
    StatusCode::CREATED.into_response()
}

/// What a fault with a status code looks like.
fn failure(code: u16) -> http::Response<Body> {
    replies::text(
        code,
        StatusCode::from_u16(code).ok().and_then(|it| it.canonical_reason()).unwrap_or("error"),
    )
}

impl Chat {
    /// Serves over plain HTTP on a free port.
    pub async fn serve() -> io::Result<Self> {
        let key = Ids::seeded("chat").suffix(24);
        let inner = Arc::new(Inner { key, state: Mutex::default() });
        let router = Router::new()
            .route("/services/{team}/{hook}/{key}", routing::post(slack))
            .route("/api/chat.postMessage", routing::post(slack_api))
            .route("/hooks/{key}", routing::post(mattermost))
            .route("/api/webhooks/{id}/{key}", routing::post(discord))
            .route("/workflows/release/triggers/manual/paths/invoke", routing::post(teams))
            .route("/any/{key}", routing::post(webhook).put(webhook))
            .with_state(Arc::clone(&inner));
        let peer = Peer::serve(router).await?;
        peer.fail_with(failure);
        Ok(Self { peer, inner })
    }

    /// The URL of the incoming webhook of Slack, with its secret.
    pub fn slack_webhook(&self) -> String {
        format!("{}/services/T024BE7LD/B019BE91L/{}", self.peer.url(), self.inner.key)
    }

    /// The address of the Web API of Slack.
    pub fn slack_api(&self) -> String {
        format!("{}/api", self.peer.url())
    }

    fn token_of(key: &str) -> String {
        format!("xoxb-{key}")
    }

    /// The token of the bot of Slack, which is a member of `#deployments`.
    pub fn slack_token(&self) -> String {
        Self::token_of(&self.inner.key)
    }

    /// The URL of the incoming webhook of Mattermost, with its secret.
    pub fn mattermost_webhook(&self) -> String {
        format!("{}/hooks/{}", self.peer.url(), self.inner.key)
    }

    /// The URL of the webhook of Discord, with its secret.
    pub fn discord_webhook(&self) -> String {
        format!("{}/api/webhooks/223704706495545344/{}", self.peer.url(), self.inner.key)
    }

    /// The URL of the webhook of a workflow of Teams, with its secret.
    pub fn teams_webhook(&self) -> String {
        let path = "workflows/release/triggers/manual/paths/invoke?api-version=2016-06-01";
        format!("{}/{path}&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={}", self.peer.url(), self.inner.key)
    }

    /// The URL of a webhook of no particular service, with its secret.
    pub fn webhook(&self) -> String {
        format!("{}/any/{}", self.peer.url(), self.inner.key)
    }

    /// The secret that is in all of these.
    pub fn key(&self) -> &str {
        &self.inner.key
    }

    /// What is wrong from now on, with all of them.
    pub fn set_trouble(&self, trouble: Option<ChatTrouble>) {
        self.inner.state().trouble = trouble;
    }

    /// The messages that were taken, in their order.
    pub fn messages(&self) -> Vec<ChatMessage> {
        self.inner.state().messages.clone()
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        self.peer.faults()
    }

    /// The server itself, with the requests it was asked.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }
}
