//! The API of Cachet, of the versions 3 and 2.

use super::{
    Bytes, HeaderMap, Inner, Kept, Maintenance, Path, Response, Shared, Uri, Value, answer, bears, json,
    number, paged,
};

fn text(said: &Value, name: &str) -> String {
    said[name].as_str().unwrap_or_default().to_owned()
}

/// A time as both versions show it, with its seconds.
fn whole(time: &str) -> String {
    if time.len() == 16 { format!("{time}:00") } else { time.to_owned() }
}

/// A time as Cachet shows it, whichever service was told it.
fn of_clock(time: &str) -> String {
    time.replace('T', " ").chars().take("2026-12-01 14:00:00".len()).collect()
}

fn made(said: &Value) -> Maintenance {
    Maintenance {
        name: text(said, "name"),
        text: text(said, "message"),
        opens: whole(&text(said, "scheduled_at")),
        closes: whole(&text(said, "completed_at")),
        state: "upcoming".to_owned(),
    }
}

fn shown((id, it): &(String, Maintenance)) -> Value {
    let at = |time: &str| json!({ "human": "1 hour from now", "string": of_clock(time) });
    json!({
        "id": id, "type": "schedules",
        "attributes": {
            "id": id.parse::<u64>().unwrap_or_default(), "name": it.name, "message": it.text,
            "status": { "human": if it.state == "upcoming" { "Upcoming" } else { "Complete" },
                "value": if it.state == "upcoming" { 0 } else { 2 } },
            "scheduled": at(&it.opens), "completed": at(&it.closes),
            "created": at("2026-11-30 09:00:00"), "updated": at("2026-11-30 09:00:00"),
        },
    })
}

pub(super) async fn list(Shared(inner): Kept, uri: Uri) -> Response {
    let all: Vec<Value> = inner.listed().iter().map(shown).collect();
    let (data, last) = paged(&uri, &all, 15);
    let page = number(&uri, "page").unwrap_or(1);
    let link = |page: usize| format!("http://localhost/api/schedules?page={page}");
    let links = json!({
        "first": link(1), "last": null, "prev": (page > 1).then(|| link(page - 1)), "next": (page < last).then(|| link(page + 1)),
    });
    let meta = json!({ "current_page": page, "per_page": number(&uri, "per_page").unwrap_or(15) });
    answer(200, json!({ "data": data, "links": links, "meta": meta }))
}

pub(super) async fn create(Shared(inner): Kept, headers: HeaderMap, body: Bytes) -> Response {
    if !bears(&inner, &headers) {
        return answer(401, json!({ "message": "Unauthenticated." }));
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let missing: Vec<&str> =
        ["name", "message", "scheduled_at"].into_iter().filter(|name| text(&said, name).is_empty()).collect();
    if let Some(first) = missing.first() {
        let message = format!("The {} field is required.", first.replace('_', " "));
        return answer(422, json!({ "message": message, "errors": { *first: [message] } }));
    }
    if inner.refuses() {
        return answer(403, json!({ "message": "Invalid ability provided." }));
    }
    let maintenance = made(&said);
    let id = inner.keep(maintenance.clone());
    answer(201, json!({ "data": shown(&(id, maintenance)) }))
}

pub(super) async fn get(Shared(inner): Kept, Path(id): Path<String>) -> Response {
    match inner.read(&id) {
        Some(it) => answer(200, json!({ "data": shown(&(id, it)) })),
        None => answer(
            404,
            json!({ "message": format!("No query results for model [Cachet\\Models\\Schedule] {id}") }),
        ),
    }
}

fn shown_old((id, it): &(String, Maintenance)) -> Value {
    json!({
        "id": id.parse::<u64>().unwrap_or_default(), "name": it.name, "message": it.text,
        "status": if it.state == "upcoming" { 0 } else { 2 },
        "scheduled_at": of_clock(&it.opens), "completed_at": of_clock(&it.closes),
        "created_at": "2026-11-30 09:00:00", "updated_at": "2026-11-30 09:00:00",
        "human_status": if it.state == "upcoming" { "Upcoming" } else { "Complete" },
    })
}

fn error_old(code: u16, title: &str, detail: &str, details: &[&str]) -> Response {
    let error = json!({ "id": "b1a0f3e8", "status": code, "title": title, "detail": detail, "meta": { "details": details } });
    answer(code, json!({ "errors": [error] }))
}

fn knows_old(inner: &Inner, headers: &HeaderMap) -> bool {
    inner.knows(headers, "x-cachet-token", "")
}

pub(super) async fn list_old(Shared(inner): Kept, uri: Uri) -> Response {
    let all: Vec<Value> = inner.listed().iter().map(shown_old).collect();
    let (data, pages) = paged(&uri, &all, 20);
    let pagination = json!({ "total": all.len(), "count": data.len(), "per_page": 20, "current_page": 1, "total_pages": pages });
    answer(200, json!({ "meta": { "pagination": pagination }, "data": data }))
}

pub(super) async fn create_old(Shared(inner): Kept, headers: HeaderMap, body: Bytes) -> Response {
    if !knows_old(&inner, &headers) {
        let detail = "You are not authorized to view this content.";
        return error_old(401, "Unauthorized", detail, &[]);
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let at = text(&said, "scheduled_at");
    if said["status"].as_u64().is_none_or(|status| status > 2) {
        let detail = "The request cannot be fulfilled due to bad syntax.";
        return error_old(400, "Bad Request", detail, &["The status field is required."]);
    }
    if text(&said, "name").is_empty() || at.len() != 16 || inner.refuses() {
        let detail = "The request cannot be fulfilled due to bad syntax.";
        return error_old(400, "Bad Request", detail, &["The scheduled at format is invalid."]);
    }
    let maintenance = made(&said);
    let id = inner.keep(maintenance.clone());
    answer(200, json!({ "data": shown_old(&(id, maintenance)) }))
}

pub(super) async fn get_old(Shared(inner): Kept, Path(id): Path<String>) -> Response {
    match inner.read(&id) {
        Some(it) => answer(200, json!({ "data": shown_old(&(id, it)) })),
        None => error_old(
            404,
            "Not Found",
            "The requested resource could not be found but may be available again.",
            &[],
        ),
    }
}
