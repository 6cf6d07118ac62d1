//! URLs that are credentials themselves.

use vapora_preflight::{CheckContext, CheckError, ExposeSecret, SecretRef};

use crate::HttpUrl;

const REDACTED: &str = "[redacted]";
/// What is shorter stands in too many texts by chance.
const SHORTEST: usize = 6;

/// A URL that whoever knows it may use, as that of a webhook. No text of it is shown but the host.
pub(crate) struct SecretUrl {
    url: HttpUrl,
    hidden: Vec<String>,
}

impl SecretUrl {
    /// The URL that a secret holds; `what` is it in messages: `the webhook`.
    pub(crate) fn resolve(cx: &CheckContext, secret: &SecretRef, what: &str) -> Result<Self, CheckError> {
        let text = cx.secret(secret)?;
        let url: HttpUrl = text.expose_secret().parse().map_err(|_| {
            // Without the text: it is the secret.
            CheckError::permanent(format!(
                "{what} in {secret} is no URL of http or https, or holds a password"
            ))
            .remedy(format!("set {secret} to the whole URL, as in `https://…`"))
        })?;
        Ok(Self { hidden: hidden(&url), url })
    }

    /// The URL, for asking it.
    pub(crate) fn url(&self) -> &HttpUrl {
        &self.url
    }

    /// The same with one more parameter in its query.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.url.0.query_pairs_mut().append_pair(name, value);
        self
    }

    /// The host, which is no secret.
    pub(crate) fn host(&self) -> &str {
        self.url.0.host_str().unwrap_or_default()
    }

    /// A text without what it repeats of the URL.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, part| text.replace(part.as_str(), REDACTED))
    }
}

/// What a server may repeat of a URL: the path, its parts, and the values of the query; the longest first.
fn hidden(url: &HttpUrl) -> Vec<String> {
    let url = &url.0;
    let mut parts = vec![url.path().to_owned()];
    parts.extend(url.path_segments().into_iter().flatten().map(str::to_owned));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    parts.retain(|part| part.len() >= SHORTEST);
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.dedup();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_url_is_left_in_a_text() {
        let url: HttpUrl =
            "https://chat.test/hooks/T024BE7LD/geheim-123?sig=a%20b%20c%20d&v=1".parse().unwrap();
        let url = SecretUrl { hidden: hidden(&url), url };
        let said =
            url.hide("Cannot POST /hooks/T024BE7LD/geheim-123, key geheim-123, sig a b c d of T024BE7LD v 1");
        assert_eq!(said, "Cannot POST [redacted], key [redacted], sig [redacted] of [redacted] v 1");
        assert_eq!(url.host(), "chat.test");
    }
}
