//! Bodies, read up to a limit.

use reqwest::{Response, Url};
use vapora_preflight::CheckError;

use crate::trouble;

/// What was read of a body.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Whether there is more than the limit.
    pub(super) larger: bool,
}

/// Reads a body, decompressed, and stops as soon as it turns out larger than the limit.
pub(super) async fn read(response: &mut Response, limit: u64, url: &Url) -> Result<Body, CheckError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble::reading(error, url))? {
        let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(bytes.len());
        if chunk.len() > room {
            bytes.extend_from_slice(&chunk[..room]);
            return Ok(Body { bytes, larger: true });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Body { bytes, larger: false })
}
