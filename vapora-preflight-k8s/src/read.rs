//! How the kinds ask the API server.

use std::sync::Arc;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::core::{
    params::{GetParams, ListParams, PostParams},
    request::Request as Path,
};
use serde::{Deserialize, de::DeserializeOwned};
use vapora_preflight::{CheckContext, CheckError};

use crate::{
    K8sClient, LabelSelector, Namespace,
    object::Object,
    refused::{Answer, Cause},
    resource::Resource,
    wording::short,
};

/// The longest body that is read; no list of 500 objects comes near it.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// How many objects are asked for at once.
const PAGE: u32 = 500;
/// How many parts of a list are read. A list that goes on after them is no list.
const MOST_PAGES: usize = 400;

/// A client and the attempt it is used in.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    cx: &'a CheckContext,
    pub(crate) client: Arc<K8sClient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    kind: String,
}

#[derive(Deserialize)]
struct Page<T> {
    metadata: PageMeta,
    items: Vec<T>,
}

#[derive(Deserialize)]
struct PageMeta {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

impl<'a> Reader<'a> {
    /// The client of the check's target.
    pub(crate) fn of(cx: &'a CheckContext) -> Result<Self, CheckError> {
        Ok(Self { cx, client: cx.resource::<K8sClient>()? })
    }

    /// One object, or none where the server says that it does not exist.
    pub(crate) async fn get<T: Object>(
        &self,
        namespace: Option<&Namespace>,
        name: &str,
    ) -> Result<Option<T>, CheckError> {
        let resource = T::RESOURCE;
        let what = format!("get the {} `{name}`{}", resource.noun, inside(namespace));
        let request = Path::new(resource.path(namespace)).get(name, &GetParams::default())?;
        let answer = self.answer(&what, request).await?;
        if answer.is_absence_of(resource.plural, name) {
            return Ok(None);
        }
        let object: T = read(&what, &answer, &[StatusCode::OK], resource.kind)?;
        if object.meta().name != name {
            return Err(unreadable(&what, &Cause(format!("it is about `{}`", short(&object.meta().name)))));
        }
        Ok(Some(object))
    }

    /// All objects of a resource, in the order of their namespaces and names. A list that expires while its parts are
    /// read is begun again, once.
    pub(crate) async fn list<T: Object>(
        &self,
        namespace: Option<&Namespace>,
        selector: Option<&LabelSelector>,
    ) -> Result<Vec<T>, CheckError> {
        let resource = T::RESOURCE;
        let what = format!("list the {}s{}", resource.noun, inside(namespace));
        let mut begun_again = false;
        let mut params = first_page(selector);
        let mut all: Vec<T> = Vec::new();
        for _ in 0..MOST_PAGES {
            let request = Path::new(resource.path(namespace)).list(&params)?;
            let answer = self.answer(&what, request).await?;
            if answer.status == StatusCode::GONE && params.continue_token.is_some() && !begun_again {
                begun_again = true;
                params = first_page(selector);
                all.clear();
                continue;
            }
            let list_kind = format!("{}List", resource.kind);
            let page: Page<T> = read(&what, &answer, &[StatusCode::OK], &list_kind)?;
            all.extend(page.items);
            params.continue_token = page.metadata.next.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                all.sort_by(|a, b| a.meta().place().cmp(&b.meta().place()));
                return Ok(all);
            }
        }
        Err(unreadable(&what, &Cause(format!("the list goes on after {MOST_PAGES} parts"))))
    }

    /// Sends an object that is answered and not kept, such as an access review, and reads the answer.
    pub(crate) async fn review<T: DeserializeOwned>(
        &self,
        what: &str,
        resource: Resource,
        body: &serde_json::Value,
    ) -> Result<T, CheckError> {
        let body = serde_json::to_vec(body)?;
        let request = Path::new(resource.path(None)).create(&PostParams::default(), body)?;
        let answer = self.answer(what, request).await?;
        read(what, &answer, &[StatusCode::OK, StatusCode::CREATED], resource.kind)
    }

