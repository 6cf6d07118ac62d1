//! What a write says about itself: `dryRun`, `fieldManager`, `fieldValidation`, `force`.

use http::header;

use super::LIMIT;
use crate::cluster::{
    invalid::Cause, kinds::ServedKind, reply::Reply, respond::Asked, routes::Target, status,
};

/// What happens to fields that are not known, or stand there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldValidation {
    Strict,
    Warn,
    Ignore,
}

/// How a patch is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Yaml,
    JsonPatch,
    MergePatch,
    StrategicPatch,
    Apply,
}

#[derive(Debug)]
pub(super) struct Options {
    pub(super) dry_run: bool,
    pub(super) validation: FieldValidation,
    pub(super) manager: String,
    pub(super) force: bool,
    pub(super) media: Media,
}

const LONGEST_MANAGER: usize = 128;

pub(super) fn read(asked: &Asked<'_>, target: &Target, kind: &ServedKind) -> Result<Options, Reply> {
    let media = media(asked, target, kind)?;
    if asked.body.len() > LIMIT {
        return Err(status::too_large(LIMIT));
    }
    let query = &asked.query;
    let applies = media == Media::Apply;
    let mut causes = Vec::new();
    let force = query.get("force");
    let manager = query.get("fieldManager").unwrap_or_default();
    if target.verb == "patch" {
        if applies && manager.is_empty() {
            causes.push(Cause::required("fieldManager", "is required for apply patch"));
        }
        if !applies && force.is_some() {
            causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
        }
    }
    if manager.len() > LONGEST_MANAGER {
        let what = format!("Too long: may not be more than {LONGEST_MANAGER} bytes");
        causes.push(Cause::new("FieldValueTooLong", "fieldManager", &what));
    }
    let dry_run = query.get("dryRun");
    if let Some(value) = dry_run.filter(|value| *value != "All") {
        let what = format!("Unsupported value: [{value:?}]: supported values: \"All\"");
        causes.push(Cause::new("FieldValueNotSupported", "dryRun", &what));
    }
    let validation = match query.get("fieldValidation") {
        Some("Strict") => FieldValidation::Strict,
        Some("Warn") | None => FieldValidation::Warn,
        Some("Ignore") => FieldValidation::Ignore,
        Some(other) => {
            let supported = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::not_supported("fieldValidation", &other.into(), &supported));
            FieldValidation::Ignore
        }
    };
    if !causes.is_empty() {
        return Err(status::invalid("meta.k8s.io", options_kind(&target.verb), "", &causes));
    }
    Ok(Options {
        dry_run: dry_run.is_some(),
        validation,
        manager: manager_of(manager, asked.header(&header::USER_AGENT)),
        force: matches!(force, Some("true" | "1")),
        media,
    })
}

fn options_kind(verb: &str) -> &'static str {
    match verb {
        "create" => "CreateOptions",
        "update" => "UpdateOptions",
        "patch" => "PatchOptions",
        _ => "DeleteOptions",
    }
}

fn media(asked: &Asked<'_>, target: &Target, kind: &ServedKind) -> Result<Media, Reply> {
    let said = asked.header(&header::CONTENT_TYPE).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    let media = match (target.verb.as_str(), said) {
        ("patch", "application/json-patch+json") => Media::JsonPatch,
        ("patch", "application/merge-patch+json") => Media::MergePatch,
        ("patch", "application/strategic-merge-patch+json") if kind.custom.is_none() => Media::StrategicPatch,
        ("patch", "application/apply-patch+yaml") => Media::Apply,
        ("create" | "update" | "delete" | "deletecollection", "" | "application/json") => Media::Json,
        ("create" | "update" | "delete" | "deletecollection", "application/yaml") => Media::Yaml,
        ("create" | "update", "application/vnd.kubernetes.protobuf" | "application/cbor") => {
            return Err(status::unknown_to_the_simulation(&format!("the form `{said}`")));
        }
        _ => return Err(status::unsupported_media_type()),
    };
    Ok(media)
}

/// The manager that is named, or the beginning of the user agent.
fn manager_of(named: &str, agent: Option<&str>) -> String {
    if !named.is_empty() {
        return named.to_owned();
    }
    let agent = agent.and_then(|agent| agent.split('/').next()).unwrap_or_default();
    let short: String = agent.chars().filter(|c| !c.is_control()).take(LONGEST_MANAGER).collect();
    if short.is_empty() { "unknown".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_names_no_manager_is_known_by_its_program() {
        assert_eq!(manager_of("mine", Some("kubectl/v1.36")), "mine");
        assert_eq!(manager_of("", Some("kubectl/v1.36 (linux)")), "kubectl");
        assert_eq!(manager_of("", None), "unknown");
    }
}
