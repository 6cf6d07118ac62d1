//! What is said to a ticket.

use serde::Deserialize;
use serde_json::{Map, Value};
use vapora_preflight::CheckError;

use super::{Account, ForgeApi, ForgeNumber, ForgeSettings, Session};
use crate::{HttpAnswer, HttpMethod};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    /// Where a person reads it, where the forge tells.
    pub(crate) url: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    id: u64,
    body: Option<String>,
    #[serde(alias = "author")]
    user: Option<Account>,
    html_url: Option<String>,
}

impl From<Told> for Comment {
    fn from(told: Told) -> Self {
        Self {
            id: told.id,
            author: told.user.map(|user| user.name).unwrap_or_default(),
            body: told.body.unwrap_or_default(),
            url: told.html_url,
        }
    }
}

fn called(forge: &ForgeSettings) -> &'static str {
    if forge.api == ForgeApi::GitLab { "notes" } else { "comments" }
}

fn body(text: &str) -> Map<String, Value> {
    [("body".to_owned(), Value::from(text))].into_iter().collect()
}

fn read(answer: &HttpAnswer) -> Result<Comment, CheckError> {
    answer.json::<Told>().map(Comment::from).map_err(CheckError::uncertain)
}

/// Whose token it is.
pub(crate) async fn who_asks(session: &Session) -> Result<String, CheckError> {
    let answer = session.get_known(&session.url(&["user"], &[]), "the account of the token").await?;
    match answer.json::<Account>()?.name {
        name if name.is_empty() => Err(answer.unreadable("an account")),
        name => Ok(name),
    }
}

/// All comments of a ticket, oldest first.
pub(crate) async fn comments(
    session: &Session,
    forge: &ForgeSettings,
    ticket: ForgeNumber,
) -> Result<Vec<Comment>, CheckError> {
    let number = ticket.to_string();
    let path = forge.path(&["issues", &number, called(forge)]);
    let query: &[(&str, &str)] = match forge.api {
        ForgeApi::GitLab => &[("sort", "asc"), ("order_by", "created_at")],
        _ => &[],
    };
    let what = format!("the comments of `{}#{ticket}`", forge.project);
    let told: Vec<Told> = session.list(&path, query, None, &what).await?;
    Ok(told.into_iter().map(Comment::from).collect())
}

/// Says something to a ticket.
pub(crate) async fn say(
    session: &Session,
    forge: &ForgeSettings,
    ticket: ForgeNumber,
    text: &str,
) -> Result<Comment, CheckError> {
    let number = ticket.to_string();
    let url = session.url(&forge.path(&["issues", &number, called(forge)]), &[]);
    let reply = session.send(HttpMethod::Post, &url, body(text)).await?;
    read(&session.known(reply, &format!("the ticket `{}#{ticket}`", forge.project))?)
}

/// Says something else in place of what a comment said.
pub(crate) async fn say_instead(
    session: &Session,
    forge: &ForgeSettings,
    ticket: ForgeNumber,
    comment: u64,
    text: &str,
) -> Result<Comment, CheckError> {
    let (number, id) = (ticket.to_string(), comment.to_string());
    let (method, path) = if forge.api == ForgeApi::GitLab {
        (HttpMethod::Put, forge.path(&["issues", &number, "notes", &id]))
    } else {
        (HttpMethod::Patch, forge.path(&["issues", "comments", &id]))
    };
    let reply = session.send(method, &session.url(&path, &[]), body(text)).await?;
    read(&session.known(reply, &format!("the comment {id}"))?)
}
