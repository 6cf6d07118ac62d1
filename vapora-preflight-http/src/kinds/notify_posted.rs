//! `notify.posted`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Effect, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, SecretRef, TextOrSecret, async_trait,
};

mod answer;
mod body;
mod mattermost;
mod mention;
mod parameters;
mod service;
mod slack;

use self::{answer::Said, mention::Mention, service::Service};
use crate::{
    BodySource, HttpClient, HttpMethod, HttpRequest, HttpUrl, StatusSet,
    param::{ClientCertificate, Message, Method, Sender},
    secret_url::SecretUrl,
    template,
};

/// A message is posted to a chat, once.
///
/// It posts to Slack, Mattermost, Discord, Microsoft Teams, or any other service that takes a webhook, and holds when
/// the service says that it took the message. It fails, and nothing is posted, where the text is empty, too long, or
/// still holds a placeholder such as `TODO`, and where the service refuses it: the webhook is gone, the channel is
/// archived.
///
/// What was posted is not posted again, however often the run is resumed, until the text or another parameter changes.
/// Where no answer came, or one that says nothing, the message may have been posted all the same: the check is an
/// error, and it is not posted again unless a person says so with `--repeat-effects`. When the service asks to wait, it
/// is asked again after that time if the check has a `retry`.
///
/// The URL of a webhook lets anybody post, so it is a secret, and is shown nowhere. Redirects are not followed.
///
/// Nobody is called but those in `mention`: what the text holds of the kind is sent so that it calls nobody, apart from the
/// names of people for Mattermost.
///
/// Teams hands a message over to a workflow (`When a Teams webhook request is received`) and says no more than that it took
/// it: whether the workflow has posted it, a look at the channel tells. The connectors of Office 365 are retired, and do not
/// answer in this way.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyPosted {
    /// Where the message goes: `slack`, `mattermost`, `discord`, `teams`, or `webhook` for any other service.
    service: Service,
    /// The URL of the webhook, which is a secret.
    webhook: Option<SecretRef>,
    /// For Slack, in place of a webhook: the token of a bot (`xoxb-…`) that may write to `channel`.
    token: Option<SecretRef>,
    /// The channel. It goes with the token of a bot for Slack, and is another than the webhook's own for Mattermost;
    /// elsewhere the webhook decides.
    channel: Option<String>,
    /// Where the Web API of Slack answers, for a bot.
    #[serde(default = "slack_api")]
    api: HttpUrl,
    /// The document of the checklist that is sent, such as `message.start`.
    document: Option<String>,
    /// The text that is sent, in place of a document.
    text: Option<String>,
    /// Who is called: for Slack `here`, `channel`, `everyone` or the id of a person (`U…`) or group (`S…`); for Mattermost
    /// `here`, `channel`, `all` or the name of a person or group; for Discord `here`, `everyone`, the id of a person, or
    /// `role:` and the id of a role; for Teams a person as `Ada <ada@example.com>`, by the name to sign in with or the
    /// object id of Microsoft Entra.
    #[serde(default)]
    mention: Vec<String>,
    /// For `webhook`: how the message is handed over, `POST` or `PUT`.
    #[serde(default)]
    method: Method,
    /// For `webhook`: headers to send, each a text or a secret.
    #[serde(default)]
    headers: BTreeMap<String, TextOrSecret>,
    /// For `webhook`: what is sent, a text or a table that is sent as JSON. `$text` in it stands for the message,
    /// `$check` for the name of the check, and `$release` for the release.
    #[serde(default = "body::plain")]
    body: BodySource,
    /// For `webhook`: the statuses that say that the message was taken.
    #[serde(default)]
    status: StatusSet,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM.
    client_certificate: Option<ClientCertificate>,
}

fn slack_api() -> HttpUrl {
    HttpUrl::constant("https://slack.com/api")
}

/// A message on its way.
struct Sending {
    request: HttpRequest,
    /// The webhook that it goes to; none for a bot.
    webhook: Option<SecretUrl>,
}

