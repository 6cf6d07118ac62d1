//! One request on one connection.

use reqwest::{
    Client, RequestBuilder, Response,
    header::{AUTHORIZATION, HeaderMap},
};
use vapora_preflight::{CheckError, ExposeSecret};

use super::{HttpRequest, request::Credentials};
use crate::{
    client::{HttpClient, Use},
    trouble,
};

/// The head of an answer, and the form in which a password went along.
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) hidden: Option<String>,
}

impl HttpClient {
    /// Sends a request. What acts goes over a connection of its own, so that its answer is not lost with one that the server was
    /// just closing.
    pub(super) async fn send(&self, request: &HttpRequest, how: Use) -> Result<Answered, CheckError> {
        let url = &request.url.0;
        let client = self
            .connections()
            .client(url, request.identity.as_ref(), how, request.acts)
            .map_err(|error| trouble::unidentified(&error, url))?;
        let sent = prepare(&client, request).build().map_err(|error| trouble::unsendable(error, url))?;
        let hidden = hidden(sent.headers());
        let sending = async {
            let connect = self.connections().connect_timeout();
            let proxied = self.connections().proxied();
            client.execute(sent).await.map_err(|error| {
                let taken = !trouble::took_nothing(&error);
                unsettled(request, taken, trouble::sending(error, url, connect, proxied))
            })
        };
        let response = match request.first_byte_within {
            Some(within) => tokio::time::timeout(within, sending)
                .await
                .map_err(|_| unsettled(request, true, trouble::silent(url, within)))
                .flatten()?,
            None => sending.await?,
        };
        Ok(Answered { response, hidden })
    }
}

fn prepare(client: &Client, request: &HttpRequest) -> RequestBuilder {
    let mut builder = client.request(request.method.get(), request.url.0.clone());
    builder = builder.headers(request.headers.clone());
    builder = match &request.credentials {
        Some(Credentials::Bearer(token)) => builder.bearer_auth(token.expose_secret()),
        Some(Credentials::Basic(user, password)) => builder.basic_auth(user, Some(password.expose_secret())),
        None => builder,
    };
    match &request.body {
        Some(body) => builder.body(body.clone()),
        None => builder,
    }
}

/// The error of a request whose answer was lost. Where it brings something about, that may have happened all the same.
pub(super) fn unsettled(request: &HttpRequest, sent: bool, error: CheckError) -> CheckError {
    if request.acts && sent { error.uncertain() } else { error }
}

/// The form in which a password is sent, so that it can be taken out of what a server repeats. The run knows only
/// the password itself.
fn hidden(headers: &HeaderMap) -> Option<String> {
    let basic = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    Some(basic.to_owned())
}
