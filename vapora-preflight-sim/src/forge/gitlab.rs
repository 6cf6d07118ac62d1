//! GitLab: issues, notes, merge requests with their approvals, reviewers and versions, statuses and comparisons.
//!
//! After the pages "REST API" (paths, pages by `Link` and `x-next-page`, redirects), "REST API troubleshooting" (statuses and the
//! bodies of errors), "Merge request approvals API", "Merge requests API" and "Commits API", all below
//! `https://docs.gitlab.com/api/`.

use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};

use super::{
    ForgeDialect,
    asked::{Asked, answer, raw, with},
    state::{SimChange, SimForgeState, SimReview, SimTicket, TicketFate},
};

/// The number of the one project.
const PROJECT_ID: &str = "81";
/// When each version of a change was pushed, the newest first.
const PUSHED: [&str; 2] = ["2026-11-28T09:00:00.000Z", "2026-11-26T09:00:00.000Z"];

fn error(status: u16, message: &str) -> Response<Body> {
    answer(status, json!({ "message": format!("{status} {message}") }))
}

fn missing() -> Response<Body> {
    error(404, "Not found")
}

pub(super) fn respond(asked: &Asked, state: &mut SimForgeState) -> Response<Body> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let ["api", "v4", path @ ..] = &path[..] else { return answer(404, json!({ "error": "404 Not Found" })) };
    if asked.credentials.as_deref() != Some(state.token.as_str()) {
        return error(401, "Unauthorized");
    }
    if let Some(limit) = state.limited {
        return limit.told(ForgeDialect::GitLab);
    }
    if path == ["user"] {
        return answer(200, json!({ "username": state.user, "id": 1, "state": "active" }));
    }
    if let Some(scope) = &state.lacking {
        let said = "The request requires higher privileges than provided by the access token.";
        let body = json!({ "error": "insufficient_scope", "error_description": said, "scope": scope });
        return answer(403, body);
    }
    let ["projects", project, rest @ ..] = path else { return missing() };
    if !state.visible || ![state.project.as_str(), PROJECT_ID].contains(project) {
        return error(404, "Project Not Found");
    }
    if state.renamed.is_some() && *project != PROJECT_ID {
        let to = format!("{}/api/v4/projects/{PROJECT_ID}/{}", asked.site(), rest.join("/"));
        let to = to.trim_end_matches('/');
        let moved = raw(301, "text/plain", format!("This resource has been moved permanently to {to}"));
        return with(moved, "location", to);
    }
    let pages = state.page_size;
    match (&asked.method, rest) {
        (&Method::GET, []) => {
            answer(200, json!({ "id": 1, "path_with_namespace": state.project, "default_branch": "main" }))
        }
        (&Method::GET, ["issues", number]) => match state.ticket(number).cloned() {
            Some(ticket) if ticket.fate != TicketFate::Deleted => answer(200, issue(asked, state, &ticket)),
            _ => missing(),
        },
        (_, ["issues", number, "notes", rest @ ..]) => notes(asked, state, number, rest),
        (&Method::GET, ["merge_requests"]) => {
            let fits = |change: &&SimChange| {
                asked.query("milestone").is_none_or(|it| change.milestone.as_deref() == Some(it))
                    && asked.query("labels").is_none_or(|it| change.labels.iter().any(|label| label == it))
            };
            let rows = state.changes.iter().filter(fits).map(|it| merge_request(asked, state, it)).collect();
            asked.page(rows, None, pages)
        }
        (&Method::GET, ["merge_requests", number]) => match state.change(number) {
            Some(change) => answer(200, merge_request(asked, state, change)),
            None => missing(),
        },
        (&Method::GET, ["merge_requests", number, "approvals"]) => match state.change(number) {
            Some(change) => {
                let approved = change.reviews.iter().filter(|it| it.state == "APPROVED");
                let times = !state.older;
                let by: Vec<Value> = approved
                    .map(|it| {
                        let user = json!({ "username": it.author, "state": "active" });
                        let at = if is_of_head(change, it) {
                            "2026-11-28T10:00:00.000Z"
                        } else {
                            "2026-11-27T10:00:00.000Z"
                        };
                        if times {
                            json!({ "user": user, "approved_at": at })
                        } else {
                            json!({ "user": user })
                        }
                    })
                    .collect();
                answer(
                    200,
                    json!({ "approvals_required": 0, "approvals_left": 0, "approved": !by.is_empty(), "approved_by": by }),
                )
            }
            None => missing(),
        },
        (&Method::GET, ["merge_requests", number, "reviewers"]) => match state.change(number) {
            Some(change) => {
                let row = |review: &SimReview| {
                    let said = match review.state.as_str() {
                        "APPROVED" => "approved",
                        "CHANGES_REQUESTED" => "requested_changes",
                        "COMMENTED" => "reviewed",
                        _ => "unreviewed",
                    };
                    json!({ "user": { "username": review.author, "state": "active" }, "state": said })
                };
                asked.page(change.reviews.iter().map(row).collect(), None, pages)
            }
            None => missing(),
        },
        (&Method::GET, ["merge_requests", number, "versions"]) => match state.change(number) {
            Some(change) => {
                let earlier = change.reviews.iter().find(|it| !is_of_head(change, it)).map(|it| &it.commit);
                let commits = std::iter::once(&change.head).chain(earlier).zip(PUSHED);
                let rows = commits.map(
                    |(sha, at)| json!({ "head_commit_sha": sha, "created_at": at, "state": "collected" }),
                );
                asked.page(rows.collect(), None, pages)
            }
            None => missing(),
        },
        (&Method::GET, ["repository", "commits", sha, "statuses"]) => {
            let statuses = state.change_built_as(sha).map(|it| it.statuses.clone()).unwrap_or_default();
            let called = |status: &str| match status {
                "failure" | "error" => "failed".to_owned(),
                other => other.to_owned(),
            };
            let rows = statuses.iter();
            let rows =
                rows.map(|(name, it)| json!({ "name": name, "status": called(it), "allow_failure": false }));
            asked.page(rows.collect(), None, pages)
        }
        (&Method::GET, ["repository", "commits", sha, "merge_requests"]) => {
            let rows = state.change_of_commit(sha).map(|it| merge_request(asked, state, it));
            asked.page(rows.into_iter().collect(), None, pages)
        }
        (&Method::GET, ["repository", "compare"]) => {
            if asked.query("from") != Some(&state.tag) || asked.query("to") != Some("main") {
                return missing();
            }
            let commits: Vec<Value> = state.commits.iter().map(|it| json!({ "id": it.sha })).collect();
            answer(200, json!({ "commits": commits, "compare_timeout": false }))
        }
        _ => missing(),
    }
}

