//! The server that both ask.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use vapora_preflight::{Clock, SystemClock};
use vapora_preflight_sim::{ADMIN, Kubeconfig, World};

/// Where the cluster is, and how to reach it.
pub(crate) struct Place {
    world: Option<World>,
    /// Kept, since dropping it removes its files.
    _folder: Option<TempDir>,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) context: String,
    pub(crate) namespace: String,
    /// The folder with `configmap.yaml` and `deployment.yaml`.
    files: Option<PathBuf>,
}

/// How old the simulated world is.
const AGE: Duration = Duration::from_mins(30);

impl Place {
    pub(crate) async fn simulated() -> Result<Self, Box<dyn Error>> {
        // It has been there for a while, so that nothing in it is new.
        let world = World::start(&[], SystemClock.now().minus(AGE).unix_seconds()).await?;
        world.clock().advance(AGE);
        let folder = tempfile::tempdir()?;
        let kubeconfig = folder.path().join("kubeconfig");
        let own = Kubeconfig::default().context("production", world.production(), ADMIN);
        fs::write(&kubeconfig, own.to_string())?;
        for file in world.artifacts() {
            fs::write(folder.path().join(file.name), file.content)?;
        }
        Ok(Self {
            world: Some(world),
            files: Some(folder.path().to_owned()),
            _folder: Some(folder),
            kubeconfig,
            context: "production".to_owned(),
            namespace: "vapora".to_owned(),
        })
    }

    pub(crate) fn real(
        kubeconfig: &str,
        context: &str,
        namespace: &str,
        files: Option<&str>,
    ) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            world: None,
            _folder: None,
            kubeconfig: std::path::absolute(kubeconfig)?,
            context: context.to_owned(),
            namespace: namespace.to_owned(),
            files: files.map(std::path::absolute).transpose()?,
        })
    }

    /// Whether there are manifests of a release.
    pub(crate) fn has_files(&self) -> bool {
        self.files.is_some()
    }

    /// A text with the names of this place in it.
    pub(crate) fn filled(&self, text: &str) -> String {
        let files = self.files.as_deref().unwrap_or(Path::new(""));
        text.replace("$NS", &self.namespace).replace("$FILES", &files.display().to_string())
    }

    /// How many requests the server has got so far, where it counts them.
    pub(crate) fn requests(&self) -> Option<u64> {
        self.world.as_ref().map(|world| world.production().request_count() as u64)
    }

    pub(crate) fn told(&self) -> String {
        match &self.world {
            Some(_) => "On the simulated production:".to_owned(),
            None => format!("On the context `{}`, in the namespace `{}`:", self.context, self.namespace),
        }
    }
}