    /// A path such as `/version`; the status code is the caller's to judge.
    pub(crate) async fn path(&self, what: &str, path: &str) -> Result<Answer, CheckError> {
        let request = Request::get(path).body(Vec::new())?;
        self.answer(what, request).await
    }

    async fn answer(&self, what: &str, request: Request<Vec<u8>>) -> Result<Answer, CheckError> {
        self.cx.doing(format!("trying to {what}"));
        tracing::debug!(method = %request.method(), path = request.uri().path(), "asking the API server");
        let response = match self.client.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.unanswered(what, error)),
        };
        let (head, body) = response.into_parts();
        let body = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(body) => body.to_bytes().to_vec(),
            Err(error) if error.is::<LengthLimitError>() => {
                let limit = LARGEST_BODY / 1024 / 1024;
                return Err(CheckError::permanent(format!("could not {what}"))
                    .because(&Cause(format!("the answer is longer than {limit} MiB"))));
            }
            Err(error) => {
                return Err(CheckError::transient(format!("could not {what}"))
                    .because(&Cause("the answer broke off".to_owned()))
                    .because(error.as_ref()));
            }
        };
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    fn unanswered(&self, what: &str, error: kube::Error) -> CheckError {
        let could_not = format!("could not {what}");
        let server = self.client.server();
        // What a credential plugin printed may hold the credential, so the error itself is not shown.
        if is_about_credentials(&error) {
            return CheckError::permanent(could_not)
                .because(&Cause("no credentials could be had for the target".to_owned()))
                .remedy("run the credential plugin or log in by hand, as the user of the kubeconfig's context says");
        }
        let made = CheckError::transient(could_not);
        let made = match &error {
            kube::Error::Service(error) => made.because(error.as_ref()),
            kube::Error::HyperError(error) => made.because(error),
            other => made.because(other),
        };
        let causes = made.report().causes.join(": ");
        if causes.contains("invalid peer certificate") {
            return CheckError::permanent(made.message()).because(&Cause(causes)).remedy(format!(
                "the certificate of {server} is not trusted: correct `certificate-authority-data` of the context, \
                 or see who answers there"
            ));
        }
        made.remedy(format!("see whether {server} can be reached from this machine"))
    }
}

fn first_page(selector: Option<&LabelSelector>) -> ListParams {
    let params = ListParams::default().limit(PAGE);
    match selector {
        Some(selector) => params.labels(selector.as_str()),
        None => params,
    }
}

/// Whether an error, or one that it was made of, is that of a credential plugin or a token file.
fn is_about_credentials(error: &kube::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<kube::client::AuthError>() {
            return true;
        }
        next = cause.source();
    }
    false
}

fn inside(namespace: Option<&Namespace>) -> String {
    namespace.map_or_else(String::new, |namespace| format!(" in `{namespace}`"))
}

/// Reads an answer of one of these status codes as an object of this kind.
fn read<T: DeserializeOwned>(
    what: &str,
    answer: &Answer,
    good: &[StatusCode],
    kind: &str,
) -> Result<T, CheckError> {
    if !good.contains(&answer.status) {
        if answer.status.is_success() {
            return Err(unreadable(what, &Cause(format!("the server answered {}", answer.status))));
        }
        return Err(answer.refuses(what));
    }
    let found: Typed = serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))?;
    if found.kind != kind {
        let cause = Cause(format!("expected an object of kind `{kind}`, found `{}`", short(&found.kind)));
        return Err(unreadable(what, &cause));
    }
    serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))
}

/// The error of an answer that says nothing that can be used.
pub(crate) fn unreadable(what: &str, error: &(dyn std::error::Error + 'static)) -> CheckError {
    CheckError::transient(format!("could not {what}: the answer could not be read")).because(error)
}
