//! GitHub: issues, comments, milestones, pulls, reviews, commits, check runs and statuses.
//!
//! After the pages of "GitHub REST API documentation", version 2022-11-28, `https://docs.github.com/en/rest`: "Rate limits for
//! the REST API", "Using pagination in the REST API", "Troubleshooting the REST API" (errors, versions, rights),
//! "API Versions", and the reference of issues, pulls, checks and commits. An Enterprise Server is the same below `/api/v3`.

use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};

use super::{
    ForgeDialect,
    asked::{Asked, PROJECT_ID, answer, with},
    builds,
    state::{SimChange, SimForgeState, SimTicket, TicketFate},
};

const DOCS: &str = "https://docs.github.com/rest";

/// The versions of the API.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

pub(super) fn error(status: u16, message: &str) -> Response<Body> {
    answer(status, json!({ "message": message, "documentation_url": DOCS, "status": status.to_string() }))
}

/// That a field of a request is missing.
fn invalid(resource: &str, field: &str) -> Response<Body> {
    let wrong = json!({ "resource": resource, "code": "missing_field", "field": field });
    let body = json!({ "message": "Validation Failed", "errors": [wrong], "documentation_url": DOCS, "status": "422" });
    answer(422, body)
}

pub(super) fn missing() -> Response<Body> {
    error(404, "Not Found")
}

pub(super) fn respond(asked: &Asked, state: &mut SimForgeState) -> Response<Body> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    if let ["blob", id] = path[..] {
        return builds::blob(state, id);
    }
    if !asked.introduced {
        return error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        );
    }
    if let Some(version) = asked.version.as_ref().filter(|it| !VERSIONS.contains(&it.as_str())) {
        return error(400, &format!("Version {version} is not a supported version."));
    }
    if asked.credentials.as_deref() != Some(state.token.as_str()) {
        return error(401, "Bad credentials");
    }
    if let Some(limit) = state.limited {
        return limit.told(ForgeDialect::GitHub);
    }
    let counted = with(answered(asked, state, &path), "x-ratelimit-limit", "5000");
    let counted = with(counted, "x-ratelimit-remaining", "4711");
    with(counted, "x-ratelimit-resource", "core")
}

fn answered(asked: &Asked, state: &mut SimForgeState, path: &[&str]) -> Response<Body> {
    if *path == ["user"] {
        return answer(200, json!({ "login": state.user, "id": 1, "type": "User" }));
    }
    let project = state.project.clone();
    let rest = match path {
        // the number of a project stays with it
        ["repositories", PROJECT_ID, rest @ ..] if state.visible => rest,
        ["repos", owner, name, rest @ ..] if state.visible && format!("{owner}/{name}") == project => {
            if state.renamed.is_some() {
                let to = format!("{}/repositories/{PROJECT_ID}/{}", asked.site(), rest.join("/"));
                return moved(to.trim_end_matches('/'));
            }
            rest
        }
        ["repos", _, _, ..] => return with(missing(), "x-oauth-scopes", "public_repo"),
        _ => return missing(),
    };
    if let Some(lacking) = state.lacking.clone()
        && !rest.is_empty()
    {
        let refused = error(403, "Resource not accessible by personal access token");
        return with(refused, "x-accepted-github-permissions", &lacking);
    }
    match (&asked.method, rest) {
        (&Method::GET, []) => answer(200, json!({ "full_name": project, "default_branch": "main" })),
        (_, ["actions", rest @ ..]) => builds::answer_actions(asked, state, rest),
        (_, rest) => tracked(asked, state, rest),
    }
}

fn moved(to: &str) -> Response<Body> {
    let body = json!({ "message": "Moved Permanently", "url": to, "documentation_url": DOCS });
    with(answer(301, body), "location", to)
}

fn named(names: &[String]) -> Vec<Value> {
    names.iter().map(|name| json!({ "name": name })).collect()
}

fn users(names: &[String]) -> Vec<Value> {
    names.iter().map(|name| json!({ "login": name })).collect()
}

