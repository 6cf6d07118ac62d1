//! A project, as its pipelines know it.

use serde::Deserialize;
use vapora_preflight::{CheckContext, CheckError};

use super::{CiApi, CiSettings};
use crate::{
    HttpUrl,
    forge::{Reply, Session},
};

/// A project, and one who asks about its pipelines.
pub(crate) struct Project {
    pub(super) session: Session,
    pub(super) api: CiApi,
    name: String,
    /// The path to the project.
    path: Vec<String>,
}

#[derive(Deserialize)]
struct Repository {
    id: u64,
}

impl Project {
    pub(crate) async fn open(cx: &CheckContext, settings: &CiSettings) -> Result<Self, CheckError> {
        let flavor = settings.api.flavor();
        let (token, certificate) = (settings.token.as_ref(), settings.client_certificate.as_ref());
        let session = Session::open(cx, flavor, settings.url.as_ref(), token, certificate)?;
        let name = settings.project.clone();
        let path = match settings.api {
            CiApi::GitHubActions => std::iter::once("repos")
                .chain(name.split('/'))
                .chain(["actions"])
                .map(str::to_owned)
                .collect(),
            CiApi::Woodpecker if name.parse::<u64>().is_ok() => vec!["repos".to_owned(), name.clone()],
            CiApi::Woodpecker => {
                cx.doing(format!("looking for `{name}`"));
                let lookup: Vec<&str> = ["repos", "lookup"].into_iter().chain(name.split('/')).collect();
                let repository: Repository = match session.get(&session.url(&lookup, &[])).await? {
                    Reply::Found(answer) => answer.json()?,
                    Reply::Missing(answer) => return Err(session.unseen(&name, &answer)),
                    other => session.known(other, &format!("`{name}`"))?.json()?,
                };
                vec!["repos".to_owned(), repository.id.to_string()]
            }
        };
        Ok(Self { session, api: settings.api, name, path })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The path to something of the project.
    pub(crate) fn path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        self.path.iter().map(String::as_str).chain(rest.iter().copied()).collect()
    }

    pub(crate) fn url(&self, rest: &[&str]) -> HttpUrl {
        self.session.url(&self.path(rest), &[])
    }

    /// The URL of the project itself, which is there for whoever may see it.
    pub(super) fn itself(&self) -> HttpUrl {
        let path = self.path(&[]);
        let path = match self.api {
            CiApi::GitHubActions => path.split_last().map_or(&path[..], |(_, project)| project),
            CiApi::Woodpecker => &path,
        };
        self.session.url(path, &[])
    }

    /// Whether there is such a branch.
    pub(super) async fn has_branch(&self, branch: &str) -> Result<bool, CheckError> {
        let branches: Vec<String> =
            self.session.list(&self.path(&["branches"]), &[], None, "the branches").await?;
        Ok(branches.iter().any(|it| it == branch))
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }
}