/// Whether a review is of the last commit.
fn is_of_head(change: &SimChange, review: &SimReview) -> bool {
    review.commit.is_empty() || review.commit == change.head
}

fn users(names: &[String]) -> Vec<Value> {
    names.iter().map(|name| json!({ "username": name })).collect()
}

fn milestone(title: Option<&String>) -> Value {
    title.map_or(Value::Null, |title| json!({ "title": title, "state": "active" }))
}

fn issue(asked: &Asked, state: &SimForgeState, ticket: &SimTicket) -> Value {
    let moved = match ticket.fate {
        TicketFate::Moved(_, number) => Value::from(number),
        _ => Value::Null,
    };
    json!({
        "iid": ticket.number, "title": ticket.title, "description": ticket.body,
        "state": if ticket.open && moved.is_null() { "opened" } else { "closed" },
        "web_url": format!("{}/{}/-/issues/{}", asked.site(), state.project, ticket.number),
        "assignees": users(&ticket.assignees), "labels": ticket.labels,
        "milestone": milestone(ticket.milestone.as_ref()), "moved_to_id": moved,
    })
}

fn merge_request(asked: &Asked, state: &SimForgeState, change: &SimChange) -> Value {
    let called = match change.state.as_str() {
        "open" => "opened",
        other => other,
    };
    json!({
        "iid": change.number, "title": change.title, "author": { "username": change.author }, "state": called,
        "target_branch": change.base, "sha": change.head, "merge_commit_sha": change.merge_commit,
        "web_url": format!("{}/{}/-/merge_requests/{}", asked.site(), state.project, change.number),
        "labels": change.labels, "milestone": milestone(change.milestone.as_ref()),
        "head_pipeline": { "id": 47, "sha": change.merge_result.as_ref().unwrap_or(&change.head), "status": "success" },
    })
}

fn notes(asked: &Asked, state: &mut SimForgeState, number: &str, rest: &[&str]) -> Response<Body> {
    let text = asked.body["body"].as_str().unwrap_or_default().to_owned();
    let note = |id: u64, author: &str, body: &str| json!({ "id": id, "body": body, "author": { "username": author }, "system": false, "noteable_type": "Issue" });
    match (&asked.method, rest) {
        (&Method::GET, []) => match state.ticket(number) {
            Some(ticket) => {
                let rows = ticket.comments.iter().map(|it| note(it.id, &it.author, &it.body)).collect();
                asked.page(rows, None, state.page_size)
            }
            None => missing(),
        },
        (&Method::POST, []) if text.is_empty() => {
            answer(400, json!({ "message": "400 (Bad request) \"body\" not given" }))
        }
        (&Method::POST, []) => match state.say(number, &text) {
            Some(it) => answer(201, note(it.id, &it.author, &it.body)),
            None => missing(),
        },
        (&Method::PUT, [id]) => match state.comment(id) {
            Some(comment) => {
                comment.body = text;
                answer(200, note(comment.id, &comment.author, &comment.body))
            }
            None => missing(),
        },
        _ => missing(),
    }
}
