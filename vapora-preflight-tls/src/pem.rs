//! Files with PEM in them.

use std::{io, path::Path};

use tokio::io::AsyncReadExt as _;

/// The largest file that is read, in bytes; no bundle of certificates comes near it.
const LARGEST: u64 = 4 << 20;

/// Reads a file.
///
/// # Errors
///
/// It cannot be read, is no plain file, or is larger than any PEM file.
pub(crate) async fn read(path: &Path) -> io::Result<Vec<u8>> {
    // a pipe would be waited for without end, and a device has no end
    if !tokio::fs::metadata(path).await?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut bytes = Vec::new();
    tokio::fs::File::open(path).await?.take(LARGEST + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it has more than {} MiB, which no PEM file has",
            LARGEST >> 20
        )));
    }
    Ok(bytes)
}
