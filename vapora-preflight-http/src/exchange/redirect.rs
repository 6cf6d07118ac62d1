//! Where a redirect may lead, and what it takes along.

use reqwest::{
    StatusCode, Url,
    header::{
        ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderName,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
    },
};

use super::HttpRequest;
use crate::{HttpMethod, HttpUrl};

/// What to do with an answer.
pub(super) enum Next {
    /// It is the answer.
    Stay,
    /// It is no more than a redirect to there.
    Follow(Box<HttpRequest>),
    /// It is a redirect that is not followed, for this reason.
    Stop(String),
}

/// What another host may be sent of a request's headers. Any other could hold a credential.
const HARMLESS: &[HeaderName] = &[
    ACCEPT,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CONTENT_TYPE,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    RANGE,
];

pub(super) fn next(
    request: &HttpRequest,
    status: StatusCode,
    location: Option<Result<Url, String>>,
    followed: u8,
) -> Next {
    if request.redirects == 0 || !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Next::Stay;
    }
    let target = match location {
        None => return Next::Stop("the redirect does not say where to".to_owned()),
        Some(Err(wrong)) => {
            return Next::Stop(format!("the redirect leads to something that is no URL: {wrong}"));
        }
        Some(Ok(target)) => target,
    };
    if followed >= request.redirects {
        return Next::Stop(format!(
            "more than {} redirects, the last to `{}`",
            request.redirects,
            shown(&target)
        ));
    }
    let from = &request.url.0;
    if !matches!(target.scheme(), "http" | "https") {
        return Next::Stop(format!("the redirect leads away from HTTP, to `{}`", shown(&target)));
    }
    if from.scheme() == "https" && target.scheme() == "http" {
        return Next::Stop(format!(
            "the redirect leads from https to `{}`, which is not encrypted",
            shown(&target)
        ));
    }
    let mut further = request.clone();
    if status == StatusCode::SEE_OTHER && request.method != HttpMethod::Head
        || matches!(status.as_u16(), 301 | 302) && request.method == HttpMethod::Post
    {
        further.method = HttpMethod::Get;
        further.body = None;
        further.headers.remove(CONTENT_TYPE);
        further.headers.remove(CONTENT_LENGTH);
    }
    if !same_host(from, &target) {
        if further.body.is_some() {
            return Next::Stop(format!(
                "the redirect would send the body to another host, `{}`",
                shown(&target)
            ));
        }
        further.credentials = None;
        further.identity = None;
        further.headers = HARMLESS
            .iter()
            .filter_map(|name| Some((name.clone(), request.headers.get(name)?.clone())))
            .filter(|(_, value)| !value.is_sensitive())
            .collect();
    }
    further.url = HttpUrl(without_credentials(target));
    Next::Follow(Box::new(further))
}

/// Whether both are the same server: the same host and port, or the encrypted one of the same host by their usual ports.
fn same_host(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let upgraded = from.scheme() == "http" && to.scheme() == "https" && ports == (Some(80), Some(443));
    from.host_str() == to.host_str() && (upgraded || from.scheme() == to.scheme() && ports.0 == ports.1)
}

/// A URL without what could identify somebody in its query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = without_credentials(url.clone());
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

pub(super) fn without_credentials(mut url: Url) -> Url {
    // They only fail for URLs that have no host, and those cannot hold credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use vapora_preflight::SecretString;

    fn request(url: &str, method: HttpMethod) -> HttpRequest {
        HttpRequest::new(method, &url.parse().unwrap())
            .bearer(&SecretString::from("hunter22"))
            .header("x-api-key", "abcd")
            .unwrap()
            .header("accept", "text/plain")
            .unwrap()
            .redirects(3)
    }

    fn go(request: &HttpRequest, status: u16, to: &str) -> Result<HttpRequest, String> {
        let location = request.url.0.join(to).map_err(|error| error.to_string());
        match next(request, StatusCode::from_u16(status).unwrap(), Some(location), 0) {
            Next::Follow(further) => Ok(*further),
            Next::Stop(why) => Err(why),
            Next::Stay => Err("stays".to_owned()),
        }
    }

    #[test]
    fn the_same_host_is_sent_everything() {
        let asked = request("http://a.test/x", HttpMethod::Get);
        for to in ["/y", "http://a.test:80/", "https://a.test/"] {
            let further = go(&asked, 302, to).unwrap();
            assert!(further.credentials.is_some() && further.headers.contains_key("x-api-key"), "{to}");
        }
    }

    #[test]
    fn another_host_is_sent_no_credential() {
        let asked = request("http://a.test/x", HttpMethod::Get);
        for to in [
            "//b.test/",
            "http://a.test:81/",
            "https://a.test:8443/",
            "http://a.test.b.test/",
            "http://u:p@b.test/",
        ] {
            let further = go(&asked, 307, to).unwrap();
            assert!(further.credentials.is_none() && !further.headers.contains_key("x-api-key"), "{to}");
            assert!(further.headers.contains_key("accept"));
            assert!(!further.url.as_str().contains("u:p"));
        }
    }

    #[test]
    fn a_redirect_never_loses_encryption_or_leaves_http() {
        let asked = request("https://a.test/x", HttpMethod::Get);
        for to in ["http://a.test/", "http://b.test/", "ftp://a.test/", "file:///etc/passwd", "https://"] {
            assert!(go(&asked, 301, to).is_err(), "{to}");
        }
    }

    #[test]
    fn a_body_is_not_repeated_at_another_host() {
        let asked =
            request("https://a.test/x", HttpMethod::Post).body(&crate::BodySource::Text("q".to_owned()));
        assert!(go(&asked, 307, "https://b.test/").is_err());
        assert!(go(&asked, 308, "/y").unwrap().body.is_some());
        let further = go(&asked, 303, "https://b.test/").unwrap();
        assert!(further.body.is_none() && further.method == HttpMethod::Get);
    }
}
