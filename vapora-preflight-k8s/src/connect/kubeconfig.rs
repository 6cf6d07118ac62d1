//! From kubeconfig files to the settings of a connection.

use std::{io::ErrorKind, path::PathBuf};

use kube::{
    Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};

use super::ConnectError;

/// A context that was found, and whose credentials it takes.
pub(super) struct Found {
    pub(super) config: Config,
    pub(super) context: String,
    pub(super) user: Option<String>,
}

/// The context of that name in these files, or the current one.
pub(super) async fn find(files: Vec<PathBuf>, context: Option<&str>) -> Result<Found, ConnectError> {
    let merged = merged(&files)?;
    let known: Vec<String> = merged.contexts.iter().map(|context| context.name.clone()).collect();
    let Some(name) = context.map(str::to_owned).or_else(|| merged.current_context.clone()) else {
        return Err(ConnectError::NoCurrentContext { files, known });
    };
    let Some(named) = merged.contexts.iter().find(|context| context.name == name) else {
        return Err(ConnectError::NoContext { files, context: name, known });
    };
    let user = named.context.as_ref().and_then(|context| context.user.clone());
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    match Config::from_custom_kubeconfig(merged, &options).await {
        Ok(config) => Ok(Found { config, context: name, user }),
        Err(error) => Err(ConnectError::Context { context: name, problem: problem(&error) }),
    }
}

/// What is wrong with a context, without a word that quotes the file.
fn problem(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(_) => "it is not valid".to_owned(),
        other => other.to_string(),
    }
}

/// The files as one, as `kubectl` merges them: what the first one says is kept. Of several, those that do not exist are left
/// out.
fn merged(files: &[PathBuf]) -> Result<Kubeconfig, ConnectError> {
    let mut merged: Option<Kubeconfig> = None;
    let mut missing = None;
    for path in files {
        let mut file = match Kubeconfig::read_from(path) {
            Ok(file) => file,
            Err(KubeconfigError::ReadConfig(source, _)) => {
                let error = ConnectError::Read { path: path.clone(), source };
                match error {
                    ConnectError::Read { ref source, .. }
                        if files.len() > 1 && source.kind() == ErrorKind::NotFound =>
                    {
                        missing.get_or_insert(error);
                        continue;
                    }
                    error => return Err(error),
                }
            }
            Err(_) => return Err(ConnectError::Malformed { path: path.clone() }),
        };
        file.current_context = file.current_context.filter(|context| !context.is_empty());
        merged = Some(match merged {
            Some(earlier) => {
                earlier.merge(file).map_err(|_| ConnectError::Apart { files: files.to_vec() })?
            }
            None => file,
        });
    }
    merged.ok_or_else(|| missing.unwrap_or(ConnectError::NoKubeconfig))
}