impl Sending {
    /// A text of the service without what it repeats of the webhook.
    fn hide(&self, text: &str) -> String {
        self.webhook.as_ref().map_or_else(|| text.to_owned(), |webhook| webhook.hide(text))
    }

    fn host(&self, check: &NotifyPosted) -> String {
        let of_api = || check.api.0.host_str().unwrap_or_default().to_owned();
        self.webhook.as_ref().map_or_else(of_api, |webhook| webhook.host().to_owned())
    }
}

impl NotifyPosted {
    fn message(&self) -> Message<'_> {
        Message { document: self.document.as_deref(), text: self.text.as_deref() }
    }

    /// What this message is called in messages about it.
    fn name(&self) -> String {
        self.message().name()
    }

    fn finding(&self, summary: impl Into<String>, text: &str) -> Finding {
        Finding::new(summary)
            .with("service", self.service.word())
            .with("channel", self.channel.clone())
            .with("posted", false)
            .with("id", None::<String>)
            .with("at", None::<String>)
            .with("status", None::<u32>)
            .with("characters", text.chars().count())
            .with("text", text.chars().take(1_000).collect::<String>())
    }

    /// What keeps a text from being posted.
    fn unfit(&self, text: &str) -> Option<Outcome> {
        let unfinished = self.message().unfinished(text, |summary| self.finding(summary, text));
        if unfinished.is_some() {
            return unfinished;
        }
        let most = self.service.most()?;
        let length = most.exceeded_by(&body::written(self.service, text, &self.mentions()))?;
        let summary = format!("{} is too long for {}, and is not posted", self.name(), self.service);
        let finding = self.finding(summary, text).expected(format!("no more than {most}"));
        Some(Outcome::Fail(finding.actual(length.to_string()).remedy("say less, and link to the rest")))
    }

    /// Those who are called; who cannot be is told where the checklist is read.
    fn mentions(&self) -> Vec<Mention> {
        self.mention.iter().filter_map(|word| mention::read(self.service, word).ok()).collect()
    }

    fn sending(&self, cx: &CheckContext, text: &str) -> Result<Sending, CheckError> {
        if let Some(token) = &self.token {
            let request = HttpRequest::new(HttpMethod::Post, &self.api.below("chat.postMessage"));
            let request = self.sender().sign(request.bearer(&cx.secret(token)?), cx)?;
            let request = request.body(&self.payload(cx, text)).acts();
            return Ok(Sending { request, webhook: None });
        }
        let Some(secret) = &self.webhook else {
            return Err(CheckError::permanent("no webhook is named"));
        };
        let mut webhook = SecretUrl::resolve(cx, secret, "the webhook")?;
        if self.service == Service::Discord {
            // so that the answer says whether the message was kept
            webhook = webhook.with("wait", "true");
        }
        let request = self.sender().sign(HttpRequest::new(self.method.get(), webhook.url()), cx)?;
        Ok(Sending { request: request.body(&self.payload(cx, text)).acts(), webhook: Some(webhook) })
    }

    fn sender(&self) -> Sender<'_> {
        let client_certificate = self.client_certificate.as_ref();
        Sender { headers: &self.headers, bearer: None, basic: None, client_certificate }
    }

    fn payload(&self, cx: &CheckContext, text: &str) -> BodySource {
        let mentions = self.mentions();
        match self.service {
            Service::Slack => body::slack(text, &mentions, self.token.as_ref().and(self.channel.as_deref())),
            Service::Mattermost => body::mattermost(text, &mentions, self.channel.as_deref()),
            Service::Discord => body::discord(text, &mentions),
            Service::Teams => body::teams(text, &mentions),
            Service::Webhook => {
                let release = cx.deployment().release.as_ref().map(ToString::to_string).unwrap_or_default();
                template::filled(
                    &self.body,
                    &[("text", text), ("check", cx.id().as_str()), ("release", &release)],
                )
            }
        }
    }
}

