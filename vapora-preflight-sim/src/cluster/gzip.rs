//! Large answers in gzip, for clients that take it.

use axum::body::{Body, HttpBody};
use http::{HeaderValue, header};
use http_body_util::BodyExt;

use super::reply::Reply;

/// What is smaller is sent as it is.
const THRESHOLD: u64 = 128 * 1024;
/// The longest block of a gzip file whose content is not compressed.
const BLOCK: usize = 0xffff;

/// The same answer, in gzip where it is large and the client takes that.
pub(crate) async fn encoded(reply: Reply, accepted: Option<&str>) -> Reply {
    let large = reply.body.size_hint().exact().is_some_and(|size| size > THRESHOLD);
    if !large || !accepted.is_some_and(takes_gzip) {
        return reply;
    }
    let Reply { body, .. } = reply;
    let Ok(content) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return super::status::internal_error("the body cannot be read");
    };
    Reply { body: Body::from(gzip(&content)), ..reply }
        .with(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))
        .with(header::VARY, HeaderValue::from_static("Accept-Encoding"))
}

fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut parameters = part.split(';').map(str::trim);
        parameters.next() == Some("gzip") && !parameters.any(|parameter| parameter == "q=0")
    })
}

/// A gzip file of this content. Nothing is gained by its size: a simulated server has no network to spare.
fn gzip(content: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = content.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        file.push(u8::from(blocks.peek().is_none()));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend(block);
    }
    file.extend(checksum(content).to_le_bytes());
    file.extend((content.len() as u32).to_le_bytes());
    file
}

/// The checksum CRC-32 that stands at the end of a gzip file.
fn checksum(content: &[u8]) -> u32 {
    /// What each byte does to the sum.
    const STEPS: [u32; 256] = {
        let mut steps = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let (mut sum, mut bit) = (byte as u32, 0);
            while bit < 8 {
                sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
                bit += 1;
            }
            steps[byte] = sum;
            byte += 1;
        }
        steps
    };
    let step = |sum: u32, byte: &u8| (sum >> 8) ^ STEPS[((sum ^ u32::from(*byte)) & 0xff) as usize];
    !content.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_gzip() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[tokio::test]
    async fn only_what_is_large_is_encoded_for_who_takes_it() {
        let answer = |length: usize| Reply::new(200, "application/json", "x".repeat(length));
        for (length, accepted, expected) in [
            (200_000, Some("gzip"), true),
            (200_000, Some("deflate, gzip;q=0.5"), true),
            (200_000, Some("gzip;q=0"), false),
            (200_000, None, false),
            (128 * 1024, Some("gzip"), false),
        ] {
            let reply = encoded(answer(length), accepted).await;
            let is = reply.headers.iter().any(|(name, _)| name == header::CONTENT_ENCODING);
            assert_eq!(is, expected, "{length} {accepted:?}");
        }
    }
}
