//! The server that both ask.

use std::{error::Error, io::Write as _, path::PathBuf};

use tempfile::NamedTempFile;
use vapora_preflight_sim::World;

/// Where the cluster is, and how to reach it.
pub(crate) struct Place {
    world: Option<World>,
    /// Kept, since dropping it removes the file.
    _file: Option<NamedTempFile>,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) context: String,
    pub(crate) namespace: String,
}

/// Two o'clock of the first of December 2026 in UTC, in seconds of Unix time.
const NOW: i64 = 1_796_133_600;

impl Place {
    pub(crate) async fn simulated() -> Result<Self, Box<dyn Error>> {
        let world = World::start(&[], NOW).await?;
        let mut file = NamedTempFile::new()?;
        file.write_all(world.kubeconfig().as_bytes())?;
        Ok(Self {
            kubeconfig: file.path().to_owned(),
            world: Some(world),
            _file: Some(file),
            context: "production".to_owned(),
            namespace: "vapora".to_owned(),
        })
    }

    pub(crate) fn real(kubeconfig: &str, context: &str, namespace: &str) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            world: None,
            _file: None,
            kubeconfig: std::path::absolute(kubeconfig)?,
            context: context.to_owned(),
            namespace: namespace.to_owned(),
        })
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
