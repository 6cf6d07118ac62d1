//! Lists: selectors, parts and revisions.

use serde_json::{Value, json};

use super::{
    continuation::Continuation, fields::FieldSelector, form::Shape, kinds::ServedKind, labels::LabelSelector,
    reply::Reply, routes::Query, status, store::Store,
};

/// Which objects a client asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Selection {
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selection {
    pub(crate) fn parse(query: &Query, kind: &ServedKind) -> Result<Self, Reply> {
        let bad = |message: String| status::bad_request(&message);
        let text = |name| query.get(name).unwrap_or_default();
        Ok(Self {
            labels: LabelSelector::parse(text("labelSelector")).map_err(bad)?,
            fields: FieldSelector::parse(text("fieldSelector"), kind).map_err(bad)?,
        })
    }

    pub(crate) fn fits(&self, object: &Value, kind: &ServedKind) -> bool {
        let fields = self.fields == FieldSelector::default() || self.fields.fits(&kind.shown(object));
        fields && self.labels.fits(object)
    }
}

/// One object.
pub(crate) fn get(store: &Store, kind: &ServedKind, namespace: &str, name: &str, shape: &Shape<'_>) -> Reply {
    match store.find(kind, namespace, name) {
        None => status::not_found(&kind.group, &kind.plural, name),
        Some(object) => Reply::json(200, &shape.one(&object)),
    }
}

/// The objects of a kind that fit the query.
pub(crate) fn list(
    store: &Store,
    kind: &ServedKind,
    namespace: Option<&str>,
    query: &Query,
    shape: &Shape<'_>,
) -> Reply {
    match page(store, kind, namespace, query, shape) {
        Ok(body) => Reply::json(200, &body),
        Err(reply) => reply,
    }
}

fn page(
    store: &Store,
    kind: &ServedKind,
    namespace: Option<&str>,
    query: &Query,
    shape: &Shape<'_>,
) -> Result<Value, Reply> {
    let bad = |message: String| status::bad_request(&message);
    let selection = Selection::parse(query, kind)?;
    let from = query.get("continue").map(Continuation::parse).transpose().map_err(bad)?;
    check(query)?;
    let wanted = revision(query, "resourceVersion")?;
    let cached = wanted == Some(0) && from.is_none();
    if from.is_some() && query.get("resourceVersion").is_some_and(|revision| revision != "0") {
        return Err(status::bad_request("specifying resource version is not allowed when using continue"));
    }
    let current = store.revision();
    if let Some(wanted) = wanted.filter(|wanted| *wanted > current) {
        return Err(status::revision_of_the_future(wanted, current));
    }
    // A list of before is made from what is there and what has changed since, as far as that is remembered.
    let exact = query.get("resourceVersionMatch") == Some("Exact");
    let then = match &from {
        Some(Continuation { revision, .. }) => *revision,
        None => wanted.filter(|_| exact),
    };
    let oldest = store.history().start();
    let past = match (then, &from) {
        (Some(then), None) if then < oldest => return Err(status::list_too_old()),
        (Some(then), Some(Continuation { after, .. })) if then < oldest => {
            let fresh = Continuation { revision: None, after: after.clone() };
            return Err(status::continue_expired(&fresh.to_token()));
        }
        (Some(then), _) if then > current => return Err(status::not_yet()),
        (Some(then), _) if then < current => Some(store.at(then, kind)),
        _ => None,
    };
    let store = past.as_ref().unwrap_or(store);
    let current = store.revision();
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
        .all_after(kind, namespace, from.as_ref().map_or("", |from| &from.after))
        .filter(|(_, object)| selection.fits(object, kind));
    let mut last = String::new();
    let mut objects = Vec::new();
    for (place, object) in fitting.by_ref().take(limit) {
        last = place.into_owned();
        objects.push(object);
    }
    let mut metadata = json!({ "resourceVersion": current.to_string() });
    if fitting.next().is_some() {
        // A real server does not count what a selector has to be applied to.
        if selection == Selection::default() {
            metadata["remainingItemCount"] = store.count_after(kind, namespace, &last).into();
        }
        metadata["continue"] = Continuation { revision: Some(current), after: last }.to_token().into();
    }
    Ok(shape.list(metadata, objects.iter().map(|object| &**object)))
}

/// Do the parameters about revisions go together?
fn check(query: &Query) -> Result<(), Reply> {
    let Some(matched) = query.get("resourceVersionMatch") else { return Ok(()) };
    let why = match (query.get("resourceVersion"), matched) {
        _ if query.has("continue") => "resourceVersionMatch is forbidden when continue is provided",
        (None, _) => "resourceVersionMatch is forbidden unless resourceVersion is provided",
        (Some("0"), "Exact") => "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        (Some(_), "Exact" | "NotOlderThan") => return Ok(()),
        (Some(_), _) => {
            return Err(status::unknown_to_the_simulation(&format!("resourceVersionMatch={matched}")));
        }
    };
    Err(status::invalid_list_option("resourceVersionMatch", why))
}

pub(crate) fn revision(query: &Query, name: &str) -> Result<Option<u64>, Reply> {
    query.get(name).map(|text| text.parse().map_err(|_| status::bad_resource_version(text))).transpose()
}
