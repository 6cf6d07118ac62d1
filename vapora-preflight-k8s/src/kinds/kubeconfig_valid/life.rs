//! How long one credential is good.

use vapora_preflight::{CheckError, Timestamp};

use super::Needed;
use crate::{Credential, Expiry};

/// How long one credential is good.
#[derive(Debug)]
pub(super) struct Life {
    /// What it is called.
    pub(super) name: String,
    from: Option<Timestamp>,
    /// When it expires, where that is said.
    pub(super) said: Option<Timestamp>,
    unsaid: bool,
    /// Whether there will be another one before it expires.
    pub(super) renewed: bool,
}

impl Life {
    pub(super) fn of(credential: &Credential) -> Result<Self, CheckError> {
        let name = credential.name();
        let life = |expiry: Expiry, renewed: bool| Self {
            name: name.clone(),
            from: None,
            said: match expiry {
                Expiry::At(until) => Some(until),
                Expiry::Never | Expiry::Unsaid => None,
            },
            unsaid: expiry == Expiry::Unsaid,
            renewed,
        };
        Ok(match credential {
            Credential::Certificate { from, until, .. } => {
                Self { from: Some(*from), ..life(Expiry::At(*until), false) }
            }
            Credential::UnreadableCertificate => {
                return Err(CheckError::permanent("the client certificate could not be read")
                    .remedy("see `client-certificate` of the user in the kubeconfig"));
            }
            Credential::Token(expiry) => life(*expiry, false),
            Credential::TokenFile { path, renewed } => {
                let token = std::fs::read_to_string(path).map_err(|error| {
                    CheckError::permanent(format!("{name} could not be read"))
                        .because(&error)
                        .remedy("see that the file is there and may be read")
                })?;
                life(Expiry::of_token(&token), *renewed)
            }
            Credential::Plugin { until, .. } => life(until.map_or(Expiry::Unsaid, Expiry::At), true),
            Credential::Provider(_) => life(Expiry::Unsaid, true),
            Credential::Password => life(Expiry::Unsaid, false),
        })
    }

    /// When it expires, if it is not renewed.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.said.filter(|_| !self.renewed)
    }

    /// Whether nobody knows when it expires.
    pub(super) fn is_unsaid(&self) -> bool {
        self.unsaid && !self.renewed
    }

    /// Why it is not good for long enough.
    pub(super) fn trouble(&self, needed: &Needed, now: Timestamp) -> Option<String> {
        let name = &self.name;
        if let Some(from) = self.from.filter(|from| *from > now) {
            return Some(format!("{name} is not good before {}", from.to_minute()));
        }
        let until = self.until()?;
        if until <= now {
            return Some(format!("{name} expired at {}", until.to_minute()));
        }
        self.expires_before(needed.until)
    }

    /// That it expires before then.
    pub(super) fn expires_before(&self, then: Timestamp) -> Option<String> {
        let until = self.until().filter(|until| *until < then)?;
        Some(format!("{} expires at {}", self.name, until.to_minute()))
    }
}
