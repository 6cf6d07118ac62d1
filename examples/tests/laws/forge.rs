//! The kinds that ask forges and pipelines, against stand-ins that speak their APIs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use vapora_preflight::{Resources, SecretRef, SecretStore, SecretString};
use vapora_preflight_http::{HttpClient, TicketPages};
use vapora_preflight_sim::{ForgeDialect, SimArtifact, SimChange, SimForge, SimTicket, laws::Case};

use crate::Token;

const PROJECT: &str = "vapora/vapora";
const TOKEN: &str = "forge-token-of-the-laws";

pub(crate) async fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dialect in [ForgeDialect::GitHub, ForgeDialect::Forgejo, ForgeDialect::GitLab] {
        cases.push(tracks_change(dialect).await);
        cases.push(commented(dialect).await);
        cases.push(merged(dialect).await);
    }
    for dialect in [ForgeDialect::GitHub, ForgeDialect::Woodpecker] {
        cases.push(triggered(dialect).await);
        cases.push(succeeded(dialect).await);
    }
    cases.push(downloaded().await);
    cases
}

/// A checklist with this check.
fn checklist(check: &str) -> String {
    crate::checklist(check, "")
}

async fn served(dialect: ForgeDialect) -> (Arc<SimForge>, String) {
    let forge = SimForge::serve(dialect, PROJECT, TOKEN).await.unwrap();
    let api = match dialect {
        ForgeDialect::GitHub => "github",
        ForgeDialect::Forgejo => "forgejo",
        _ => "gitlab",
    };
    let settings = format!(
        "forge = {{ api = '{api}', url = '{}', project = '{PROJECT}', token = {{ env = 'TOKEN' }} }}\n",
        forge.url()
    );
    (Arc::new(forge), settings)
}

/// A case with that forge as its peer.
fn at(case: Case, forge: &Arc<SimForge>) -> Case {
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let asked = Arc::clone(forge);
    case.resources(resources)
        .secrets(Token::new(TOKEN), &[TOKEN])
        .peer(forge.faults(), move || asked.requests())
        .keep(Arc::clone(forge))
}

async fn tracks_change(dialect: ForgeDialect) -> Case {
    let (forge, settings) = served(dialect).await;
    forge.edit(|state| {
        let mut closed = SimTicket::new(8, "Release 1.3.0", "## What\nit");
        closed.open = false;
        state.tickets = vec![SimTicket::new(7, "Release 2.0.0", "## Rollback\nkubectl rollout undo"), closed];
    });
    let asking = |more: &str| checklist(&format!("kind = 'ticket.tracks_change'\n{settings}{more}"));
    let case = Case::new("ticket.tracks_change", asking("number = 7\nsections = ['rollback']"))
        .broken("there is no such ticket", asking("number = 9"))
        .broken("the ticket is closed", asking("number = 8"))
        .broken("it is assigned to nobody", asking("number = 7\nassigned = true"))
        .broken("a section is missing", asking("number = 7\nsections = ['why']"));
    at(case, &forge)
}

async fn merged(dialect: ForgeDialect) -> Case {
    let (forge, settings) = served(dialect).await;
    forge.edit(|state| {
        state.changes = (1..=4).map(|number| SimChange::merged(number, "ada", "grace")).collect();
        state.changes[1].state = "open".into();
        state.changes[2].reviews.clear();
        state.changes[3].statuses[0].1 = "failure".into();
    });
    let asking = |more: &str| {
        let check = format!("kind = 'forge.pull_requests_merged'\nbranch = 'main'\n{settings}{more}");
        checklist(&check)
    };
    let case = Case::new("forge.pull_requests_merged", asking("numbers = [1]"))
        .broken("a change is open", asking("numbers = [1, 2]"))
        .broken("a change is not approved", asking("numbers = [3]"))
        .broken("a check of it failed", asking("numbers = [4]"))
        .broken("there is no such change", asking("numbers = [5]"));
    at(case, &forge)
}

