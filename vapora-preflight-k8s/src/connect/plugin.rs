//! Running the credential plugin of a context.

use std::{io, process::Stdio};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use tokio::process::Command;
use vapora_preflight::{ExposeSecret as _, SecretString, Timestamp};

use super::ConnectError;
use crate::Expiry;

/// What a plugin prints.
#[derive(Deserialize)]
struct Given {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    expiration_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "secret")]
    token: Option<SecretString>,
    #[serde(default)]
    client_certificate_data: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    client_key_data: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

/// Runs the plugin of these credentials, where there is one that is used, and says until when those are good that it gives.
/// What does not expire, and a certificate, are put in its place, so that it is not run again for each part of the client;
/// a token that expires is left to the client, which runs the plugin again when it is time.
pub(super) async fn run(context: &str, auth: &mut AuthInfo) -> Result<Option<Timestamp>, ConnectError> {
    let is_used = auth.auth_provider.is_none()
        && (auth.username.is_none() || auth.password.is_none())
        && auth.token.is_none()
        && auth.token_file.is_none();
    let Some(exec) = auth.exec.as_ref().filter(|_| is_used) else { return Ok(None) };
    let failed = |problem: String| ConnectError::Plugin {
        context: context.to_owned(),
        command: exec.command.clone().unwrap_or_default(),
        problem,
        hint: exec.install_hint.clone().filter(|hint| !hint.trim().is_empty()),
    };
    let said = match command(exec).and_then(|mut command| command.spawn()) {
        Ok(child) => child.wait_with_output().await,
        Err(error) => Err(error),
    };
    let said = said.map_err(|error| {
        failed(match error.kind() {
            io::ErrorKind::NotFound => "was not found".to_owned(),
            kind => format!("could not be run: {kind}"),
        })
    })?;
    if !said.status.success() {
        return Err(failed(format!("did not end well: {}", said.status)));
    }
    // What cannot be read here may be YAML, which the client reads too.
    let Ok(Given { status }) = serde_json::from_slice(&said.stdout) else { return Ok(None) };
    let until = status.expiration_timestamp.or_else(|| {
        match Expiry::of_token(status.token.as_ref()?.expose_secret()) {
            Expiry::At(until) => Some(until),
            Expiry::Never | Expiry::Unsaid => None,
        }
    });
    match (status.client_certificate_data, status.client_key_data, status.token) {
        (Some(certificate), Some(key), _) => {
            auth.client_certificate_data = Some(STANDARD.encode(certificate));
            auth.client_key_data = Some(STANDARD.encode(key.expose_secret()).into());
            auth.exec = None;
        }
        (_, _, Some(token)) if status.expiration_timestamp.is_none() => {
            auth.token = Some(token);
            auth.exec = None;
        }
        _ => {}
    }
    Ok(until)
}

/// The plugin as `kubectl` starts it.
fn command(exec: &ExecConfig) -> io::Result<Command> {
    let name = exec.command.as_deref().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it has no name"))?;
    let mut command = Command::new(name);
    command.args(exec.args.iter().flatten()).kill_on_drop(true).stdout(Stdio::piped());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    let interactive = exec.interactive_mode != Some(ExecInteractiveMode::Never);
    if interactive {
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        command.stdin(Stdio::null()).stderr(Stdio::null());
    }
    let mut spec = json!({ "interactive": interactive });
    if exec.provide_cluster_info {
        spec["cluster"] = serde_json::to_value(&exec.cluster)?;
    }
    let info = json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec });
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    Ok(command)
}
