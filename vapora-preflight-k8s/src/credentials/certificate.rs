//! The certificate of a client.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::config::AuthInfo;
use vapora_preflight::Timestamp;
use x509_cert::{Certificate, time::Time};

use super::Credential;
use crate::wording::short;

/// What is known of the certificate, where there is one. Data goes before a file.
pub(super) fn of(auth: &AuthInfo) -> Option<Credential> {
    let pem = match (&auth.client_certificate_data, &auth.client_certificate) {
        (Some(data), _) => STANDARD.decode(data).ok(),
        (None, Some(path)) => fs::read(path).ok(),
        (None, None) => return None,
    };
    let read = pem.and_then(|pem| Certificate::load_pem_chain(&pem).ok()).unwrap_or_default();
    // Those after the first one are of its issuers.
    Some(read.first().map_or(Credential::UnreadableCertificate, |certificate| {
        let it = certificate.tbs_certificate();
        Credential::Certificate {
            subject: short(&it.subject().to_string()),
            from: instant(it.validity().not_before),
            until: instant(it.validity().not_after),
        }
    }))
}

fn instant(time: Time) -> Timestamp {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
