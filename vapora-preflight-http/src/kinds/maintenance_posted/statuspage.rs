//! Atlassian Statuspage.

use serde::Deserialize;
use serde_json::json;
use vapora_preflight::{CheckError, ExposeSecret, SecretString, Timestamp};

use super::{
    Entry,
    page::{Page, Sent},
};
use crate::{BodySource, HttpAnswer, HttpMethod, HttpRequest, HttpUrl};

/// How many entries a page of a list holds.
const PER_PAGE: usize = 100;
/// How many pages are looked through.
const MOST_PAGES: usize = 10;

#[derive(Deserialize)]
struct Incident {
    id: String,
    name: String,
    status: String,
    scheduled_for: Option<Timestamp>,
    scheduled_until: Option<Timestamp>,
    shortlink: Option<String>,
}

impl From<Incident> for Entry {
    fn from(it: Incident) -> Self {
        Self {
            id: it.id,
            name: it.name,
            opens: it.scheduled_for,
            closes: it.scheduled_until,
            state: Some(it.status),
            url: it.shortlink,
        }
    }
}

fn place(page: &Page<'_>, path: &str, pairs: &[(&str, &str)]) -> Result<HttpUrl, CheckError> {
    let id = page.check.page_id.as_deref().unwrap_or_default();
    Ok(page.api()?.below(&format!("pages/{id}/{path}")).asking(pairs))
}

/// The request with the key, after the word that Statuspage has before it.
fn signed(page: &Page<'_>, request: HttpRequest) -> Result<HttpRequest, CheckError> {
    let Some(token) = &page.token else { return Ok(request) };
    request.secret_header("authorization", &SecretString::from(format!("OAuth {}", token.expose_secret())))
}

/// The maintenances that are to come or going on.
pub(super) async fn list(page: &Page<'_>) -> Result<Vec<Entry>, CheckError> {
    let mut all = Vec::new();
    for path in ["incidents/scheduled", "incidents/active_maintenance"] {
        for number in 1.. {
            let (number, per_page) = (number.to_string(), PER_PAGE.to_string());
            let url = place(page, path, &[("page", &number), ("per_page", &per_page)])?;
            let answer = page.ask(signed(page, HttpRequest::get(&url))?).await?;
            let shown: Vec<Incident> = answer.json()?;
            let count = shown.len();
            all.extend(shown.into_iter().map(Entry::from));
            if count < PER_PAGE {
                break;
            }
            if all.len() >= MOST_PAGES * PER_PAGE {
                return Err(CheckError::permanent(format!(
                    "{page} shows more than {} maintenances",
                    all.len()
                )));
            }
        }
    }
    Ok(all)
}

pub(super) async fn post(page: &Page<'_>) -> Result<Sent, CheckError> {
    let check = page.check;
    let begun = page.window.opens <= page.cx.now();
    let mut incident = json!({
        "name": page.name(),
        "status": if begun { "in_progress" } else { "scheduled" },
        "body": page.text,
        "scheduled_for": page.window.opens,
        "scheduled_until": page.window.closes,
        "scheduled_auto_in_progress": check.automatic,
        "scheduled_auto_completed": check.automatic,
        "impact_override": "maintenance",
        "deliver_notifications": check.tell_subscribers,
    });
    if !check.components.is_empty() {
        incident["component_ids"] = json!(check.components);
        // the components go with the window, and do not look broken before it opens
        incident["auto_transition_to_maintenance_state"] = check.automatic.into();
        incident["auto_transition_to_operational_state"] = check.automatic.into();
        if begun {
            let components = check.components.iter().map(|id| (id.clone(), "under_maintenance".into()));
            incident["components"] = components.collect::<serde_json::Map<_, _>>().into();
        }
    }
    let body = BodySource::Table(serde_json::Map::from_iter([("incident".to_owned(), incident)]));
    let request = HttpRequest::new(HttpMethod::Post, &place(page, "incidents", &[])?).body(&body);
    let answer = page.send(signed(page, request)?).await?;
    match answer.status() {
        200 | 201 => Ok(Sent::Posted(answer.json::<Incident>().map_err(CheckError::uncertain)?.id)),
        _ => Ok(Sent::Refused { why: why(&answer), status: answer.status_text() }),
    }
}

pub(super) async fn read(page: &Page<'_>, id: &str) -> Result<Entry, CheckError> {
    let url = place(page, &format!("incidents/{id}"), &[])?;
    let answer = page.ask(signed(page, HttpRequest::get(&url))?).await?;
    Ok(answer.json::<Incident>()?.into())
}

/// What is wrong: one text, or a list of them.
fn why(answer: &HttpAnswer) -> String {
    #[derive(Deserialize)]
    struct Refused {
        #[serde(alias = "message")]
        error: Reasons,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Reasons {
        One(String),
        Many(Vec<String>),
    }
    match answer.json::<Refused>() {
        Ok(Refused { error: Reasons::One(why) }) => why,
        Ok(Refused { error: Reasons::Many(all) }) => all.join(", "),
        Err(_) => answer.first_line().unwrap_or_else(|| "it gives no reason".to_owned()),
    }
}
