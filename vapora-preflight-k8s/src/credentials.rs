//! What is known of the credentials of a client.

mod certificate;
mod token;

use std::path::PathBuf;

use kube::config::AuthInfo;
use vapora_preflight::{ExposeSecret, Timestamp};

pub use self::token::Expiry;

/// What is known of the credentials of a client: whose they are, of what sort, and until when they are good. It holds none of
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    user: Option<String>,
    all: Vec<Credential>,
    impersonates: Option<String>,
}

/// One credential of a client, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A certificate for the client.
    Certificate {
        /// Whom it names.
        subject: String,
        /// From when on it is good.
        from: Timestamp,
        /// Until when it is good.
        until: Timestamp,
    },
    /// A certificate for the client that could not be read.
    UnreadableCertificate,
    /// A bearer token.
    Token(Expiry),
    /// A bearer token in a file, which may change.
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Whether somebody renews it in time, as the kubelet does for a pod.
        renewed: bool,
    },
    /// A program that gives credentials, and new ones when they expire.
    Plugin {
        /// Its name or path.
        command: String,
        /// Until when those are good that it has given last, where it says so.
        until: Option<Timestamp>,
    },
    /// A way to get credentials that is built into the client.
    Provider(String),
    /// A name and a password.
    Password,
}

impl Credentials {
    /// What is known of these credentials, in the order in which they are tried. A certificate in a file is read; a credential
    /// plugin is not run.
    pub fn of(auth: &AuthInfo) -> Self {
        let certificate = certificate::of(auth);
        let other = if let Some(provider) = &auth.auth_provider {
            Some(match provider.config.get("id-token") {
                Some(token) => Credential::Token(Expiry::of_token(token)),
                None => Credential::Provider(provider.name.clone()),
            })
        } else if auth.username.is_some() && auth.password.is_some() {
            Some(Credential::Password)
        } else if let Some(token) = &auth.token {
            Some(Credential::Token(Expiry::of_token(token.expose_secret())))
        } else if let Some(path) = &auth.token_file {
            Some(Credential::TokenFile { path: path.into(), renewed: false })
        } else {
            auth.exec.as_ref().map(|exec| Credential::Plugin {
                command: exec.command.clone().unwrap_or_default(),
                until: None,
            })
        };
        Self {
            user: None,
            all: certificate.into_iter().chain(other).collect(),
            impersonates: auth.impersonate.clone(),
        }
    }

    /// The same, with the name that the user has in the kubeconfig.
    pub fn of_user(self, user: Option<String>) -> Self {
        Self { user, ..self }
    }

    /// The same, where somebody renews the tokens in files in time, as the kubelet does for a pod.
    pub fn renewed(mut self) -> Self {
        for credential in &mut self.all {
            if let Credential::TokenFile { renewed, .. } = credential {
                *renewed = true;
            }
        }
        self
    }

    /// The same, where the plugin has said until when its credentials are good.
    pub(crate) fn plugin_until(mut self, said: Option<Timestamp>) -> Self {
        for credential in &mut self.all {
            if let Credential::Plugin { until, .. } = credential {
                *until = said;
            }
        }
        self
    }

    /// The name that the user has in the kubeconfig.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// All of them.
    pub fn all(&self) -> &[Credential] {
        &self.all
    }

    /// As whom the user acts, where it is not as themselves.
    pub fn impersonates(&self) -> Option<&str> {
        self.impersonates.as_deref()
    }
}

impl Credential {
    /// What it is called: `a client certificate`.
    pub fn name(&self) -> String {
        match self {
            Self::Certificate { .. } | Self::UnreadableCertificate => "the client certificate".to_owned(),
            Self::Token(_) => "the token".to_owned(),
            Self::TokenFile { path, .. } => format!("the token in `{}`", path.display()),
            Self::Plugin { command, .. } => format!("the credential plugin `{command}`"),
            Self::Provider(name) => format!("the provider `{name}`"),
            Self::Password => "the password".to_owned(),
        }
    }
}
