//! The file through which clients find clusters.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{ClusterServer, access::ANONYMOUS};
use crate::certificates::ClientCertificate;

/// A kubeconfig with a context for each of several clusters; it is displayed as YAML.
///
/// ```
/// use vapora_preflight_sim::{ADMIN, Cluster, Kubeconfig, RESTRICTED};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let staging = Cluster::builder("staging").build().serve().await?;
/// let production = Cluster::builder("production").build().serve().await?;
/// let file = Kubeconfig::default().context("staging", &staging, ADMIN).context("production", &production, RESTRICTED);
/// assert!(file.to_string().contains(&production.url()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Kubeconfig(Vec<Context>);

#[derive(Clone)]
struct Context {
    name: String,
    server: String,
    ca: String,
    user: String,
    credential: Credential,
}

/// With what a user shows who it is.
#[derive(Clone)]
enum Credential {
    None,
    Token(String),
    Certificate(ClientCertificate),
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.name)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Kubeconfig {
    /// Adds a context that asks this cluster as this identity. The first one is the current context.
    pub fn context(self, name: &str, server: &ClusterServer, identity: &str) -> Self {
        let credential = match server.token(identity) {
            _ if identity == ANONYMOUS => Credential::None,
            Some(token) => Credential::Token(token),
            None => Credential::Token(format!("sim-no-such-identity-{identity}")),
        };
        self.add(name, server, identity, credential)
    }

    /// Adds a context whose user has this token.
    pub fn context_with_token(self, name: &str, server: &ClusterServer, token: &str) -> Self {
        self.add(name, server, "token", Credential::Token(token.to_owned()))
    }

    /// Adds a context whose user has this certificate.
    pub fn context_with_certificate(
        self,
        name: &str,
        server: &ClusterServer,
        certificate: &ClientCertificate,
    ) -> Self {
        self.add(name, server, "certificate", Credential::Certificate(certificate.clone()))
    }

    fn add(mut self, name: &str, server: &ClusterServer, user: &str, credential: Credential) -> Self {
        self.0.push(Context {
            name: name.to_owned(),
            server: server.url(),
            ca: STANDARD.encode(server.ca_pem()),
            user: format!("{name}-{user}"),
            credential,
        });
        self
    }
}

/// A text in YAML, where every JSON text is one.
fn quoted(text: &str) -> Value {
    Value::from(text)
}

impl fmt::Display for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "apiVersion: v1\nkind: Config\nclusters:")?;
        for Context { name, server, ca, .. } in &self.0 {
            writeln!(f, "- name: {}\n  cluster:\n    server: {}", quoted(name), quoted(server))?;
            writeln!(f, "    certificate-authority-data: {ca}")?;
        }
        writeln!(f, "users:")?;
        for Context { user, credential, .. } in &self.0 {
            write!(f, "- name: {}\n  user:", quoted(user))?;
            match credential {
                Credential::None => writeln!(f, " {{}}")?,
                Credential::Token(token) => writeln!(f, "\n    token: {}", quoted(token))?,
                Credential::Certificate(certificate) => {
                    let [own, key] =
                        [certificate.pem(), certificate.key_pem()].map(|pem| STANDARD.encode(pem));
                    writeln!(f, "\n    client-certificate-data: {own}\n    client-key-data: {key}")?;
                }
            }
        }
        writeln!(f, "contexts:")?;
        for Context { name, user, .. } in &self.0 {
            let (name, user) = (quoted(name), quoted(user));
            writeln!(f, "- name: {name}\n  context:\n    cluster: {name}\n    user: {user}")?;
        }
        let current = self.0.first().map_or("", |context| &context.name);
        writeln!(f, "current-context: {}", quoted(current))
    }
}
