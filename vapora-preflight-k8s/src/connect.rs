//! From the settings of a target to its client.

mod error;
mod kubeconfig;
mod plugin;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use kube::{Client, Config};
use vapora_preflight::{Plan, Resources};

pub use self::error::ConnectError;
use self::kubeconfig::Found;
use crate::{Credentials, K8sClient, KubernetesTarget};

/// How long the connection itself may take. The time of an answer is the executor's to bound.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects every target of the plan that has settings of `kubernetes`. A target that cannot be connected makes only its
/// own checks err, with the reason.
///
/// `kubeconfigs` are the caller's, for the targets that name none; several are merged as `kubectl` merges them. The environment
/// is not read: `KUBECONFIG` is the caller's to look up.
pub async fn connect_all<P: AsRef<Path>>(
    plan: &Plan,
    kubeconfigs: impl IntoIterator<Item = P>,
    resources: &mut Resources,
) {
    let kubeconfigs: Vec<PathBuf> = kubeconfigs.into_iter().map(|path| path.as_ref().to_owned()).collect();
    for target in plan.targets() {
        let Some(settings) = target.settings::<KubernetesTarget>() else { continue };
        match connect(settings, &kubeconfigs).await {
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
/// kubeconfig it names, or else of the caller's, several of which are merged as `kubectl` merges them. Nothing is asked of
/// the cluster yet; a credential plugin that the context names is run.
///
/// # Errors
///
/// What is missing or wrong in the settings, the kubeconfig or the pod.
pub async fn connect<P: AsRef<Path>>(
    settings: &KubernetesTarget,
    kubeconfigs: impl IntoIterator<Item = P>,
) -> Result<K8sClient, ConnectError> {
    let kubeconfigs = kubeconfigs.into_iter().map(|path| path.as_ref().to_owned()).collect();
    let (mut config, context, credentials) = if settings.in_cluster {
        for (set, with) in
            [(settings.context.is_some(), "context"), (settings.kubeconfig.is_some(), "kubeconfig")]
        {
            if set {
                return Err(ConnectError::InClusterAnd { with });
            }
        }
        let config = Config::incluster().map_err(|source| ConnectError::InCluster { source })?;
        let credentials = Credentials::of(&config.auth_info).renewed();
        (config, None, credentials)
    } else {
        let files = settings.kubeconfig.clone().map_or(kubeconfigs, |own| vec![own]);
        let Found { mut config, context, user } =
            kubeconfig::find(files, settings.context.as_deref()).await?;
        let credentials = Credentials::of(&config.auth_info).of_user(user);
        let until = plugin::run(&context, &mut config.auth_info).await?;
        (config, Some(context), credentials.plugin_until(until))
    };
    // The retries are the executor's, and so is the time of an answer.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    let server = config.cluster_url.to_string();
    let client =
        Client::try_from(config).map_err(|error| ConnectError::Client { problem: spoken(&error) })?;
    let client = K8sClient::new(client, server).with_credentials(credentials);
    Ok(match context {
        Some(context) => client.in_context(context),
        None => client,
    })
}

/// What an error says, as far as it cannot hold the output of a credential plugin.
fn spoken(error: &kube::Error) -> String {
    match error {
        kube::Error::Auth(_) => "no credentials could be had for the context".to_owned(),
        kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
            "the `proxy-url` of the context has a scheme that is not supported".to_owned()
        }
        // The words of the parser hold what it could not read, and that may be the key.
        kube::Error::RustlsTls(_) => {
            "its client certificate and key, or its certificate authority, cannot be used".to_owned()
        }
        other => other.to_string(),
    }
}