fn milestone(title: Option<&String>) -> Value {
    title.map_or(Value::Null, |title| json!({ "title": title, "state": "open" }))
}

pub(super) fn issue(asked: &Asked, state: &SimForgeState, ticket: &SimTicket) -> Value {
    json!({
        "number": ticket.number, "title": ticket.title, "body": ticket.body,
        "state": if ticket.open { "open" } else { "closed" },
        "html_url": format!("{}/{}/issues/{}", asked.site(), state.project, ticket.number),
        "user": { "login": "ada" }, "assignees": users(&ticket.assignees), "labels": named(&ticket.labels),
        "milestone": milestone(ticket.milestone.as_ref()),
    })
}

/// A change among the issues.
pub(super) fn issue_of(asked: &Asked, state: &SimForgeState, change: &SimChange) -> Value {
    json!({
        "number": change.number, "title": change.title, "state": if change.state == "open" { "open" } else { "closed" },
        "html_url": format!("{}/{}/pull/{}", asked.site(), state.project, change.number),
        "pull_request": { "merged_at": merged_at(change) },
    })
}

fn merged_at(change: &SimChange) -> Value {
    if change.state == "merged" { "2026-11-29T10:00:00Z".into() } else { Value::Null }
}

pub(super) fn pull(asked: &Asked, state: &SimForgeState, change: &SimChange) -> Value {
    json!({
        "number": change.number, "title": change.title, "user": { "login": change.author },
        "state": if change.state == "open" { "open" } else { "closed" }, "draft": false,
        "merged": change.state == "merged", "merged_at": merged_at(change),
        "merge_commit_sha": change.merge_commit, "base": { "ref": change.base }, "head": { "sha": change.head },
        "html_url": format!("{}/{}/pull/{}", asked.site(), state.project, change.number),
        "labels": named(&change.labels), "milestone": milestone(change.milestone.as_ref()),
    })
}

/// The changes that a list of issues is asked for.
pub(super) fn changes_asked<'s>(
    asked: &'s Asked,
    state: &'s SimForgeState,
    milestone: Option<&'s str>,
) -> impl Iterator<Item = &'s SimChange> {
    state.changes.iter().filter(move |change| {
        milestone.is_none_or(|title| change.milestone.as_deref() == Some(title))
            && asked.query("labels").is_none_or(|label| change.labels.iter().any(|it| it == label))
            && (asked.query("state") == Some("all") || change.state == "open")
    })
}