#[async_trait]
impl Check for NotifyPosted {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let text = self.message().written(cx);
        if let Some(outcome) = self.unfit(&text) {
            return Ok(outcome);
        }
        let client = cx.resource::<HttpClient>()?;
        let sending = self.sending(cx, &text)?;
        cx.doing(format!("waiting for {} to take the message", self.service));
        let look = "look whether the message is there; if it is not, run the check by its id with `--repeat-effects`";
        let answer = client.fetch(sending.request.clone()).await.map_err(|error| {
            match error.report().remedy.clone() {
                _ if !error.report().uncertain => error,
                Some(first) => error.remedy(format!("{first}; {look}")),
                None => error.remedy(look),
            }
        })?;
        let named = format!("{} at `{}`", self.service, sending.host(self));
        let finding =
            |summary: String| self.finding(summary, &text).with("status", u32::from(answer.status()));
        match answer::judge(self, &answer) {
            Said::Posted { id, channel } => {
                let place = channel.clone().or_else(|| self.channel.clone());
                let summary = match (&self.channel, self.service) {
                    (_, Service::Teams) => format!("{named} took {} for its workflow", self.name()),
                    (Some(channel), _) => {
                        format!("{} is posted to `{channel}` on {}", self.name(), self.service)
                    }
                    (None, _) => format!("{named} took {}", self.name()),
                };
                let finding = finding(summary).with("posted", true).with("id", id).with("channel", place);
                Ok(Outcome::Pass(finding.with("at", cx.now())))
            }
            Said::Refused { why, remedy } => {
                let why = sending.hide(&why);
                let finding = finding(format!("{named} did not take {}: {why}", self.name()));
                let status = answer.status_text();
                let actual = if why == status { status } else { format!("{status}: {why}") };
                Ok(Outcome::Fail(finding.expected("a message that is posted").actual(actual).remedy(remedy)))
            }
            Said::Busy { pause } => {
                let error = CheckError::transient(format!("{named} asks to wait before the next message"));
                Err(match pause {
                    Some(pause) => error.retry_after(pause),
                    None => error,
                }
                .remedy("give the check a `retry`, or run it again later; the message was not posted"))
            }
            Said::Unavailable { why } => {
                let why = sending.hide(&why);
                Err(CheckError::transient(format!("{named} could not take the message now: {why}")))
            }
            Said::Unclear { why } => {
                let why = sending.hide(&why);
                let message = format!("{named} does not say whether it took the message: {why}");
                Err(CheckError::transient(message).uncertain().remedy(look))
            }
        }
    }
}

impl Kind for NotifyPosted {
    const NAME: &'static str = "notify.posted";
    const EFFECT: Effect = Effect::Notifies;
    const EXAMPLE: &'static str = r#"
[message.starting]
text = "Deployment starting in 5 minutes"

[check.announce-start]
kind     = "notify.posted"
service  = "slack"
webhook  = { env = "SLACK_WEBHOOK_URL" }
document = "message.starting"
mention  = ["here"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "service", about: "the service, as `service` names it" },
            EvidenceField {
                name: "channel",
                about: "the channel as it was named or as the service says it, or none",
            },
            EvidenceField { name: "posted", about: "whether the service took the message" },
            EvidenceField { name: "id", about: "what the service calls the message, or none" },
            EvidenceField { name: "at", about: "when the message was taken, or none" },
            EvidenceField {
                name: "status",
                about: "the status of the answer, or none where nothing was sent",
            },
            EvidenceField { name: "characters", about: "how many characters the text has" },
            EvidenceField { name: "text", about: "the text, cut to 1,000 characters" },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        if let Some(document) = &self.document {
            needs.document(document);
        }
    }

    fn validate(&self, problems: &mut Problems) {
        self.message().validate(problems);
        self.check_way(problems);
        self.check_mentions(problems);
        self.check_webhook(problems);
    }
}
