//! Asks one check of every kind in one run, as the executor does.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use tempfile::TempDir;
use vapora_preflight::{
    Effect, PlanBuilder, Registry, Resources, Run, SecretRef, SecretStore, SecretString, Sources, Status,
};
use vapora_preflight_http::{HttpClient, TicketPages};
use vapora_preflight_sim::SimClock;

/// 2026-12-01T12:00:00Z, two hours before the window.
const NOW: i64 = 1_796_126_400;
pub(crate) const TOKEN: &str = "hunter22-token";
/// What the path of a webhook keeps secret.
pub(crate) const KEY: &str = "geheim-123456";

/// The kinds, each with what its check is called and its parameters. `URL` stands for the peer, `DIR` for a folder.
pub(crate) const KINDS: &[(&str, &str, &str)] = &[
    (
        "responds",
        "http.responds",
        "url = 'URL/health'\nbearer = TOKEN\nexpect = [\"json.status == 'healthy'\"]",
    ),
    (
        "steps",
        "http.responds",
        "url = 'URL'\nmutates = true\nsteps = [{ name = 'log in', method = 'POST', path = '/login', capture = { it = { json = '/token', secret = true } } }]",
    ),
    (
        "downloaded",
        "http.downloaded",
        "url = 'URL/a.zip'\nto = 'DIR/a.zip'\nlimit = '1MiB'\nbearer = TOKEN\nsha256 = '0000000000000000000000000000000000000000000000000000000000000000'",
    ),
    ("holds", "prometheus.holds", "url = 'URL'\nquery = 'up'\nmin = 0\nbearer = TOKEN"),
    ("recorded", "prometheus.recorded", "url = 'URL'\nquery = 'up'\nbearer = TOKEN"),
    ("alerts", "alertmanager.quiet", "url = 'URL'\nbearer = TOKEN"),
    ("alerts-by-rule", "alertmanager.quiet", "prometheus = 'URL'\nbearer = TOKEN"),
    ("calendar", "calendar.clear", "url = 'URL/changes.ics'\nbearer = TOKEN\nmay_be_empty = true"),
    ("secret-calendar", "calendar.clear", "secret_url = HOOK\nmay_be_empty = true"),
    ("slack", "notify.posted", "service = 'slack'\nwebhook = HOOK\ntext = 'Deployment starting'"),
    (
        "slack-bot",
        "notify.posted",
        "service = 'slack'\ntoken = TOKEN\napi = 'URL/api'\nchannel = '#x'\ntext = 'Deployment starting'",
    ),
    ("mattermost", "notify.posted", "service = 'mattermost'\nwebhook = HOOK\ntext = 'Deployment starting'"),
    ("discord", "notify.posted", "service = 'discord'\nwebhook = HOOK\ntext = 'Deployment starting'"),
    ("teams", "notify.posted", "service = 'teams'\nwebhook = HOOK\ntext = 'Deployment starting'"),
    ("webhook", "notify.posted", "service = 'webhook'\nwebhook = HOOK\ntext = 'Deployment starting'"),
    (
        "statuspage",
        "statuspage.maintenance_posted",
        "service = 'statuspage'\napi = 'URL/v1'\npage_id = 'a1'\ntoken = TOKEN\nname = 'Release 2'\ntext = 'Services may be unavailable'",
    ),
    (
        "cachet",
        "statuspage.maintenance_posted",
        "service = 'cachet'\napi = 'URL/api'\ntoken = TOKEN\nname = 'Release 2'\ntext = 'Services may be unavailable'",
    ),
    (
        "seen-page",
        "statuspage.maintenance_posted",
        "service = 'webhook'\nwebhook = HOOK\nseen_at = 'URL/status'\nname = 'Release 2'\ntext = 'Services may be unavailable'",
    ),
    ("ticket", "ticket.tracks_change", "forge = { api = 'github', FORGE }\nnumber = 7"),
    ("ticket-at-forgejo", "ticket.tracks_change", "forge = { api = 'forgejo', FORGE }\nnumber = 7"),
    ("ticket-at-gitlab", "ticket.tracks_change", "forge = { api = 'gitlab', FORGE }\nnumber = 7"),
    ("commented", "ticket.commented", "forge = { api = 'github', FORGE }\nnumber = 7\ncontent = 'decision'"),
    (
        "merged",
        "forge.pull_requests_merged",
        "forge = { api = 'github', FORGE }\nbranch = 'main'\nnumbers = [1]",
    ),
    (
        "triggered",
        "ci.pipeline_triggered",
        "ci = { api = 'github_actions', FORGE }\nworkflow = 'release.yml'\nbranch = 'main'",
    ),
    ("triggered-woodpecker", "ci.pipeline_triggered", "ci = { api = 'woodpecker', FORGE }\nbranch = 'main'"),
    ("succeeded", "ci.pipeline_succeeded", "ci = { api = 'github_actions', FORGE }\nrun = 7"),
    ("succeeded-woodpecker", "ci.pipeline_succeeded", "ci = { api = 'woodpecker', FORGE }\nrun = 7"),
    (
        "artifact",
        "ci.artifact_downloaded",
        "ci = { api = 'github_actions', FORGE }\nrun = 7\nartifact = 'it'\npath = 'DIR/b.zip'",
    ),
];

