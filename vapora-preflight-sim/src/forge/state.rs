//! What a forge holds.

use super::SimLimit;

/// What became of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketFate {
    /// It is there.
    There,
    /// It was deleted.
    Deleted,
    /// It was moved to another project, under this number.
    Moved(String, u64),
}

/// A ticket.
#[derive(Debug, Clone)]
pub struct SimTicket {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text in Markdown.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// Who it is assigned to.
    pub assignees: Vec<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its milestone.
    pub milestone: Option<String>,
    /// What became of it.
    pub fate: TicketFate,
    /// What was said to it.
    pub comments: Vec<SimComment>,
}

/// Something said to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimComment {
    /// Its number, of all comments.
    pub id: u64,
    /// Who wrote it.
    pub author: String,
    /// Its text in Markdown.
    pub body: String,
}

/// A review of a change.
#[derive(Debug, Clone)]
pub struct SimReview {
    /// Who wrote it; nobody where the account is no more.
    pub author: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`, as GitHub calls them.
    pub state: String,
    /// The commit that was looked at; that of the change's head where it is empty.
    pub commit: String,
}

/// A change that is to be merged: a pull request, or a merge request.
#[derive(Debug, Clone)]
pub struct SimChange {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
    /// The branch that it goes to.
    pub base: String,
    /// The commit that it ends with.
    pub head: String,
    /// The commit by which it was merged.
    pub merge_commit: String,
    /// What was said of it.
    pub reviews: Vec<SimReview>,
    /// The statuses of its head, by name: `success`, `failure`, `error` or `pending`.
    pub statuses: Vec<(String, String)>,
    /// The check runs of its head, by name: a conclusion of GitHub, or `queued` or `in_progress`.
    pub check_runs: Vec<(String, String)>,
    /// For GitLab: the commit that its pipeline built and has its statuses, where that is not its head but what the merge will
    /// come to.
    pub merge_result: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its milestone.
    pub milestone: Option<String>,
}

/// A commit since the last release.
#[derive(Debug, Clone)]
pub struct SimCommit {
    /// Its name.
    pub sha: String,
    /// The change that brought it.
    pub change: Option<u64>,
}

/// A run of a pipeline.
#[derive(Debug, Clone)]
pub struct SimRun {
    /// Its number.
    pub id: u64,
    /// The file of its workflow.
    pub workflow: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// What began it: `push`, `workflow_dispatch`, `manual`.
    pub event: String,
    /// `queued`, `in_progress`, or how it ended: `success`, `failure`, `cancelled`.
    pub state: String,
    /// Its jobs by name, with their states.
    pub jobs: Vec<(String, String)>,
    /// What it was given.
    pub inputs: Vec<(String, String)>,
}

/// A file that a run has made.
#[derive(Debug, Clone)]
pub struct SimArtifact {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The run that made it.
    pub run: u64,
    /// The archive that is downloaded.
    pub content: Vec<u8>,
    /// Whether its time is over.
    pub expired: bool,
    /// The digest that is told, where it is not that of the content: `sha256:…`, or nothing where it is empty.
    pub digest: Option<String>,
}

/// All that a forge holds.
#[derive(Debug)]
pub struct SimForgeState {
    /// The project: `owner/name`.
    pub project: String,
    /// The token that it lets in.
    pub token: String,
    /// Whose token it is.
    pub user: String,
    /// Whether the token may see the project at all.
    pub visible: bool,
    /// The right that the token lacks, as the forge calls it: `issues=read`, `read:issue`.
    pub lacking: Option<String>,
    /// Whether it has been asked too much.
    pub limited: Option<SimLimit>,
    /// The path that it is served below, such as `/api/v3` or `/git`; empty where it has a host of its own.
    pub below: String,
    /// The name that the project is known by now, where it was renamed.
    pub renamed: Option<String>,
    /// The host that links to other pages name, as behind a proxy that the server does not know of.
    pub linked_host: Option<String>,
    /// Whether it is an older server: a GitLab that does not tell when somebody approved, a Woodpecker whose lists cannot be
    /// filtered, a GitHub Enterprise Server that refuses the question which run was begun.
    pub older: bool,
    /// How many of a list are on one page, at most.
    pub page_size: usize,
    /// Its tickets.
    pub tickets: Vec<SimTicket>,
    /// Its changes.
    pub changes: Vec<SimChange>,
    /// The newest tag.
    pub tag: String,
    /// The commits since then.
    pub commits: Vec<SimCommit>,
    /// The commit at the end of its branch.
    pub head: String,
    /// The runs of its pipelines, oldest first.
    pub runs: Vec<SimRun>,
    /// What the runs have made.
    pub artifacts: Vec<SimArtifact>,
    /// The files of workflows that may be started by hand.
    pub workflows: Vec<String>,
    /// The state that a run begins in: `queued`, unless set otherwise.
    pub begin_as: String,
    /// Whether the start of a run is told at once, as GitHub does since 2026.
    pub tells_run: bool,
    /// Where downloads lie; at the forge itself, unless set otherwise.
    pub downloads: Option<String>,
    /// The tokens that came with the requests, an empty one where there was none.
    pub seen: Vec<String>,
}

impl SimTicket {
    /// An open ticket.
    pub fn new(number: u64, title: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            number,
            title: title.into(),
            body: body.into(),
            open: true,
            assignees: Vec::new(),
            labels: Vec::new(),
            milestone: None,
            fate: TicketFate::There,
            comments: Vec::new(),
        }
    }
}

impl SimChange {
    /// A change of this author that is merged into `main`, approved by this reviewer, with one check that is green.
    pub fn merged(number: u64, author: impl Into<String>, reviewer: impl Into<String>) -> Self {
        let approval =
            SimReview { author: reviewer.into(), state: "APPROVED".to_owned(), commit: String::new() };
        Self {
            number,
            title: format!("change {number}"),
            author: author.into(),
            state: "merged".to_owned(),
            base: "main".to_owned(),
            head: format!("{number:040x}"),
            merge_commit: format!("{:040x}", number << 32),
            reviews: vec![approval],
            statuses: vec![("ci/build".to_owned(), "success".to_owned())],
            check_runs: Vec::new(),
            merge_result: None,
            labels: Vec::new(),
            milestone: None,
        }
    }
}

impl SimForgeState {
    pub(super) fn new(project: &str, token: &str) -> Self {
        Self {
            project: project.to_owned(),
            token: token.to_owned(),
            user: "release-bot".to_owned(),
            visible: true,
            lacking: None,
            limited: None,
            below: String::new(),
            renamed: None,
            linked_host: None,
            older: false,
            page_size: 100,
            tickets: Vec::new(),
            changes: Vec::new(),
            tag: "v1.3.0".to_owned(),
            commits: Vec::new(),
            head: "5ca1ab1e".repeat(5),
            runs: Vec::new(),
            artifacts: Vec::new(),
            workflows: Vec::new(),
            begin_as: "queued".to_owned(),
            tells_run: true,
            downloads: None,
            seen: Vec::new(),
        }
    }

    pub(super) fn ticket(&mut self, number: &str) -> Option<&mut SimTicket> {
        self.tickets.iter_mut().find(|ticket| ticket.number.to_string() == number)
    }

    pub(super) fn change(&self, number: &str) -> Option<&SimChange> {
        self.changes.iter().find(|change| change.number.to_string() == number)
    }

    /// The change whose head that commit is.
    pub(super) fn change_of_head(&self, sha: &str) -> Option<&SimChange> {
        self.changes.iter().find(|change| change.head == sha)
    }

    /// The change that has its statuses at that commit.
    pub(super) fn change_built_as(&self, sha: &str) -> Option<&SimChange> {
        self.changes.iter().find(|it| it.merge_result.as_deref().unwrap_or(&it.head) == sha)
    }

    /// The change that brought that commit.
    pub(super) fn change_of_commit(&self, sha: &str) -> Option<&SimChange> {
        let commit = self.commits.iter().find(|commit| commit.sha == sha)?;
        self.changes.iter().find(|change| Some(change.number) == commit.change)
    }

    pub(super) fn comment(&mut self, id: &str) -> Option<&mut SimComment> {
        self.tickets.iter_mut().flat_map(|it| &mut it.comments).find(|comment| comment.id.to_string() == id)
    }

    /// Adds a comment of the one whose token it is.
    pub(super) fn say(&mut self, ticket: &str, body: &str) -> Option<SimComment> {
        let id = 1 + self.tickets.iter().map(|it| it.comments.len() as u64).sum::<u64>();
        let author = self.user.clone();
        let comment = SimComment { id, author, body: body.to_owned() };
        self.ticket(ticket)?.comments.push(comment.clone());
        Some(comment)
    }

    /// Begins a run of this workflow by hand, on its branch.
    pub fn begin(&mut self, workflow: &str) -> SimRun {
        self.begin_with(workflow, "main", "workflow_dispatch", Vec::new())
    }

    pub(super) fn begin_with(
        &mut self,
        workflow: &str,
        branch: &str,
        event: &str,
        inputs: Vec<(String, String)>,
    ) -> SimRun {
        let run = SimRun {
            id: 1 + self.runs.iter().map(|run| run.id).max().unwrap_or_default(),
            workflow: workflow.to_owned(),
            branch: branch.to_owned(),
            commit: self.head.clone(),
            event: event.to_owned(),
            state: self.begin_as.clone(),
            jobs: vec![("build".to_owned(), self.begin_as.clone())],
            inputs,
        };
        self.runs.push(run.clone());
        run
    }
}
