//! From the settings of a target to its client.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use vapora_preflight::{Plan, Resources};

use crate::{K8sClient, KubernetesTarget};

/// How long the connection itself may take. The time of an answer is the executor's to bound.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// The kubeconfig has no such context.
    #[error("the kubeconfig `{}` has no context `{context}`", path.display())]
    NoContext {
        /// The file.
        path: PathBuf,
        /// The context that was asked for.
        context: String,
        /// The contexts it has.
        known: Vec<String>,
    },
    /// The kubeconfig has no current context, and the settings name none.
    #[error("the kubeconfig `{}` has no current context", path.display())]
    NoCurrentContext {
        /// The file.
        path: PathBuf,
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

impl ConnectError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        let known = |known: &[String]| match known {
            [] => "the kubeconfig has no contexts at all".to_owned(),
            known => format!("name one of its contexts: {}", crate::wording::names(known)),
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
            Self::NoContext { known: contexts, .. } | Self::NoCurrentContext { known: contexts, .. } => {
                known(contexts)
            }
            Self::Context { .. } => "correct the context in the kubeconfig".to_owned(),
            Self::InCluster { .. } => {
                "run it in a pod with a service account, or use a kubeconfig instead of `in_cluster`"
                    .to_owned()
            }
            Self::Client { .. } => "log in by hand as the user of the context says, and try again".to_owned(),
        }
    }
}

/// Connects every target of the plan that has settings of `kubernetes`. A target that cannot be connected makes only its
/// own checks err, with the reason.
///
/// `kubeconfig` is the caller's, for the targets that name none. The environment is not read: `KUBECONFIG` is the caller's to
/// look up.
pub async fn connect_all(plan: &Plan, kubeconfig: Option<&Path>, resources: &mut Resources) {
    for target in plan.targets() {
        let Some(settings) = target.settings::<KubernetesTarget>() else { continue };
        match connect(settings, kubeconfig).await {
            Ok(client) => {
                let counted = client.clone();
                resources
                    .meter(Some(&target.name), "requests", move || counted.requests())
                    .review_access_of(&target.name, Arc::new(client.clone()))
                    .insert_for(&target.name, client);
            }
            Err(error) => {
                let mut message = format!("the target `{}` cannot be connected: {error}", target.name);
                if let Some(source) = std::error::Error::source(&error) {
                    message = format!("{message}: {source}");
                }
                resources.fail_for::<K8sClient>(&target.name, message, Some(error.remedy()));
            }
        }
    }
}

/// Makes the client of one target: that of its own pod with `in_cluster`, and otherwise that of a context of the
/// kubeconfig it names, or else of the caller's. Nothing is asked of the cluster yet; a credential plugin that the context
/// names is run.
///
/// # Errors
///
/// What is missing or wrong in the settings, the kubeconfig or the pod.
pub async fn connect(
    settings: &KubernetesTarget,
    kubeconfig: Option<&Path>,
) -> Result<K8sClient, ConnectError> {
    let (mut config, context) = if settings.in_cluster {
        for (set, with) in
            [(settings.context.is_some(), "context"), (settings.kubeconfig.is_some(), "kubeconfig")]
        {
            if set {
                return Err(ConnectError::InClusterAnd { with });
            }
        }
        (Config::incluster().map_err(|source| ConnectError::InCluster { source })?, None)
    } else {
        let path = settings.kubeconfig.as_deref().or(kubeconfig).ok_or(ConnectError::NoKubeconfig)?;
        let (config, context) = from_file(path, settings.context.as_deref()).await?;
        (config, Some(context))
    };
    // The retries are the executor's, and so is the time of an answer.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    let server = config.cluster_url.to_string();
    let client =
        Client::try_from(config).map_err(|error| ConnectError::Client { problem: spoken(&error) })?;
    let client = K8sClient::new(client, server);
    Ok(match context {
        Some(context) => client.in_context(context),
        None => client,
    })
}

async fn from_file(path: &Path, context: Option<&str>) -> Result<(Config, String), ConnectError> {
    let path = path.to_path_buf();
    let file = match Kubeconfig::read_from(&path) {
        Ok(file) => file,
        Err(KubeconfigError::ReadConfig(source, _)) => return Err(ConnectError::Read { path, source }),
        Err(_) => return Err(ConnectError::Malformed { path }),
    };
    let known: Vec<String> = file.contexts.iter().map(|context| context.name.clone()).collect();
    let current = file.current_context.clone().filter(|context| !context.is_empty());
    let Some(context) = context.map(str::to_owned).or(current) else {
        return Err(ConnectError::NoCurrentContext { path, known });
    };
    if !known.contains(&context) {
        return Err(ConnectError::NoContext { path, context, known });
    }
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    match Config::from_custom_kubeconfig(file, &options).await {
        Ok(config) => Ok((config, context)),
        Err(KubeconfigError::Parse(_)) => Err(ConnectError::Malformed { path }),
        Err(error) => Err(ConnectError::Context { context, problem: error.to_string() }),
    }
}

/// What an error says, as far as it cannot hold the output of a credential plugin.
fn spoken(error: &kube::Error) -> String {
    match error {
        kube::Error::Auth(_) => "no credentials could be had for the context".to_owned(),
        kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
            "the `proxy-url` of the context has a scheme that is not supported".to_owned()
        }
        other => other.to_string(),
    }
}
