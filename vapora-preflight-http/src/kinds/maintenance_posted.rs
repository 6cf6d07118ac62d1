//! `statuspage.maintenance_posted`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{
    Check, CheckContext, CheckResult, Effect, EvidenceField, Finding, Kind, Outcome, Problems, Requirements,
    SecretRef, TextOrSecret, async_trait,
};

mod cachet;
mod entry;
mod page;
mod parameters;
mod statuspage;
mod webhook;

use self::{
    entry::Entry,
    page::{Page, Sent},
};
use crate::{
    BodySource, HttpUrl, StatusSet,
    param::{ClientCertificate, Message, Method, Sender, Window},
};

/// The maintenance is announced on the status page, once.
///
/// It posts a scheduled maintenance over the window of the deployment to Atlassian Statuspage, to Cachet, or to any
/// other service that takes a webhook, and reads it back: it holds when the page shows it with its name and its window.
/// One of the same name and window that is there already is found, and is not posted again.
///
/// It fails, and nothing is posted, where the text is empty or still holds a placeholder, and where the window is over.
/// It fails too where the service refuses it, or shows something else than what was posted. Where no answer came to the
/// posting and the page does not show it, it may come later all the same: the check is an error, and it is not posted
/// again unless a person says so with
/// `--repeat-effects`.
///
/// Cachet says its times without a zone, in the time zone that it is configured for: name it in `zone`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenancePosted {
    /// What keeps the status page: `statuspage` for Atlassian Statuspage, `cachet` for Cachet 3, `cachet_v2` for Cachet
    /// 2, or `webhook` for any other service.
    service: Service,
    /// Where the service answers: for Cachet its address up to `/api`; Statuspage has one of its own.
    api: Option<HttpUrl>,
    /// For Statuspage: the id of the page.
    page_id: Option<String>,
    /// The key of Statuspage, or the token of Cachet.
    token: Option<SecretRef>,
    /// What the maintenance is called. With the window it tells it from others, so it should name the release.
    name: String,
    /// The document of the checklist that says what people have to know, such as `message.maintenance`.
    document: Option<String>,
    /// That text, in place of a document.
    text: Option<String>,
    /// The ids of the components that are maintained, for Statuspage and Cachet. Statuspage shows them as under maintenance while
    /// it goes on, and not before. Cachet 3 has to know that state, and Cachet 2 may leave it out.
    #[serde(default)]
    components: Vec<String>,
    /// The window of the maintenance, in place of that of the deployment.
    window: Option<Window>,
    /// For Cachet: the time zone that it is configured for, as in `Europe/Madrid`.
    zone: Option<String>,
    /// For Statuspage: whether the subscribers of the page are told.
    #[serde(default = "yes")]
    tell_subscribers: bool,
    /// For Statuspage: whether the maintenance and its components begin and end by themselves as the window does.
    #[serde(default = "yes")]
    automatic: bool,
    /// For `webhook`: the URL that takes the maintenance, which is a secret.
    webhook: Option<SecretRef>,
    /// For `webhook`: how it is handed over, `POST` or `PUT`.
    #[serde(default)]
    method: Method,
    /// For `webhook`: headers to send, each a text or a secret.
    #[serde(default)]
    headers: BTreeMap<String, TextOrSecret>,
    /// For `webhook`: what is sent, a text or a table that is sent as JSON, in which `$name`, `$text`, `$opens` and
    /// `$closes` are filled in.
    #[serde(default = "webhook::plain")]
    body: BodySource,
    /// For `webhook`: the statuses that say that it was taken.
    #[serde(default)]
    status: StatusSet,
    /// For `webhook`: the page on which the name of the maintenance is seen once it is posted.
    seen_at: Option<HttpUrl>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM.
    client_certificate: Option<ClientCertificate>,
}

/// What keeps a status page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Service {
    /// Atlassian Statuspage.
    Statuspage,
    /// Cachet 3.
    Cachet,
    /// Cachet 2.
    CachetV2,
    /// Any other, by a webhook.
    Webhook,
}

impl Service {
    /// As a checklist writes it.
    fn word(self) -> &'static str {
        match self {
            Self::Statuspage => "statuspage",
            Self::Cachet => "cachet",
            Self::CachetV2 => "cachet_v2",
            Self::Webhook => "webhook",
        }
    }
}

fn yes() -> bool {
    true
}