struct Secrets {
    url: String,
    identity: Option<(String, String)>,
}

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        let SecretRef::Env(name) = reference else { return Err("it is not there".to_owned()) };
        match (name.as_str(), &self.identity) {
            ("TOKEN", _) => Ok(TOKEN.into()),
            ("HOOK", _) => Ok(format!("{}/hooks/{KEY}", self.url).into()),
            ("CERTIFICATE", Some((certificate, _))) => Ok(certificate.as_str().into()),
            ("PRIVATE_KEY", Some((_, key))) => Ok(key.as_str().into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

/// One check of every kind, to be asked of a peer.
pub(crate) struct All {
    url: String,
    client: HttpClient,
    timeout: &'static str,
    identity: Option<(String, String)>,
}

/// What every check says of that peer, once it is sure that none passes but those named, and that none tells a secret.
pub(crate) async fn all(url: &str, passes: &[&str]) -> String {
    All::of(url).ask(passes).await
}

impl All {
    pub(crate) fn of(url: &str) -> Self {
        Self { url: url.to_owned(), client: HttpClient::new().unwrap(), timeout: "20s", identity: None }
    }

    pub(crate) fn within(self, timeout: &'static str) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn client(self, client: HttpClient) -> Self {
        Self { client, ..self }
    }

    /// Every check shows this certificate.
    pub(crate) fn identity(self, certificate: &str, key: &str) -> Self {
        Self { identity: Some((certificate.to_owned(), key.to_owned())), ..self }
    }

    fn checklist(&self, folder: &TempDir) -> String {
        let shown =
            "client_certificate = { certificate = { env = 'CERTIFICATE' }, key = { env = 'PRIVATE_KEY' } }";
        let mut text = "checklist = 'it'\n[deployment]\n\
             window = { opens = 2026-12-01T14:00:00Z, closes = 2026-12-01T15:00:00Z }\n[phase.before]\n"
            .to_owned();
        for (name, kind, parameters) in KINDS {
            let mut forge = "url = 'URL', project = 'vapora/vapora', token = TOKEN".to_owned();
            let mut more = "";
            match &self.identity {
                Some(_) if parameters.contains("FORGE") => forge = format!("{forge}, {shown}"),
                Some(_) => more = shown,
                None => {}
            }
            let parameters = parameters
                .replace("FORGE", &forge)
                .replace("TOKEN", "{ env = 'TOKEN' }")
                .replace("HOOK", "{ env = 'HOOK' }")
                .replace("URL", &self.url)
                .replace("DIR", &folder.path().display().to_string());
            writeln!(
                text,
                "[check.{name}]\nphase = 'before'\nkind = '{kind}'\ntimeout = '{}'\n{parameters}\n{more}",
                self.timeout
            )
            .unwrap();
        }
        text
    }

    pub(crate) async fn ask(self, passes: &[&str]) -> String {
        let mut registry = Registry::new();
        vapora_preflight::register(&mut registry);
        vapora_preflight_http::register(&mut registry);
        let folder = tempfile::tempdir().unwrap();
        let mut sources = Sources::new();
        sources.add("it.toml", self.checklist(&folder));
        let plan = match PlanBuilder::new(&registry).sources(&sources).build() {
            Ok(compiled) => compiled.plan,
            Err(error) => panic!("{:?}", error.diagnostics),
        };
        let mut resources = Resources::new();
        resources.insert(self.client);
        resources.insert(TicketPages::new(|_, page| format!("the {page}")));
        let run = Run::new(&plan)
            .resources(Arc::new(resources))
            .secrets(Arc::new(Secrets { url: self.url, identity: self.identity }))
            .clock(Arc::new(SimClock::at_unix_seconds(NOW)))
            .allow(Effect::Mutates)
            .ignore_windows(true);
        let report = run.execute().await.unwrap().report;
        // those that say the same stand together, in the order of the table
        let mut said: Vec<(String, Vec<&str>)> = Vec::new();
        for (name, ..) in KINDS {
            let status = &report.check(name).and_then(|check| check.record).unwrap().status;
            assert_eq!(status.holds(), passes.contains(name), "{name}: {status:?}");
            let text = told(status);
            assert!(!text.contains(TOKEN) && !text.contains(KEY), "{name}: {text}");
            assert!(!text.contains("[redacted]"), "{name} tells a secret, which the run took out: {text}");
            match said.iter_mut().find(|(other, _)| *other == text) {
                Some((_, names)) => names.push(name),
                None => said.push((text, vec![name])),
            }
        }
        for file in ["a.zip", "b.zip"] {
            assert!(!folder.path().join(file).exists(), "{file} was kept");
        }
        let said = said.into_iter().map(|(text, names)| format!("{}\n  {text}\n", names.join(", ")));
        said.collect::<Vec<_>>().concat()
    }
}

fn told(status: &Status) -> String {
    let with = |text: String, remedy: Option<&str>| match remedy {
        Some(remedy) => format!("{text}\n  remedy: {remedy}"),
        None => text,
    };
    match status {
        Status::Errored(error) => {
            let word = match (error.uncertain, error.transient) {
                (true, _) => "uncertain",
                (_, true) => "transient",
                _ => "permanent",
            };
            with(format!("{word} error: {error}"), error.remedy.as_deref())
        }
        Status::Done(outcome) => {
            let finding = outcome.finding();
            let seen = finding.actual.as_ref().map(|it| format!("\n  actual: {it}")).unwrap_or_default();
            with(format!("{}: {}{seen}", status.word(), finding.summary), finding.remedy.as_deref())
        }
        other => format!("{}: {}", other.word(), other.summary()),
    }
}

/// Holds what was said against its snapshot, whatever the port.
macro_rules! assert_said {
    ($told:expr) => {{
        let told: String = $told;
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"/tmp/\.tmp\w+/", "DIR/")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_said;

#[test]
fn no_kind_of_this_crate_is_left_out() {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    let all: BTreeSet<_> = registry.kinds().map(|kind| kind.name).collect();
    assert_eq!(KINDS.iter().map(|(_, kind, _)| *kind).collect::<BTreeSet<_>>(), all);
}
