//! What most commands begin with: the kinds, the checklist, the release.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use vapora_preflight::{
    Code, Compiled, Diagnostic, Level, Overrides, Plan, PlanBuilder, Registry, ReleaseId, Resources, Sources,
    load, releases,
};
use vapora_preflight_http::{HttpClient, HttpClientBuilder, TicketPage, TicketPages};
use vapora_preflight_report::{Markdown, render_diagnostics, render_to_string};
use vapora_preflight_storage::ObjectStores;

use crate::{
    args::{RecordArgs, RunArgs, SetArgs},
    exit::{self, Stop},
    settings::Settings,
    terminal::Terminal,
};

/// Every kind that the program knows.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    vapora_preflight_host::register(&mut registry);
    vapora_preflight_http::register(&mut registry);
    vapora_preflight_k8s::register(&mut registry);
    vapora_preflight_storage::register(&mut registry);
    vapora_preflight_tls::register(&mut registry);
    registry
}

/// A checklist that was read and compiled, with the release it is for.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) plan: Plan,
    pub(crate) dir: PathBuf,
    pub(crate) settings: Settings,
}

impl Opened {
    /// The release, which a record needs.
    pub(crate) fn release(&self) -> Result<ReleaseId, Stop> {
        self.plan.outline().deployment.release.clone().ok_or_else(|| {
            Stop::usage("the release has no name")
                .remedy("give it with `--release NAME`, or as `release` in `[deployment]`")
        })
    }
}

/// The checklist where none is named.
fn default_checklist() -> Option<PathBuf> {
    ["preflight.toml", "preflight"].into_iter().map(PathBuf::from).find(|path| path.exists())
}

/// What a checklist is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To say what is wrong with it. What each release has of its own need not be known.
    Lint,
    /// To show it.
    Show,
    /// To run it.
    Run,
    /// To work on what is on record of it. Its warnings have been told, and where it names no release, it is for the only
    /// one on record.
    Record,
}

/// Reads and compiles a checklist. What is wrong with it is written out, and ends the command.
pub(crate) fn open(
    checklist: Option<&Path>,
    set: &SetArgs,
    purpose: Purpose,
    terminal: &Terminal,
) -> Result<Opened, Stop> {
    let mut release = set.release.clone();
    if release.is_none() && checklist.is_none() && default_checklist().is_none() {
        release = only_release(&set.dir)?;
    }
    let remembered = match &release {
        Some(release) => Settings::read(&set.dir, release)?,
        None => Settings::default(),
    };
    let mut settings = remembered.merged(checklist, set)?;
    let path = settings.checklist.clone().or_else(default_checklist).ok_or_else(|| {
        Stop::usage("there is no checklist").remedy(
            "name a TOML file or a folder of them, or call it `preflight.toml`; `--release` alone is enough for one that was \
             run before",
        )
    })?;
    settings.checklist = Some(path.clone());
    let registry = registry();
    let (mut compiled, mut sources) =
        compile(&path, &registry, settings.overrides(release.as_ref()), terminal)?;
    // the release may be named by the checklist itself: then what it was run with is known only now
    if release.is_none() {
        let mut named = compiled.plan.outline().deployment.release.clone();
        if named.is_none() && purpose == Purpose::Record {
            named = only_release(&set.dir)?;
        }
        if let Some(release) = named {
            let remembered = Settings::read(&set.dir, &release)?;
            // the default checklist stands back behind the one that the release was run with
            let path = if checklist.is_some() { path } else { remembered.checklist.clone().unwrap_or(path) };
            settings = remembered.merged(Some(&path), set)?;
            (compiled, sources) = compile(&path, &registry, settings.overrides(Some(&release)), terminal)?;
        }
    }
    let told = |warning: &&Diagnostic| match purpose {
        Purpose::Lint => !matches!(warning.code, Code::UnknownTime | Code::VariableNotGiven),
        Purpose::Show => true,
        // it can't be run so, which says the same
        Purpose::Run => warning.code != Code::VariableNotGiven,
        Purpose::Record => false,
    };
    let warnings: Vec<Diagnostic> = compiled.warnings.iter().filter(told).cloned().collect();
    if !warnings.is_empty() {
        terminal.error(&render_diagnostics(&warnings, &sources, terminal.colors_errors()));
    }
    Ok(Opened { plan: compiled.plan, dir: set.dir.clone(), settings })
}

fn compile(
    path: &Path,
    registry: &Registry,
    overrides: Overrides,
    terminal: &Terminal,
) -> Result<(Compiled, Sources), Stop> {
    let loaded = load(path);
    let built = PlanBuilder::new(registry).sources(&loaded.sources).overrides(overrides).build();
    let mut diagnostics: Vec<Diagnostic> = loaded.diagnostics;
    let compiled = match built {
        Ok(compiled) => Some(compiled),
        Err(error) => {
            // a file that could not be read leaves nothing to compile, which need not be said as well
            if diagnostics.is_empty() || loaded.sources.iter().next().is_some() {
                diagnostics.extend(error.diagnostics);
            }
            None
        }
    };
    match compiled {
        Some(compiled) if diagnostics.iter().all(|it| it.level != Level::Error) => {
            Ok((compiled, loaded.sources))
        }
        _ => {
            let text = render_diagnostics(&diagnostics, &loaded.sources, terminal.colors_errors());
            terminal.error(&text);
            Err(Stop::said(exit::USAGE))
        }
    }
}

