//! The API of Atlassian Statuspage.

use super::{
    Bytes, HeaderMap, Inner, Kept, Maintenance, PAGE, Path, Response, Shared, Uri, Value, answer, json, paged,
};

fn refused(inner: &Inner, headers: &HeaderMap, page: &str) -> Option<Response> {
    if !inner.knows(headers, "authorization", "OAuth ") {
        return Some(answer(401, json!({ "error": "Could not authenticate" })));
    }
    (page != PAGE).then(|| answer(404, json!({ "error": "Page not found" })))
}

/// A time as Statuspage shows it, whichever service was told it; those of Cachet are meant in UTC.
fn of_zone(time: &str) -> String {
    if time.contains('T') { time.to_owned() } else { format!("{}Z", time.replace(' ', "T")) }
}

fn shown((id, it): &(String, Maintenance)) -> Value {
    json!({
        "id": id, "name": it.name, "status": it.state, "impact": "maintenance", "page_id": PAGE,
        "scheduled_for": of_zone(&it.opens), "scheduled_until": of_zone(&it.closes), "scheduled_auto_in_progress": true,
        "shortlink": format!("http://stspg.io/{id}"), "created_at": "2026-11-30T09:00:00.000Z", "components": [],
        "incident_updates": [{ "id": format!("{id}-1"), "status": it.state, "body": it.text }],
    })
}

pub(super) async fn create(
    Shared(inner): Kept,
    Path(page): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refused) = refused(&inner, &headers, &page) {
        return refused;
    }
    let Ok(said) = serde_json::from_slice::<Value>(&body) else {
        return answer(400, json!({ "error": "There was a problem in the JSON you submitted" }));
    };
    let incident = &said["incident"];
    let valid = ["scheduled", "in_progress", "verifying", "completed"];
    if !incident["status"].as_str().is_some_and(|status| valid.contains(&status)) {
        return answer(422, json!({ "error": ["Status is not included in the list"] }));
    }
    let text = |name: &str| incident[name].as_str().unwrap_or_default().to_owned();
    if text("name").is_empty() {
        return answer(422, json!({ "error": ["Name can't be blank"] }));
    }
    if text("scheduled_for") >= text("scheduled_until") || inner.refuses() {
        return answer(422, json!({ "error": ["Scheduled until must be after scheduled for"] }));
    }
    let maintenance = Maintenance {
        name: text("name"),
        text: text("body"),
        opens: text("scheduled_for"),
        closes: text("scheduled_until"),
        state: text("status"),
    };
    inner.state().posted.push(said);
    let id = inner.keep(maintenance.clone());
    answer(201, shown(&(id, maintenance)))
}

/// One incident, or one of the lists, which stand under the same path.
pub(super) async fn get(
    Shared(inner): Kept,
    Path((page, id)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refused) = refused(&inner, &headers, &page) {
        return refused;
    }
    let state = match id.as_str() {
        "scheduled" | "upcoming" => "scheduled",
        "active_maintenance" => "in_progress",
        _ => {
            return match inner.read(&id) {
                Some(it) => answer(200, shown(&(id, it))),
                None => answer(404, json!({ "error": "Incident not found" })),
            };
        }
    };
    let all: Vec<Value> = inner.listed().iter().filter(|(_, it)| it.state == state).map(shown).collect();
    answer(200, paged(&uri, &all, 100).0.into())
}
