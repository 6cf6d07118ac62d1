//! Forgejo and Gitea: issues, comments, pulls, reviews and statuses.
//!
//! After "API Usage", `https://forgejo.org/docs/latest/user/api-usage/`, "Gitea API", `https://docs.gitea.com/api`, the Swagger page
//! of their instances, `/api/swagger`, and where those are silent the handlers of Gitea (`routers/api/v1/repo`): a commit without
//! statuses has `null` in place of a list, and neither its statuses nor the comments of an issue have links to other pages.

use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};

use super::{
    ForgeDialect,
    asked::{Asked, answer, with},
    github,
    state::{SimForgeState, TicketFate},
};

fn error(asked: &Asked, status: u16, message: &str) -> Response<Body> {
    answer(status, json!({ "message": message, "url": format!("{}/api/swagger", asked.site()) }))
}

fn missing(asked: &Asked) -> Response<Body> {
    let url = format!("{}/api/swagger", asked.site());
    answer(404, json!({ "errors": [], "message": "The target couldn't be found.", "url": url }))
}

pub(super) fn respond(asked: &Asked, state: &mut SimForgeState) -> Response<Body> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let ["api", "v1", path @ ..] = &path[..] else { return missing(asked) };
    if asked.credentials.as_deref() != Some(state.token.as_str()) {
        return error(asked, 401, "invalid username, password or token");
    }
    if let Some(limit) = state.limited {
        return limit.told(ForgeDialect::Forgejo);
    }
    if path == ["user"] {
        return answer(200, json!({ "login": state.user, "username": state.user, "id": 1 }));
    }
    let ["repos", owner, name, rest @ ..] = path else { return missing(asked) };
    if !state.visible || format!("{owner}/{name}") != state.project {
        return missing(asked);
    }
    if let Some(lacking) = state.lacking.clone() {
        return error(
            asked,
            403,
            &format!("token does not have at least one of required scope(s): [{lacking}]"),
        );
    }
    let pages = state.page_size;
    match (&asked.method, rest) {
        (&Method::GET, []) => answer(200, json!({ "full_name": state.project, "default_branch": "main" })),
        (&Method::GET, ["issues"]) => {
            let rows = github::changes_asked(asked, state, asked.query("milestones"))
                .map(|change| github::issue_of(asked, state, change))
                .collect();
            asked.page(rows, None, pages)
        }
        (&Method::GET, ["issues", number]) if *number != "comments" => match state.ticket(number).cloned() {
            Some(ticket) if ticket.fate == TicketFate::There => {
                let mut issue = github::issue(asked, state, &ticket);
                // nobody is told as nothing here
                if ticket.assignees.is_empty() {
                    issue["assignees"] = Value::Null;
                }
                for user in issue["assignees"].as_array_mut().into_iter().flatten() {
                    user["username"] = user["login"].clone();
                }
                answer(200, issue)
            }
            _ => missing(asked),
        },
        (&Method::GET, ["pulls", number, "reviews"]) => {
            let Some(change) = state.change(number) else { return missing(asked) };
            let rows = change.reviews.iter().map(|review| {
                let commit = if review.commit.is_empty() { &change.head } else { &review.commit };
                let called = match review.state.as_str() {
                    "CHANGES_REQUESTED" => "REQUEST_CHANGES",
                    "COMMENTED" => "COMMENT",
                    // what was dismissed keeps its state here, and is marked
                    "DISMISSED" => "APPROVED",
                    other => other,
                };
                // an account that is no more has that name
                let (author, id) =
                    if review.author.is_empty() { ("Ghost", -1) } else { (review.author.as_str(), 5) };
                let user = json!({ "id": id, "login": author, "username": author });
                json!({ "user": user, "state": called, "commit_id": commit, "official": true,
                    "dismissed": review.state == "DISMISSED", "stale": *commit != change.head })
            });
            asked.page(rows.collect(), None, pages)
        }
        (&Method::GET, ["commits", sha, "status"]) => {
            let statuses = state.change_of_head(sha).map(|it| it.statuses.clone()).unwrap_or_default();
            if statuses.is_empty() {
                return answer(200, json!({ "state": "", "sha": "", "total_count": 0, "statuses": null }));
            }
            let row = |(name, it): &(String, String)| json!({ "context": name, "status": it });
            let size = asked.query("limit").and_then(|it| it.parse().ok()).unwrap_or(30).min(50).min(pages);
            let page: usize = asked.query("page").and_then(|it| it.parse().ok()).unwrap_or(1);
            let shown: Vec<Value> = statuses.iter().skip((page - 1) * size).take(size).map(row).collect();
            // it counts those that it shows, and all of them in the header alone
            let body =
                json!({ "state": "pending", "sha": sha, "total_count": shown.len(), "statuses": shown });
            with(answer(200, body), "x-total-count", &statuses.len().to_string())
        }
        (&Method::GET, ["issues", number, "comments"]) => match state.ticket(number).cloned() {
            Some(ticket) => answer(200, github::comments(asked, state, &ticket).into()),
            None => missing(asked),
        },
        (&Method::GET, ["compare", range]) if range.split_once("...") == Some((&state.tag, "main")) => {
            let commits: Vec<Value> = state.commits.iter().map(|it| json!({ "sha": it.sha })).collect();
            answer(200, json!({ "total_commits": commits.len(), "commits": commits }))
        }
        (&Method::GET, ["commits", sha, "pull"]) => match state.change_of_commit(sha) {
            Some(change) => answer(200, github::pull(asked, state, change)),
            None => missing(asked),
        },
        (_, ["pulls" | "issues", ..]) => github::shared(asked, state, rest),
        _ => missing(asked),
    }
}
