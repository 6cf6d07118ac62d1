//! What most commands begin with: the kinds, the checklist, the release.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use vapora_preflight::{
    Compiled, Diagnostic, Level, Overrides, Plan, PlanBuilder, Registry, ReleaseId, Resources, load, releases,
};
use vapora_preflight_report::render_diagnostics;

use crate::{
    args::{RecordArgs, SetArgs},
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
            Stop::usage(
                "the release has no name: give it with `--release NAME`, or as `release` in `[deployment]`",
            )
        })
    }
}

/// The checklist where none is named.
fn default_checklist() -> Option<PathBuf> {
    ["preflight.toml", "preflight"].into_iter().map(PathBuf::from).find(|path| path.exists())
}

/// Reads and compiles a checklist. What is wrong with it is written out, and ends the command.
pub(crate) fn open(checklist: Option<&Path>, set: &SetArgs, terminal: &Terminal) -> Result<Opened, Stop> {
    let remembered = match &set.release {
        Some(release) => Settings::read(&set.dir, release)?,
        None => Settings::default(),
    };
    let mut settings = remembered.merged(checklist, set)?;
    let path = settings.checklist.clone().or_else(default_checklist).ok_or_else(|| {
        Stop::usage("no checklist: name a TOML file or a folder of them, or call it `preflight.toml`")
    })?;
    settings.checklist = Some(path.clone());
    let registry = registry();
    let mut compiled = compile(&path, &registry, settings.overrides(set.release.as_ref()), terminal)?;
    // the release may be named by the checklist itself: then what it was run with is known only now
    if set.release.is_none()
        && let Some(release) = compiled.plan.outline().deployment.release.clone()
    {
        let remembered = Settings::read(&set.dir, &release)?;
        if remembered != Settings::default() {
            settings = remembered.merged(Some(&path), set)?;
            compiled = compile(&path, &registry, settings.overrides(Some(&release)), terminal)?;
        }
    }
    let warnings = &compiled.warnings;
    if !warnings.is_empty() {
        terminal.error(&render_diagnostics(warnings, &load(&path).sources, terminal.colors_errors()));
    }
    Ok(Opened { plan: compiled.plan, dir: set.dir.clone(), settings })
}

fn compile(
    path: &Path,
    registry: &Registry,
    overrides: Overrides,
    terminal: &Terminal,
) -> Result<Compiled, Stop> {
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
        Some(compiled) if diagnostics.iter().all(|it| it.level != Level::Error) => Ok(compiled),
        _ => {
            let text = render_diagnostics(&diagnostics, &loaded.sources, terminal.colors_errors());
            terminal.error(&text);
            Err(Stop { code: exit::USAGE, message: String::new() })
        }
    }
}

/// The release that a record is asked of: the one named, or the only one there is.
pub(crate) fn release_of(record: &RecordArgs) -> Result<ReleaseId, Stop> {
    if let Some(release) = &record.release {
        return Ok(release.clone());
    }
    let all = releases(&record.dir)?;
    match &all[..] {
        [] => Err(Stop::usage(format!("no release is on record in `{}`", record.dir.display()))),
        [one] => Ok(one.clone()),
        many => {
            let names: Vec<String> = many.iter().map(|release| format!("`{release}`")).collect();
            Err(Stop::usage(format!(
                "several releases are on record, name one with `--release`: {}",
                names.join(", ")
            )))
        }
    }
}

/// The clients that the checks of a plan work with.
pub(crate) async fn resources(plan: &Plan, kubeconfig: Option<&Path>) -> Result<Arc<Resources>, Stop> {
    let mut resources = Resources::new();
    vapora_preflight_k8s::connect_all(plan, kubeconfig, &mut resources).await;
    let http = vapora_preflight_http::HttpClient::builder().system_proxy().build()?;
    resources.insert(http);
    Ok(Arc::new(resources))
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