async fn commented(dialect: ForgeDialect) -> Case {
    let (forge, settings) = served(dialect).await;
    forge.edit(|state| state.tickets = vec![SimTicket::new(7, "Release 2.0.0", "it")]);
    let asking =
        |more: &str| checklist(&format!("kind = 'ticket.commented'\ncontent = 'decision'\n{settings}{more}"));
    let case = Case::new("ticket.commented", asking("number = 7"))
        .broken("there is no such ticket", asking("number = 9"))
        .volatile(&["done", "text_digest"]);
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    // a page that is never the same, so that there is always something to write
    let count = AtomicUsize::new(0);
    resources.insert(TicketPages::new(move |_, page| {
        format!("the {page}, number {:08}", count.fetch_add(1, Ordering::Relaxed))
    }));
    at(case, &forge).resources(resources)
}

async fn pipelines(dialect: ForgeDialect) -> (Arc<SimForge>, String) {
    let forge = SimForge::serve(dialect, PROJECT, TOKEN).await.unwrap();
    forge.edit(|state| {
        state.workflows = vec!["release.yml".to_owned()];
        state.begin("release.yml");
        state.runs[0].state = "success".into();
        state.begin("release.yml");
    });
    let api = if dialect == ForgeDialect::GitHub { "github_actions" } else { "woodpecker" };
    let settings = format!(
        "ci = {{ api = '{api}', url = '{}', project = '{PROJECT}', token = {{ env = 'TOKEN' }} }}\n",
        forge.url()
    );
    (Arc::new(forge), settings)
}

async fn triggered(dialect: ForgeDialect) -> Case {
    let (forge, settings) = pipelines(dialect).await;
    let workflow = if dialect == ForgeDialect::GitHub { "workflow = 'release.yml'\n" } else { "" };
    let asking =
        |more: &str| checklist(&format!("kind = 'ci.pipeline_triggered'\n{workflow}{settings}{more}"));
    let case = Case::new("ci.pipeline_triggered", asking("branch = 'main'"))
        .broken("there is no such branch", asking("branch = 'next'"))
        .broken("it is of another commit", asking("branch = 'main'\ncommit = '0ddba110'"))
        .volatile(&["run", "url"]);
    at(case, &forge)
}

async fn succeeded(dialect: ForgeDialect) -> Case {
    let (forge, settings) = pipelines(dialect).await;
    let asking = |more: &str| checklist(&format!("kind = 'ci.pipeline_succeeded'\n{settings}{more}"));
    let case = Case::new("ci.pipeline_succeeded", asking("run = 1"))
        .broken("it has not ended", asking("run = 2"))
        .broken("there is no such run", asking("run = 3"))
        .broken("it is of another commit", asking("run = 1\ncommit = '0ddba110'"));
    at(case, &forge)
}

/// Lets another build be there whenever somebody comes with the token, since what is there already is not fetched again.
struct NextBuild(Arc<SimForge>, AtomicUsize);

impl SecretStore for NextBuild {
    fn resolve(&self, _: &SecretRef) -> Result<SecretString, String> {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        self.0.edit(|state| state.artifacts[0].content = format!("build {number:08}").into_bytes());
        Ok(TOKEN.into())
    }
}

async fn downloaded() -> Case {
    let (forge, settings) = pipelines(ForgeDialect::GitHub).await;
    let folder = tempfile::tempdir().unwrap();
    forge.edit(|state| {
        let artifact = SimArtifact {
            id: 1,
            name: "artifacts".to_owned(),
            run: 1,
            content: b"an archive".to_vec(),
            expired: false,
            digest: None,
        };
        let expired = SimArtifact { id: 2, name: "expired".to_owned(), expired: true, ..artifact.clone() };
        state.artifacts = vec![artifact, expired];
    });
    let path = folder.path().join("artifacts.zip");
    let asking = |name: &str, path: &std::path::Path| {
        let path = path.display();
        let check = format!(
            "kind = 'ci.artifact_downloaded'\nrun = 1\nartifact = '{name}'\npath = '{path}'\n{settings}"
        );
        checklist(&check)
    };
    let case = Case::new("ci.artifact_downloaded", asking("artifacts", &path))
        .broken("there is no such artifact", asking("other", &path))
        .broken("its time is over", asking("expired", &path))
        .broken("it cannot be written", asking("artifacts", &folder.path().join("none/artifacts.zip")))
        .volatile(&["digest"])
        .keep(folder);
    at(case, &forge).secrets(NextBuild(Arc::clone(&forge), AtomicUsize::new(0)), &[TOKEN])
}