fn tracked(asked: &Asked, state: &mut SimForgeState, path: &[&str]) -> Response<Body> {
    let pages = state.page_size;
    match (&asked.method, path) {
        (&Method::GET, ["issues"]) => {
            let titles = milestones(state);
            let title = asked.query("milestone").map(|number| {
                let at = number.parse::<usize>().unwrap_or_default().wrapping_sub(1);
                titles.get(at).cloned().unwrap_or_default()
            });
            let rows = changes_asked(asked, state, title.as_deref()).map(|it| issue_of(asked, state, it));
            asked.page(rows.collect(), None, pages)
        }
        (&Method::GET, ["milestones"]) => {
            let rows = milestones(state).into_iter().enumerate();
            asked.page(
                rows.map(|(at, title)| json!({ "number": at + 1, "title": title })).collect(),
                None,
                pages,
            )
        }
        (method, ["issues", "comments", id]) => {
            let text = asked.body["body"].as_str().unwrap_or_default().to_owned();
            match (method, state.comment(id)) {
                (&Method::PATCH, Some(comment)) if !text.is_empty() => {
                    comment.body = text;
                    let comment = comment.clone();
                    answer(200, comment_of(asked, state, &comment.author, comment.id, &comment.body))
                }
                (&Method::PATCH, Some(_)) => invalid("IssueComment", "body"),
                _ => missing(),
            }
        }
        (&Method::GET, ["issues", number]) => match state.ticket(number).cloned() {
            Some(ticket) => match &ticket.fate {
                TicketFate::There => answer(200, issue(asked, state, &ticket)),
                TicketFate::Deleted => error(410, "This issue was deleted"),
                TicketFate::Moved(project, number) => {
                    moved(&format!("{}/repos/{project}/issues/{number}", asked.site()))
                }
            },
            None => missing(),
        },
        (&Method::GET, ["issues", number, "comments"]) => match state.ticket(number).cloned() {
            Some(ticket) => asked.page(comments(asked, state, &ticket), None, pages),
            None => missing(),
        },
        (&Method::POST, ["issues", number, "comments"]) => {
            let text = asked.body["body"].as_str().unwrap_or_default();
            if text.is_empty() {
                return invalid("IssueComment", "body");
            }
            match state.say(number, text) {
                Some(it) => answer(201, comment_of(asked, state, &it.author, it.id, &it.body)),
                None => missing(),
            }
        }
        (&Method::GET, ["pulls", number]) => match state.change(number) {
            Some(change) => answer(200, pull(asked, state, change)),
            None => missing(),
        },
        (&Method::GET, ["pulls", number, "reviews"]) => match state.change(number) {
            Some(change) => {
                let rows = change.reviews.iter().map(|review| {
                    let commit = if review.commit.is_empty() { &change.head } else { &review.commit };
                    let user = if review.author.is_empty() { Value::Null } else { json!({ "login": review.author }) };
                    json!({ "user": user, "author_association": "MEMBER", "state": review.state, "commit_id": commit,
                        "submitted_at": "2026-11-28T10:00:00Z" })
                });
                asked.page(rows.collect(), None, pages)
            }
            None => missing(),
        },
        (&Method::GET, ["commits", sha, "check-runs"]) => {
            let runs = state.change_of_head(sha).map(|it| it.check_runs.clone()).unwrap_or_default();
            let row = |(name, run): &(String, String)| match run.as_str() {
                "queued" | "in_progress" => json!({ "name": name, "status": run, "conclusion": null }),
                ended => json!({ "name": name, "status": "completed", "conclusion": ended }),
            };
            asked.page(runs.iter().map(row).collect(), Some("check_runs"), pages)
        }
        (&Method::GET, ["commits", sha, "status"]) => {
            let statuses = state.change_of_head(sha).map(|it| it.statuses.clone()).unwrap_or_default();
            let row = |(name, it): &(String, String)| json!({ "context": name, "state": it });
            asked.page(statuses.iter().map(row).collect(), Some("statuses"), pages)
        }
        (&Method::GET, ["commits", sha, "pulls"]) => {
            let rows = state.change_of_commit(sha).map(|it| pull(asked, state, it)).into_iter().collect();
            asked.page(rows, None, pages)
        }
        (&Method::GET, ["compare", range]) => match range.split_once("...") {
            Some((from, "main")) if from == state.tag => {
                let rows = state.commits.iter().map(|commit| json!({ "sha": commit.sha })).collect();
                asked.page(rows, Some("commits"), pages)
            }
            _ => missing(),
        },
        _ => missing(),
    }
}

/// The titles of all milestones, in the order of their numbers.
fn milestones(state: &SimForgeState) -> Vec<String> {
    let mut titles: Vec<String> = state
        .tickets
        .iter()
        .filter_map(|it| it.milestone.clone())
        .chain(state.changes.iter().filter_map(|it| it.milestone.clone()))
        .collect();
    titles.sort();
    titles.dedup();
    titles
}

/// What was said to a ticket.
pub(super) fn comments(asked: &Asked, state: &SimForgeState, ticket: &SimTicket) -> Vec<Value> {
    ticket.comments.iter().map(|it| comment_of(asked, state, &it.author, it.id, &it.body)).collect()
}

fn comment_of(asked: &Asked, state: &SimForgeState, author: &str, id: u64, body: &str) -> Value {
    json!({ "id": id, "body": body, "user": { "login": author },
        "html_url": format!("{}/{}/issues#issuecomment-{id}", asked.site(), state.project) })
}

/// What GitHub and Forgejo have in common.
pub(super) fn shared(asked: &Asked, state: &mut SimForgeState, path: &[&str]) -> Response<Body> {
    tracked(asked, state, path)
}