impl MaintenancePosted {
    fn message(&self) -> Message<'_> {
        Message { document: self.document.as_deref(), text: self.text.as_deref() }
    }

    fn finding(&self, summary: String, window: Window, entry: Option<&Entry>, posted: bool) -> Finding {
        Finding::new(summary)
            .with("service", self.service.word())
            .with("name", self.name.trim())
            .with("opens", window.opens)
            .with("closes", window.closes)
            .with("posted", posted)
            .with("id", entry.map(|entry| entry.id.clone()))
            .with("state", entry.and_then(|entry| entry.state.clone()))
            .with("url", entry.and_then(|entry| entry.url.clone()))
    }

    fn sender(&self) -> Sender<'_> {
        let client_certificate = self.client_certificate.as_ref();
        Sender { headers: &self.headers, bearer: None, basic: None, client_certificate }
    }

    /// Whether the page shows what was posted.
    fn judge(&self, window: Window, entry: &Entry, page: &Page<'_>, posted: bool) -> Outcome {
        let name = self.name.trim();
        let finding = |summary: String| self.finding(summary, window, Some(entry), posted);
        if !entry.is_open() || !entry.is(name, window) {
            return Outcome::Fail(
                finding(format!("{page} does not show `{name}` as it was posted"))
                    .expected(Entry::wanted(name, window))
                    .actual(entry.to_string())
                    .remedy("look at the page, and put it right there"),
            );
        }
        let how = if posted { "is posted to" } else { "is already on" };
        Outcome::Pass(finding(format!("`{name}` {how} {page}")))
    }
}

#[async_trait]
impl Check for MaintenancePosted {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let window = Window::of(self.window, cx)?;
        let text = self.message().written(cx);
        let not_sent = |summary: String| self.finding(summary, window, None, false);
        if let Some(outcome) = self.message().unfinished(&text, not_sent) {
            return Ok(outcome);
        }
        if window.closes <= cx.now() {
            let finding = not_sent("the window is over, and no maintenance is posted".to_owned());
            let finding = finding.expected("a window to come").actual(window.closes.to_minute());
            return Ok(Outcome::Fail(finding.remedy("give the deployment its new window")));
        }
        let page = Page::new(self, window, text, cx)?;
        cx.doing(format!("looking whether the maintenance is on {page}"));
        if let Some(found) = page.find().await? {
            let shown = page.read(&found.id).await?;
            return Ok(self.judge(window, &shown, &page, false));
        }
        cx.doing(format!("posting the maintenance to {page}"));
        let id = match page.post().await {
            Ok(Sent::Posted(id)) => id,
            Ok(Sent::Refused { why, status }) => {
                let finding =
                    self.finding(format!("{page} did not take the maintenance: {why}"), window, None, false);
                let finding =
                    finding.expected("a maintenance that is posted").actual(format!("{status}: {why}"));
                return Ok(Outcome::Fail(finding.remedy("see the answer, and the settings of the page")));
            }
            // it may have come about all the same, and then it is there
            Err(lost) if lost.report().uncertain => match page.find().await {
                Ok(Some(found)) => found.id,
                _ => {
                    return Err(lost.remedy(
                        "look at the page; if the maintenance is not there, run the check by its id with `--repeat-effects`",
                    ));
                }
            },
            Err(error) => return Err(error),
        };
        cx.doing(format!("reading the maintenance back from {page}"));
        let shown = page.read(&id).await.map_err(|error| match self.service {
            // a page may show it late, and is no proof that it was not taken
            Service::Webhook => error.uncertain().remedy(
                "the webhook took the maintenance; see why the page does not show it, and post it again with \
                 `--repeat-effects` only if it was lost",
            ),
            _ => error.remedy(
                "the maintenance is posted and could not be read back; run the check again, which finds it",
            ),
        })?;
        Ok(self.judge(window, &shown, &page, true))
    }
}

impl Kind for MaintenancePosted {
    const NAME: &'static str = "statuspage.maintenance_posted";
    const EFFECT: Effect = Effect::Notifies;
    const EXAMPLE: &'static str = r#"
[message.maintenance]
text = "Deployment at 14:00 UTC. Expected duration: 10 minutes."

[check.maintenance-mode]
kind     = "statuspage.maintenance_posted"
service  = "statuspage"
page_id  = "gytm4qzbx9t6"
token    = { env = "STATUSPAGE_KEY" }
name     = "Release 1.4.0"
document = "message.maintenance"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "service", about: "the service, as `service` names it" },
            EvidenceField { name: "name", about: "what the maintenance is called" },
            EvidenceField { name: "opens", about: "when its window opens" },
            EvidenceField { name: "closes", about: "when its window closes" },
            EvidenceField { name: "posted", about: "whether it was posted now; not where it was found" },
            EvidenceField { name: "id", about: "what the service calls it, or none" },
            EvidenceField { name: "state", about: "its state as the service says it, or none" },
            EvidenceField { name: "url", about: "where people see it, or none" },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        if let Some(document) = &self.document {
            needs.document(document);
        }
    }

    fn validate(&self, problems: &mut Problems) {
        self.message().validate(problems);
        Window::validate(self.window, problems);
        self.check_place(problems);
        self.check_webhook(problems);
    }
}
