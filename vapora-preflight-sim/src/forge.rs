//! Stand-ins for forges and their pipelines: GitHub with its Actions, Forgejo, GitLab, and Woodpecker.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
};
use http::{Request, Response};
use http_body_util::BodyExt;

mod asked;
mod builds;
mod forgejo;
mod github;
mod gitlab;
mod limit;
mod state;
mod woodpecker;

use self::asked::Asked;
pub use self::{
    limit::SimLimit,
    state::{
        SimArtifact, SimChange, SimComment, SimCommit, SimForgeState, SimReview, SimRun, SimTicket,
        TicketFate,
    },
};
use crate::{answer::RequestRecord, faults::Faults, peer::Peer};

/// The API that a simulated forge speaks.
///
/// Paths, bodies, headers and errors follow what is published of each; the module of each names the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForgeDialect {
    /// GitHub, with its Actions.
    GitHub,
    /// Forgejo or Gitea.
    Forgejo,
    /// GitLab.
    GitLab,
    /// Woodpecker, which has pipelines alone.
    Woodpecker,
}

/// A forge with one project, on 127.0.0.1. It stops when this is dropped.
///
/// ```
/// use vapora_preflight_sim::{ForgeDialect, SimForge, SimTicket};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let forge = SimForge::serve(ForgeDialect::GitHub, "vapora/vapora", "secret").await?;
/// forge.edit(|state| state.tickets.push(SimTicket::new(7, "Release 2.0.0", "## What\nit")));
/// assert!(forge.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SimForge {
    peer: Peer,
    state: Arc<Mutex<SimForgeState>>,
}

fn locked(state: &Mutex<SimForgeState>) -> MutexGuard<'_, SimForgeState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    dialect: ForgeDialect,
    state: Arc<Mutex<SimForgeState>>,
    request: Request<Body>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body: Bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut state = locked(&state);
    let asked = Asked::read(dialect, &state, &head, &body);
    state.seen.push(asked.credentials.clone().unwrap_or_default());
    match dialect {
        ForgeDialect::GitHub => github::respond(&asked, &mut state),
        ForgeDialect::Forgejo => forgejo::respond(&asked, &mut state),
        ForgeDialect::GitLab => gitlab::respond(&asked, &mut state),
        ForgeDialect::Woodpecker => woodpecker::respond(&asked, &mut state),
    }
}

impl SimForge {
    /// Serves a forge with this project, for who brings this token.
    pub async fn serve(dialect: ForgeDialect, project: &str, token: &str) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(SimForgeState::new(project, token)));
        let handler = move |State(state): State<Arc<Mutex<SimForgeState>>>, request: Request<Body>| {
            answer(dialect, state, request)
        };
        let router = Router::new().fallback(handler).with_state(Arc::clone(&state));
        Ok(Self { peer: Peer::serve(router).await?, state })
    }

    /// Changes what it holds.
    pub fn edit<T>(&self, change: impl FnOnce(&mut SimForgeState) -> T) -> T {
        change(&mut locked(&self.state))
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.peer.url(), locked(&self.state).below)
    }

    /// The faults before it.
    pub fn faults(&self) -> &Faults {
        self.peer.faults()
    }

    /// What it was asked.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.peer.requests()
    }
}
