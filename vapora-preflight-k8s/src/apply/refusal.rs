//! Why the API server does not take an object.

use std::fmt;

use vapora_preflight::CheckError;

use crate::{
    refused::{Answer, Because, Refusal},
    wording::{clauses, short},
};

/// What stands in front of a message about a manifest that does not fit the schema.
const UNTYPED: [&str; 2] = ["failed to create typed patch object", "failed to convert new object"];

/// An object that is not taken, for a reason that lies in it or in what is in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) why: Why,
    /// What the server says, on one line.
    pub(crate) said: String,
}

/// The sort of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The manifest does not fit the schema, or holds what cannot be.
    Mistake,
    /// Others manage fields that the manifest sets otherwise: who they are.
    Conflict(Vec<String>),
    /// An admission rule, a quota or a limit stands against it.
    Admission,
    /// The namespace of that name does not exist.
    NoNamespace(String),
    /// The namespace is being deleted.
    Going,
    /// It is larger than the server takes.
    TooLarge,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl Refused {
    /// What an answer says against an object of this kind.
    ///
    /// # Errors
    ///
    /// It says nothing against the object: a right is missing, the server is at fault, or has changed its mind meanwhile.
    pub(super) fn of(what: &str, answer: &Answer, kind: &str) -> Result<Self, CheckError> {
        let Some(refusal) = answer.refusal() else { return Err(answer.refuses(what)) };
        let message = refusal.message.as_deref().unwrap_or_default();
        let details = refusal.details.as_ref();
        let causes = details.map_or(&[][..], |details| details.causes.as_slice());
        let has = |reason: &str| causes.iter().any(|cause| cause.reason.as_deref() == Some(reason));
        let secret = kind == "Secret";
        let refused = |why: Why, said: String| Ok(Self { why, said });
        match answer.status.as_u16() {
            500 if refusal.reason.is_none() && UNTYPED.iter().any(|start| message.starts_with(start)) => {
                refused(Why::Mistake, untyped(message))
            }
            422 if details.and_then(|details| details.kind.as_deref()) == Some("PatchOptions") => {
                Err(answer.refuses(what))
            }
            // what a policy denies is called forbidden and answered as if it were invalid
            422 if message.contains("denied request") => refused(Why::Admission, short(message)),
            422 => refused(Why::Mistake, invalid(&refusal, causes, secret)),
            400 => refused(Why::Mistake, plain(message, secret)),
            403 if answer.lacks_a_right() => Err(answer.refuses(what)),
            403 if has("NamespaceTerminating") || message.contains("because it is being terminated") => {
                refused(Why::Going, short(message))
            }
            403 => refused(Why::Admission, plain(message, secret)),
            404 if details.and_then(|details| details.kind.as_deref()) == Some("namespaces") => {
                let name = details.and_then(|details| details.name.clone()).unwrap_or_default();
                let said = format!("the namespace `{}` does not exist", short(&name));
                refused(Why::NoNamespace(name), said)
            }
            409 if has("FieldManagerConflict") => {
                let (managers, said) = conflict(causes);
                refused(Why::Conflict(managers), said)
            }
            409 => {
                Err(CheckError::transient(format!("could not {what}: it is being changed at the same time"))
                    .because(&crate::refused::Cause(short(message))))
            }
            413 => refused(Why::TooLarge, format!("it is larger than the server takes: {}", short(message))),
            _ => Err(answer.refuses(what)),
        }
    }
}

/// `failed to create typed patch object (ns/name; apps/v1, Kind=A): .spec.x: field not declared in schema`, or
/// `failed to convert new object (ns/name; …) to proper version: unable to convert unstructured object to …: why`.
fn untyped(message: &str) -> String {
    let said = ["to proper version: ", "): "].iter().find_map(|end| message.split_once(end));
    let said = said.map_or(message, |(_, said)| said);
    let conversion = said.strip_prefix("unable to convert unstructured object to ");
    let said = conversion.and_then(|said| said.split_once(": ")).map_or(said, |(_, said)| said);
    match said.split_once(", got &") {
        Some((before, _)) => format!("{}, found a value of another type", short(before)),
        None => short(said),
    }
}

/// The causes of a refusal, each with its field. What a secret holds is not told.
fn invalid(refusal: &Refusal, causes: &[Because], secret: bool) -> String {
    let told = |cause: &Because| {
        let message = plain(cause.message.as_deref().unwrap_or_default(), secret);
        match cause.field.as_deref().filter(|field| !field.is_empty()) {
            Some(field) => format!("{}: {message}", short(field)),
            None => message,
        }
    };
    let all: Vec<String> = causes.iter().map(told).collect();
    if all.is_empty() { plain(refusal.message.as_deref().unwrap_or_default(), secret) } else { clauses(&all) }
}

/// A message, without what it repeats of a secret.
fn plain(message: &str, secret: bool) -> String {
    if secret && let Some(at) = message.find("nvalid value: ") {
        let before = &message[..at + "nvalid value".len()];
        let after = message.rsplit_once("\": ").map_or("", |(_, after)| after);
        return if after.is_empty() { short(before) } else { short(&format!("{before}: {after}")) };
    }
    short(message)
}

/// Who manages the fields, and a clause for each of them.
fn conflict(causes: &[Because]) -> (Vec<String>, String) {
    let mut by: Vec<(String, Vec<String>)> = Vec::new();
    for cause in causes {
        let message = cause.message.as_deref().unwrap_or_default();
        let manager = message.split('"').nth(1).map_or_else(|| short(message), short);
        let field = short(cause.field.as_deref().unwrap_or_default());
        match by.iter_mut().find(|(name, _)| *name == manager) {
            Some((_, fields)) => fields.push(field),
            None => by.push((manager, vec![field])),
        }
    }
    let told: Vec<String> = by
        .iter()
        .map(|(manager, fields)| format!("`{manager}` manages {}", crate::wording::names(fields)))
        .collect();
    (by.into_iter().map(|(manager, _)| manager).collect(), clauses(&told))
}
