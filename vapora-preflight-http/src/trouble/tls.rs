//! What went wrong in a TLS handshake.

use rustls::{AlertDescription, CertificateError, Error};
use vapora_preflight::CheckError;

/// Whether the server broke off the handshake before it took anything, because of the certificate of the client.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::AlertReceived(alert) if is_about_us(*alert))
}

fn is_about_us(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
    )
}

/// A handshake that failed, in plain words.
pub(super) fn words(error: &Error, place: &str) -> CheckError {
    match error {
        Error::InvalidCertificate(why) => {
            let (why, remedy) = certificate(why);
            let told = CheckError::transient(format!("the certificate of `{place}` is not trusted: {why}"));
            match remedy {
                Some(remedy) => told.remedy(remedy),
                None => told,
            }
        }
        Error::InvalidMessage(_) => CheckError::transient(format!("`{place}` does not speak TLS"))
            .because(error)
            .remedy("write `http://` if that port is not encrypted"),
        Error::AlertReceived(alert) if is_about_us(*alert) => CheckError::transient(format!(
            "`{place}` does not accept who asks: it broke off the TLS handshake with the alert `{alert:?}`"
        ))
        .remedy("give the check a `client_certificate` that this server accepts"),
        Error::AlertReceived(alert) => {
            CheckError::transient(format!("`{place}` broke off the TLS handshake with the alert `{alert:?}`"))
        }
        Error::PeerIncompatible(_) => CheckError::transient(format!(
            "`{place}` has no TLS version or cipher in common with this client"
        ))
        .because(error),
        other => CheckError::transient(format!("the TLS handshake with `{place}` failed")).because(other),
    }
}

fn certificate(why: &CertificateError) -> (String, Option<&'static str>) {
    match why {
        CertificateError::UnknownIssuer => (
            "it was issued by an unknown authority".to_owned(),
            Some(
                "give the run the root of that authority, and let the server send its intermediate certificates",
            ),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("it has expired".to_owned(), Some("renew it"))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("it is not valid yet".to_owned(), Some("check the clocks of the server and of this machine"))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "it is for another name".to_owned(),
            Some("correct the host, or have the name put into the certificate"),
        ),
        CertificateError::Revoked => ("it was revoked".to_owned(), Some("replace it")),
        other => (other.to_string(), None),
    }
}
