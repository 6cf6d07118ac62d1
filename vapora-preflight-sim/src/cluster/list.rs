//! Lists: selectors, parts, revisions and the forms in which objects are sent.

use serde_json::{Value, json};

use super::{
    continuation::Continuation, fields::FieldSelector, kinds::ServedKind, labels::LabelSelector,
    reply::Reply, routes::Query, status, store::Store,
};

/// The form in which a client wants the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    MetadataOnly,
}

impl Form {
    /// The first form in an `Accept` header that the server has; `None` where it has none of them.
    pub(crate) fn accepted(accept: Option<&str>) -> Option<Self> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Some(Self::Whole);
        };
        accept.split(',').find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next()?;
            let wanted = parts.find_map(|parameter| parameter.strip_prefix("as="));
            match (media, wanted) {
                ("application/json" | "application/*" | "*/*", None) => Some(Self::Whole),
                ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList")) => {
                    Some(Self::MetadataOnly)
                }
                _ => None,
            }
        })
    }
}

fn metadata_only(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}

/// One object.
pub(crate) fn get(store: &Store, kind: &ServedKind, namespace: &str, name: &str, form: Form) -> Reply {
    match (store.get(kind, namespace, name), form) {
        (None, _) => status::not_found(&kind.group, &kind.plural, name),
        (Some(object), Form::Whole) => Reply::json(200, &kind.shown(object)),
        (Some(object), Form::MetadataOnly) => Reply::json(200, &metadata_only(object)),
    }
}

/// The objects of a kind that fit the query.
pub(crate) fn list(
    store: &Store,
    kind: &ServedKind,
    namespace: Option<&str>,
    query: &Query,
    form: Form,
) -> Reply {
    match page(store, kind, namespace, query, form) {
        Ok(body) => Reply::json(200, &body),
        Err(reply) => reply,
    }
}

fn page(
    store: &Store,
    kind: &ServedKind,
    namespace: Option<&str>,
    query: &Query,
    form: Form,
) -> Result<Value, Reply> {
    let bad = |message: String| status::bad_request(&message);
    let labels = LabelSelector::parse(query.get("labelSelector").unwrap_or_default()).map_err(bad)?;
    let fields = FieldSelector::parse(query.get("fieldSelector").unwrap_or_default(), kind).map_err(bad)?;
    let from = query.get("continue").map(Continuation::parse).transpose().map_err(bad)?;
    let wanted = revision(query, "resourceVersion")?;
    let cached = wanted == Some(0) && from.is_none();
    if from.is_some() && query.get("resourceVersion").is_some_and(|revision| revision != "0") {
        return Err(status::bad_request("specifying resource version is not allowed when using continue"));
    }
    let current = store.revision();
    if let Some(wanted) = wanted.filter(|wanted| *wanted > current) {
        return Err(status::revision_of_the_future(wanted, current));
    }
    // The store keeps no history: what has changed since is gone, as if it had been compacted.
    if query.get("resourceVersionMatch") == Some("Exact") && wanted != Some(current) {
        return Err(status::list_too_old());
    }
    if let Some(Continuation { revision: Some(revision), after }) = &from
        && *revision != current
    {
        return Err(status::continue_expired(
            &Continuation { revision: None, after: after.clone() }.to_token(),
        ));
    }
    let limit = match query.get("limit").map(str::parse::<usize>) {
        Some(Ok(limit)) if limit > 0 && !cached => limit,
        Some(Err(_)) => {
            let limit = query.get("limit").unwrap_or_default();
            return Err(status::bad_request(&format!(
                "strconv.ParseInt: parsing \"{limit}\": invalid syntax"
            )));
        }
        _ => usize::MAX,
    };
    let mut fitting = store
        .list_after(kind, namespace, from.as_ref().map_or("", |from| &from.after))
        .filter(|(_, object)| labels.fits(object) && fields.fits(&kind.shown(object)));
    let mut last = String::new();
    let items: Vec<Value> = fitting
        .by_ref()
        .take(limit)
        .map(|(place, object)| {
            place.clone_into(&mut last);
            item(object, kind, form)
        })
        .collect();
    let left = fitting.count();
    let mut metadata = json!({ "resourceVersion": current.to_string() });
    if left > 0 {
        let token = Continuation { revision: Some(current), after: last }.to_token();
        metadata["continue"] = token.into();
        // A real server does not count what a selector has to be applied to.
        if labels == LabelSelector::default() && fields == FieldSelector::default() {
            metadata["remainingItemCount"] = left.into();
        }
    }
    let (kind, api_version) = match form {
        Form::Whole => (format!("{}List", kind.kind), kind.api_version()),
        Form::MetadataOnly => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
    };
    Ok(json!({ "kind": kind, "apiVersion": api_version, "metadata": metadata, "items": items }))
}

/// An object as a list has it: without its kind.
fn item(object: &Value, kind: &ServedKind, form: Form) -> Value {
    match form {
        Form::MetadataOnly => metadata_only(object),
        Form::Whole => {
            let mut object = kind.shown(object).into_owned();
            if let Some(fields) = object.as_object_mut() {
                fields.remove("kind");
                fields.remove("apiVersion");
            }
            object
        }
    }
}

fn revision(query: &Query, name: &str) -> Result<Option<u64>, Reply> {
    query.get(name).map(|text| text.parse().map_err(|_| status::bad_resource_version(text))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_the_server_has_is_taken() {
        for whole in [
            None,
            Some("application/json"),
            Some("*/*"),
            Some("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
            Some("application/vnd.kubernetes.protobuf,application/json"),
        ] {
            assert_eq!(Form::accepted(whole), Some(Form::Whole), "{whole:?}");
        }
        let partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        assert_eq!(Form::accepted(Some(partial)), Some(Form::MetadataOnly));
        assert_eq!(Form::accepted(Some("text/html")), None);
        assert_eq!(Form::accepted(Some("application/json;as=Table;v=v1;g=meta.k8s.io")), None);
    }
}
