//! Webhooks: who is asked about a write, and what they answer.

use serde_json::Value;

use super::{Asking, rules};
use crate::cluster::{cel, lock, reply::Reply, status, write::Write};

/// What the webhook of an admission configuration answers. One whose answer nobody gave is not there: nothing listens
/// at its address.
///
/// ```
/// use vapora_preflight_sim::{Cluster, WebhookAnswer};
///
/// let cluster = Cluster::builder("staging").build();
/// cluster.answer_webhook("fridays.example.com", WebhookAnswer::Deny("no deployments on Fridays".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookAnswer {
    /// It has nothing against it, and says these warnings.
    Allow(Vec<String>),
    /// It denies it with this message, with the code 403.
    Deny(String),
    /// Its connections are refused.
    Unreachable,
}

/// Asks every webhook that is about the write.
pub(super) fn check(write: &mut Write<'_>, asking: &Asking<'_>) -> Result<(), Reply> {
    let configurations = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
    let webhooks: Vec<Value> = configurations
        .into_iter()
        .flat_map(|kind| asking.state.kind(kind))
        .flat_map(|configuration| configuration["webhooks"].as_array().into_iter().flatten())
        .filter(|webhook| {
            let subresource = write.target.subresource.as_deref();
            rules::named(&webhook["rules"], write.kind, subresource, asking.operation())
                && rules::selected(webhook, write.kind, asking)
        })
        .cloned()
        .collect();
    for webhook in webhooks {
        ask(write, asking, &webhook)?;
    }
    Ok(())
}

fn ask(write: &mut Write<'_>, asking: &Asking<'_>, webhook: &Value) -> Result<(), Reply> {
    let name = webhook["name"].as_str().unwrap_or_default();
    let names = super::policies::names(write, asking);
    for condition in webhook["matchConditions"].as_array().into_iter().flatten() {
        match cel::evaluate(condition["expression"].as_str().unwrap_or_default(), &names) {
            Ok(Value::Bool(true)) => {}
            Ok(_) => return Ok(()),
            Err(_) if webhook["failurePolicy"] == "Ignore" => return Ok(()),
            Err(error) => {
                let what = format!("failed to evaluate match conditions of webhook \"{name}\": {error}");
                return Err(status::internal_error(&what));
            }
        }
    }
    if write.tried() && !matches!(webhook["sideEffects"].as_str(), Some("None" | "NoneOnDryRun")) {
        return Err(status::bad_request(&format!("admission webhook \"{name}\" does not support dry run")));
    }
    let answer = lock(&write.cluster.0.webhooks).get(name).cloned();
    match answer.unwrap_or(WebhookAnswer::Unreachable) {
        WebhookAnswer::Allow(warnings) => {
            for warning in warnings {
                write.warn(warning);
            }
            Ok(())
        }
        WebhookAnswer::Deny(message) => Err(status::denied_by_webhook(name, &message, 403)),
        WebhookAnswer::Unreachable if webhook["failurePolicy"] == "Ignore" => Ok(()),
        WebhookAnswer::Unreachable => {
            let why = unreachable(webhook);
            Err(status::internal_error(&format!(
                "failed calling webhook \"{name}\": failed to call webhook: {why}"
            )))
        }
    }
}

/// Why nobody answers at the address of a webhook.
fn unreachable(webhook: &Value) -> String {
    let seconds = webhook["timeoutSeconds"].as_i64().unwrap_or(10);
    let client = &webhook["clientConfig"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(url) = client["url"].as_str() {
        let address = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
        return format!("Post \"{url}?timeout={seconds}s\": dial tcp {address}: connect: connection refused");
    }
    let service = &client["service"];
    let (name, namespace, path) =
        (text(&service["name"]), text(&service["namespace"]), text(&service["path"]));
    let port = service["port"].as_i64().unwrap_or(443);
    format!(
        "Post \"https://{name}.{namespace}.svc:{port}{path}?timeout={seconds}s\": service \"{name}\" not found"
    )
}