/// The only release on record in a folder; nothing where none is. Several are one too many.
fn only_release(dir: &Path) -> Result<Option<ReleaseId>, Stop> {
    let mut all = releases(dir)?;
    if all.len() > 1 {
        return Err(Stop::usage(format!("several releases are on record: {}", listed(&all)))
            .remedy("name one with `--release`"));
    }
    Ok(all.pop())
}

fn listed(releases: &[ReleaseId]) -> String {
    let names: Vec<String> = releases.iter().map(|release| format!("`{release}`")).collect();
    names.join(", ")
}

/// The release that a record is asked of: the one named, or the only one there is. It has to be on record.
pub(crate) fn release_of(record: &RecordArgs) -> Result<ReleaseId, Stop> {
    let dir = record.dir.display();
    let Some(release) = &record.release else {
        return only_release(&record.dir)?.ok_or_else(|| {
            Stop::usage(format!("no release is on record in `{dir}`"))
                .remedy("`run` a checklist first, or name the folder of the records with `--dir`")
        });
    };
    let all = releases(&record.dir)?;
    if all.contains(release) {
        return Ok(release.clone());
    }
    let remedy = if all.is_empty() {
        "`run` its checklist first, or name the folder of the records with `--dir`".to_owned()
    } else {
        format!("`run` its checklist first; on record are {}", listed(&all))
    };
    Err(Stop::usage(format!("nothing is on record of the release `{release}` in `{dir}`")).remedy(remedy))
}

/// The kubeconfigs for targets that name none: those that are given, or else the user's own, as `kubectl` takes them.
fn kubeconfigs_of(given: Option<&Path>) -> Vec<PathBuf> {
    let given = given.map(|given| std::env::split_paths(given).collect::<Vec<_>>()).unwrap_or_default();
    let given: Vec<PathBuf> = given.into_iter().filter(|path| !path.as_os_str().is_empty()).collect();
    if !given.is_empty() {
        return given;
    }
    #[expect(clippy::disallowed_methods, reason = "the program is the caller that knows the environment")]
    let home = std::env::var_os("HOME").map(PathBuf::from);
    home.map(|home| home.join(".kube/config")).filter(|path| path.is_file()).into_iter().collect()
}

/// What the files of certificates hold.
fn roots_of(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Stop> {
    let read = |file: &PathBuf| {
        std::fs::read(file).map_err(|error| Stop::usage(format!("`--ca-file {}`: {error}", file.display())))
    };
    files.iter().map(read).collect()
}

/// The clients that the checks of a plan work with.
pub(crate) async fn resources(plan: &Plan, args: &RunArgs) -> Result<Arc<Resources>, Stop> {
    let mut resources = Resources::new();
    let kubeconfigs = kubeconfigs_of(args.kubeconfig.as_deref());
    vapora_preflight_k8s::connect_all(plan, kubeconfigs, &mut resources).await;
    resources.insert(pages());
    let roots = roots_of(&args.ca_files)?;
    let http = || {
        let builder = HttpClient::builder().system_proxy();
        let builder =
            if args.allow_metadata_addresses { builder.allow_metadata_addresses() } else { builder };
        roots.iter().fold(builder, HttpClientBuilder::root_certificates_pem)
    };
    match http().build().and_then(|client| Ok((client, http().build_bare()?))) {
        Ok((client, bare)) => {
            resources.insert(client);
            resources.insert(ObjectStores::new(bare));
        }
        // a machine without trusted roots can still ask everything else
        Err(error) => {
            let source = std::error::Error::source(&error).map(|it| format!(": {it}")).unwrap_or_default();
            let message = format!("{error}{source}");
            let remedy = "install the system's trusted certificates, such as the package `ca-certificates`";
            resources.fail::<HttpClient>(message.clone(), Some(remedy.to_owned()));
            resources.fail::<ObjectStores>(message, Some(remedy.to_owned()));
        }
    }
    Ok(Arc::new(resources))
}

/// The pages about a run that are put into tickets.
pub(crate) fn pages() -> TicketPages {
    TicketPages::new(|report, page| {
        let renderer = match page {
            TicketPage::SignOff => Markdown::sign_off(),
            _ => Markdown::decision(),
        };
        render_to_string(&renderer, report)
    })
}

/// Who runs the program: the user and the machine.
pub(crate) fn who() -> String {
    #[expect(clippy::disallowed_methods, reason = "the program is the caller that knows the environment")]
    let user =
        std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned());
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{user}@{machine}")
}

/// Runs a future on the program's own runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(future);
    // what a check may have left behind must not keep the program
    runtime.shutdown_background();
    ended
}
