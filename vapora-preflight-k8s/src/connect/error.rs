//! Why a target has no client.

use std::path::PathBuf;

use crate::wording::{names, short};

/// Why a target has no client. What it says holds no credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is nothing to take credentials from.
    #[error("no kubeconfig is given")]
    NoKubeconfig,
    /// The settings contradict each other.
    #[error("`in_cluster` does not go with `{with}`")]
    InClusterAnd {
        /// The other setting.
        with: &'static str,
    },
    /// The kubeconfig could not be read.
    #[error("the kubeconfig `{}` could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The kubeconfig is not what a kubeconfig has to be. The parser's own words are left out, as they quote the file.
    #[error("the kubeconfig `{}` is not valid", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The kubeconfigs are not of one kind and version.
    #[error("the kubeconfigs {} do not go together", shown(files))]
    Apart {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// The kubeconfig has no such context.
    #[error("the kubeconfig {} has no context `{context}`", shown(files))]
    NoContext {
        /// The files.
        files: Vec<PathBuf>,
        /// The context that was asked for.
        context: String,
        /// The contexts it has.
        known: Vec<String>,
    },
    /// The kubeconfig has no current context, and the settings name none.
    #[error("the kubeconfig {} has no current context", shown(files))]
    NoCurrentContext {
        /// The files.
        files: Vec<PathBuf>,
        /// The contexts it has.
        known: Vec<String>,
    },
    /// The context leads nowhere: its cluster, URL, proxy, certificates or keys cannot be used.
    #[error("the context `{context}` cannot be used: {problem}")]
    Context {
        /// The context.
        context: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The credential plugin of the context gives no credentials. What it printed is left out.
    #[error("the credential plugin `{command}` of the context `{context}` {problem}")]
    Plugin {
        /// The context.
        context: String,
        /// The plugin's name or path.
        command: String,
        /// What went wrong.
        problem: String,
        /// What the kubeconfig says about how to install it.
        hint: Option<String>,
    },
    /// The run is not inside of a cluster, or its pod has no service account.
    #[error("the service account of this pod cannot be used")]
    InCluster {
        /// What is missing.
        source: kube::config::InClusterError,
    },
    /// The client could not be built. The reason is left out where a credential plugin may have printed it.
    #[error("the client could not be built: {problem}")]
    Client {
        /// What is wrong.
        problem: String,
    },
}

fn shown(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    names(&files)
}

impl ConnectError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        let known = |known: &[String]| match known {
            [] => "the kubeconfig has no contexts at all".to_owned(),
            known => format!("name one of its contexts: {}", names(known)),
        };
        match self {
            Self::NoKubeconfig => {
                "give the run a kubeconfig, or set `kubeconfig` or `in_cluster = true` in the target's \
                 `kubernetes` table"
                    .to_owned()
            }
            Self::InClusterAnd { with } => format!("take out either `in_cluster` or `{with}`"),
            Self::Read { .. } => "see that the file is there and may be read".to_owned(),
            Self::Malformed { path } => {
                format!("look at it with `kubectl config view --kubeconfig {}`", path.display())
            }
            Self::Apart { .. } => "see that all of them have the same `apiVersion` and `kind`".to_owned(),
            Self::NoContext { known: contexts, .. } | Self::NoCurrentContext { known: contexts, .. } => {
                known(contexts)
            }
            Self::Context { .. } => "correct the context in the kubeconfig".to_owned(),
            Self::Plugin { hint: Some(hint), .. } => short(hint),
            Self::Plugin { command, .. } => {
                format!(
                    "run `{command}` by hand as the user of the context says, or install it where `PATH` leads"
                )
            }
            Self::InCluster { .. } => {
                "run it in a pod with a service account, or use a kubeconfig instead of `in_cluster`"
                    .to_owned()
            }
            Self::Client { .. } => "log in by hand as the user of the context says, and try again".to_owned(),
        }
    }
}
