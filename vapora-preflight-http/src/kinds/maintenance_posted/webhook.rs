//! Any other service, by a webhook and the page on which it is seen.

use serde_json::json;
use vapora_preflight::CheckError;

use super::{
    Entry,
    page::{Page, Sent},
};
use crate::{BodySource, HttpRequest, secret_url::SecretUrl, template};

/// What a webhook is sent where the checklist does not say it.
pub(super) fn plain() -> BodySource {
    let body = json!({ "name": "$name", "text": "$text", "opens": "$opens", "closes": "$closes" });
    BodySource::Table(body.as_object().cloned().unwrap_or_default())
}

/// The maintenance where the page shows its name.
pub(super) async fn look(page: &Page<'_>) -> Result<Option<Entry>, CheckError> {
    let Some(seen_at) = &page.check.seen_at else {
        return Err(CheckError::permanent("no `seen_at` is named"));
    };
    let answer = page.ask(HttpRequest::get(seen_at)).await?;
    let text = answer.text().ok_or_else(|| answer.unreadable("a page of text"))?;
    if text.trim().is_empty() {
        return Err(CheckError::transient(format!("{page} is empty")));
    }
    Ok(text.contains(page.name()).then(|| Entry {
        id: page.name().to_owned(),
        name: page.name().to_owned(),
        opens: None,
        closes: None,
        state: None,
        url: Some(seen_at.to_string()),
    }))
}

pub(super) async fn post(page: &Page<'_>) -> Result<Sent, CheckError> {
    let check = page.check;
    let Some(secret) = &check.webhook else { return Err(CheckError::permanent("no webhook is named")) };
    let webhook = SecretUrl::resolve(page.cx, secret, "the webhook")?;
    let (opens, closes) = (page.window.opens.to_string(), page.window.closes.to_string());
    let values = [("name", page.name()), ("text", &page.text), ("opens", &opens), ("closes", &closes)];
    let request = HttpRequest::new(check.method.get(), webhook.url());
    let request = check.sender().sign(request, page.cx)?.body(&template::filled(&check.body, &values));
    let answer = page.send(request).await?;
    if check.status.holds(answer.status()) {
        return Ok(Sent::Posted(page.name().to_owned()));
    }
    let why = answer.first_line().unwrap_or_else(|| "it gives no reason".to_owned());
    Ok(Sent::Refused { why: webhook.hide(&why), status: answer.status_text() })
}
