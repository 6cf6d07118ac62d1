//! What stands between the object stores and the network: no forbidden address, no endless body.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
        HttpService,
    },
};
use vapora_preflight::{ForbiddenAddress, async_trait};

/// How large the body of any answer may be. Objects are read in smaller pieces, and a page of a list has 1000 names.
const BODY_LIMIT: usize = 16 << 20;
/// How much of a refusal is looked at.
const REFUSAL_LIMIT: usize = 64 << 10;

/// A body was longer than anything that is asked for.
#[derive(Debug, thiserror::Error)]
#[error("it sent more than {} MiB at once", BODY_LIMIT >> 20)]
pub(super) struct TooLarge;

/// An answer to a list that is none, or one without the means to ask for its rest.
#[derive(Debug, thiserror::Error)]
#[error("it is no list of objects")]
pub(super) struct NoList;

/// How a server refused the last request that it refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// The provider's own word for it, such as `NoSuchBucket`.
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// The region that the bucket is in, where the server says so.
    pub(super) region: Option<String>,
    /// For how many seconds it asks to be left alone.
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    /// What the server says where it knows who asks, and does not let them.
    pub(super) fn denies(&self) -> Option<String> {
        let denials =
            ["AccessDenied", "AllAccessDisabled", "AuthorizationFailure", "AuthorizationPermissionMismatch"];
        let code = self.code.as_deref()?;
        let denied = self.status == 403 && denials.contains(&code);
        denied.then(|| match &self.message {
            Some(message) => format!("`{code}`: {message}"),
            None => format!("`{code}`"),
        })
    }
}

/// How a server answered last, where that was a refusal.
#[derive(Debug, Default)]
pub(super) struct LastAnswer(Mutex<Option<Refusal>>);

impl LastAnswer {
    fn set(&self, refusal: Option<Refusal>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Sends the requests of one open bucket.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) client: HttpClient,
    pub(super) metadata_allowed: bool,
    pub(super) last: Arc<LastAnswer>,
}

impl HttpConnector for Guard {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Guard {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.last.set(None);
        let host = request.uri().host().unwrap_or_default();
        if !self.metadata_allowed
            && let Some(refused) = ForbiddenAddress::in_host(host)
        {
            return Err(HttpError::new(HttpErrorKind::Unknown, refused));
        }
        let query = request.uri().query().unwrap_or_default();
        let lists = query.split('&').any(|part| matches!(part, "list-type=2" | "comp=list"));
        let (head, body) = self.client.execute(request).await?.into_parts();
        if head.status.is_success() {
            let body = HttpResponseBody::new(limited(body, BODY_LIMIT));
            if !lists {
                return Ok(HttpResponse::from_parts(head, body));
            }
            let page = body.bytes().await?;
            return if is_list(&String::from_utf8_lossy(&page)) {
                Ok(HttpResponse::from_parts(head, page.into()))
            } else {
                Err(HttpError::new(HttpErrorKind::Decode, NoList))
            };
        }
        // A refusal whose text is cut short or endless is one all the same.
        let text = limited(body, REFUSAL_LIMIT)
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let header =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (code, message) = reasons(&text);
        self.last.set(Some(Refusal {
            status: head.status.as_u16(),
            code: code.or_else(|| header("x-ms-error-code")),
            message,
            region: header("x-amz-bucket-region").or_else(|| element(&text, "Region")),
            retry_after: header("retry-after").and_then(|text| text.trim().parse().ok()),
        }));
        Ok(HttpResponse::from_parts(head, text.into()))
    }
}

/// A body that ends with an error where it is too long.
fn limited(
    body: HttpResponseBody,
    limit: usize,
) -> impl Body<Data = Bytes, Error = HttpError> + Send + Sync + 'static {
    Limited::new(body, limit).map_err(|error| match error.downcast::<HttpError>() {
        Ok(error) => *error,
        Err(_) => HttpError::new(HttpErrorKind::Decode, TooLarge),
    })
}

/// Whether an answer is a page of a list. Reading it alone would not tell: a page of anything else has no objects, too.
fn is_list(page: &str) -> bool {
    let named = |name: &str| page.contains(name);
    let cut = named("<IsTruncated>true<") && !named("<NextContinuationToken>");
    (named("<ListBucketResult") || named("<EnumerationResults")) && !cut
}

/// The code and the message of a refusal: an `Error` in XML, as all three providers send it, or the JSON of a server that
/// hands out tokens.
fn reasons(text: &str) -> (Option<String>, Option<String>) {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        return (text(&json["error"]), text(&json["error_description"]));
    }
    (element(text, "Code"), element(text, "Message"))
}

/// The text of the first element of that name, in one line.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    let plain =
        inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    let line = plain.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_in_xml_and_json() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>The &quot;bucket&quot;\n is not there</Message></Error>";
        assert_eq!(reasons(xml), (Some("NoSuchBucket".into()), Some("The \"bucket\" is not there".into())));
        let json = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
        assert_eq!(reasons(json), (Some("invalid_grant".into()), Some("Invalid JWT Signature.".into())));
        assert_eq!(reasons("<Code></Code><Message>cut"), (None, None));
        assert_eq!(reasons(""), (None, None));
    }

    #[test]
    fn a_list_says_that_it_is_one() {
        assert!(is_list(
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>false</IsTruncated></ListBucketResult>"
        ));
        assert!(is_list("<EnumerationResults ContainerName=\"x\"/>"));
        assert!(!is_list("<html><body>please log in</body></html>"));
        assert!(!is_list("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"));
    }
}
