//! How the kinds ask the API server.

use std::sync::Arc;

use http::{HeaderValue, Request, Response, StatusCode, header};
use kube::{
    client::Body,
    core::{
        params::{GetParams, ListParams, PostParams},
        request::Request as Path,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use vapora_preflight::{CheckContext, CheckError};

use crate::{
    K8sClient, LabelSelector, Namespace,
    discovery::Served,
    lists::Lists,
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
const MOST_PAGES: usize = 2_000;

/// How a list of objects without their content is asked for.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// A client and the attempt it is used in.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) cx: &'a CheckContext,
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

/// A list that is asked for part by part.
struct List {
    /// It completes the sentence "could not …".
    what: String,
    path: String,
    /// What the list has to say that it is; without it, any list.
    kind: Option<String>,
    accept: Option<&'static str>,
}

impl List {
    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, CheckError> {
        let found = match &self.kind {
            Some(kind) => kind.clone(),
            None if answer.status != StatusCode::OK => "List".to_owned(),
            None => kind(&self.what, answer)?,
        };
        let expected = if found.ends_with("List") { &found } else { "List" };
        read(&self.what, answer, &[StatusCode::OK], expected)
    }
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
        let answer = self.send(&what, request).await?;
        if answer.is_absence_of(resource.plural, name) {
            return Ok(None);
        }
        let object: T = read(&what, &answer, &[StatusCode::OK], resource.kind)?;
        if object.meta().name != name {
            return Err(unreadable(&what, &Cause(format!("it is about `{}`", short(&object.meta().name)))));
        }
        Ok(Some(object))
    }

    /// All objects of a resource, in the order of their namespaces and names. What another check of this run has listed
    /// since the last of this check's needs was settled, and not long ago, serves this one too.
    pub(crate) async fn list<T: Object + Sync + 'static>(
        &self,
        namespace: Option<&Namespace>,
        selector: Option<&LabelSelector>,
    ) -> Result<Arc<Vec<T>>, CheckError> {
        let key = format!("{}?{}", T::RESOURCE.path(namespace), selector.map_or("", LabelSelector::as_str));
        self.cx.doing(format!("waiting for the list of {}{}", T::RESOURCE.nouns(), inside(namespace)));
        let lists = self.cx.shared::<Lists>();
        lists.get_or_read(self.cx, key, || self.list_now(namespace, selector)).await
    }

    /// The same, asked anew whatever is known, for a check that has changed something itself.
    pub(crate) async fn list_now<T: Object>(
        &self,
        namespace: Option<&Namespace>,
        selector: Option<&LabelSelector>,
    ) -> Result<Vec<T>, CheckError> {
        let mut all: Vec<T> = self.fold(namespace, selector, Vec::new, Vec::push).await?;
        all.sort_by(|a, b| a.meta().place().cmp(&b.meta().place()));
        Ok(all)
    }

    /// Goes through all objects of a resource part by part, and keeps only what `take` makes of them. A list that expires
    /// while its parts are read is begun again, once, from what `begin` gives.
    pub(crate) async fn fold<T: Object, A>(
        &self,
        namespace: Option<&Namespace>,
        selector: Option<&LabelSelector>,
        begin: impl Fn() -> A,
        take: impl FnMut(&mut A, T),
    ) -> Result<A, CheckError> {
        self.parts(namespace, first_page(selector), begin, take).await
    }

    /// The same with a selector of fields, as in `type=Warning`.
    pub(crate) async fn fold_fields<T: Object, A>(
        &self,
        namespace: Option<&Namespace>,
        fields: &str,
        begin: impl Fn() -> A,
        take: impl FnMut(&mut A, T),
    ) -> Result<A, CheckError> {
        self.parts(namespace, first_page(None).fields(fields), begin, take).await
    }

    async fn parts<T: Object, A>(
        &self,
        namespace: Option<&Namespace>,
        first: ListParams,
        begin: impl Fn() -> A,
        take: impl FnMut(&mut A, T),
    ) -> Result<A, CheckError> {
        let resource = T::RESOURCE;
        let kind = if T::METADATA_ONLY { "PartialObjectMetadata" } else { resource.kind };
        let list = List {
            what: format!("list the {}{}", resource.nouns(), inside(namespace)),
            path: resource.path(namespace),
            kind: Some(format!("{kind}List")),
            accept: T::METADATA_ONLY.then_some(METADATA_ONLY),
        };
        self.parts_of(&list, first, begin, take).await
    }

    /// All objects of a resource that is known by its discovery only, as they are, in the order of their names.
    pub(crate) async fn list_whole(
        &self,
        served: &Served,
        namespace: Option<&str>,
        selector: Option<&LabelSelector>,
    ) -> Result<Vec<Value>, CheckError> {
        let what = format!("list the {}", served.resource());
        // the list of a custom resource may be called otherwise
        let list = List { what, path: served.path(namespace, None), kind: None, accept: None };
        let take = |all: &mut Vec<Value>, mut object: Value| {
            object["apiVersion"] = served.api_version().into();
            object["kind"] = served.kind.as_str().into();
            all.push(object);
        };
        let mut all = self.parts_of(&list, first_page(selector), Vec::new, take).await?;
        all.sort_by_cached_key(|object| object["metadata"]["name"].as_str().map(str::to_owned));
        Ok(all)
    }

    async fn parts_of<T: DeserializeOwned, A>(
        &self,
        list: &List,
        first: ListParams,
        begin: impl Fn() -> A,
        mut take: impl FnMut(&mut A, T),
    ) -> Result<A, CheckError> {
        let what = &list.what;
        let mut begun_again = false;
        let mut params = first.clone();
        let mut all = begin();
        for _ in 0..MOST_PAGES {
            let mut request = Path::new(list.path.clone()).list(&params)?;
            if let Some(accept) = list.accept {
                request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            let answer = self.send(what, request).await?;
            if answer.status == StatusCode::GONE && params.continue_token.is_some() && !begun_again {
                begun_again = true;
                params = first.clone();
                all = begin();
                continue;
            }
            let page: Page<T> = list.read(&answer)?;
            for item in page.items {
                take(&mut all, item);
            }
            params.continue_token = page.metadata.next.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                return Ok(all);
            }
        }
        Err(unreadable(what, &Cause(format!("the list goes on after {MOST_PAGES} parts"))))
    }

    /// Sends an object that is answered and not kept, such as an access review, and reads the answer.
    pub(crate) async fn review<T: DeserializeOwned>(
        &self,
        what: &str,
        resource: Resource,
        body: &Value,
    ) -> Result<T, CheckError> {
        let answer = self.ask(what, resource, body).await?;
        read(what, &answer, &[StatusCode::OK, StatusCode::CREATED], resource.kind)
    }

    /// The same; the status code is the caller's to judge.
    pub(crate) async fn ask(
        &self,
        what: &str,
        resource: Resource,
        body: &Value,
    ) -> Result<Answer, CheckError> {
        let body = serde_json::to_vec(body)?;
        let request = Path::new(resource.path(None)).create(&PostParams::default(), body)?;
        self.send(what, request).await
    }

    /// A path such as `/version`; the status code is the caller's to judge.
    pub(crate) async fn path(&self, what: &str, path: &str) -> Result<Answer, CheckError> {
        let request = Request::get(path).body(Vec::new())?;
        self.send(what, request).await
    }

    /// Sends a request and reads the answer to its end; the status code is the caller's to judge. `what` completes the
    /// sentence "could not …".
    pub(crate) async fn send(&self, what: &str, request: Request<Vec<u8>>) -> Result<Answer, CheckError> {
        let response = self.open(what, request).await?;
        Answer::read(what, response, LARGEST_BODY).await
    }

    /// Sends a request and leaves the body of the answer to be read as it comes.
    pub(crate) async fn open(
        &self,
        what: &str,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Body>, CheckError> {
        self.cx.doing(format!("trying to {what}"));
        tracing::debug!(method = %request.method(), path = request.uri().path(), "asking the API server");
        self.client.send(request).await.map_err(|error| unanswered(&self.client, what, error))
    }
}

/// The error of a request that got no answer.
pub(crate) fn unanswered(client: &K8sClient, what: &str, error: kube::Error) -> CheckError {
    let could_not = format!("could not {what}");
    let server = client.server();
    // What a credential plugin printed may hold the credential, so the error itself is not shown.
    if is_about_credentials(&error) {
        return CheckError::permanent(could_not)
            .because(&Cause("no credentials could be had for the target".to_owned()))
            .remedy(
                "run the credential plugin or log in by hand, as the user of the kubeconfig's context says",
            );
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

pub(crate) fn inside(namespace: Option<&Namespace>) -> String {
    namespace.map_or_else(String::new, |namespace| format!(" in `{namespace}`"))
}

/// Reads an answer of one of these status codes as an object of this kind.
pub(crate) fn read<T: DeserializeOwned>(
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
    let found = self::kind(what, answer)?;
    if found != kind {
        let cause = Cause(format!("expected an object of kind `{kind}`, found `{}`", short(&found)));
        return Err(unreadable(what, &cause));
    }
    serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))
}

/// The kind of the object in an answer.
pub(crate) fn kind(what: &str, answer: &Answer) -> Result<String, CheckError> {
    let found: Typed = serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))?;
    Ok(found.kind)
}

/// The error of an answer whose body did not come to its end.
pub(crate) fn broke_off(what: &str, error: &(dyn std::error::Error + 'static)) -> CheckError {
    CheckError::transient(format!("could not {what}"))
        .because(&Cause("the answer broke off".to_owned()))
        .because(error)
}

/// The error of an answer that says nothing that can be used.
pub(crate) fn unreadable(what: &str, error: &(dyn std::error::Error + 'static)) -> CheckError {
    CheckError::transient(format!("could not {what}: the answer could not be read")).because(error)
}
