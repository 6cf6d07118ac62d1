//! Names, labels and annotations.

use serde_json::Value;

use super::Causes;
use crate::cluster::{invalid::Cause, kinds::ServedKind};

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| alphanumeric(*byte));
    ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
}

fn too_long(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} bytes"))
}

/// Why a text is no label of a DNS name.
pub(super) fn wrong_label(text: &str) -> Option<String> {
    too_long(text, 63).or_else(|| {
        (!is_label(text)).then(|| {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                .to_owned()
        })
    })
}

/// Why a text is no DNS name.
pub(super) fn wrong_subdomain(text: &str) -> Option<String> {
    too_long(text, 253).or_else(|| {
        (!text.split('.').all(is_label)).then(|| {
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .to_owned()
        })
    })
}

/// Why a text is no name of a Service.
fn wrong_service_name(text: &str) -> Option<String> {
    let letter = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    too_long(text, 63).or_else(|| {
        (!(letter && is_label(text))).then(|| {
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
             validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned()
        })
    })
}

/// Why a text is no part of a path.
fn wrong_segment(text: &str) -> Option<String> {
    if matches!(text, "." | "..") {
        return Some(format!("may not be '{text}'"));
    }
    ['/', '%']
        .into_iter()
        .find(|letter| text.contains(*letter))
        .map(|letter| format!("may not contain '{letter}'"))
}

/// Why a text is no key of a ConfigMap or Secret.
pub(super) fn wrong_config_key(text: &str) -> Option<String> {
    if let Some(long) = too_long(text, 253) {
        return Some(long);
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if text.is_empty() || !text.bytes().all(fits) {
        return Some(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                .to_owned(),
        );
    }
    match text {
        "." => Some("must not be '.'".to_owned()),
        ".." => Some("must not be '..'".to_owned()),
        _ if text.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    }
}

fn is_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Why a text is no key of a label or an annotation.
fn wrong_key(key: &str) -> Option<String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if name.contains('/') {
        return Some(
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
             alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
             '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. \
             'example.com/MyName')"
                .to_owned(),
        );
    }
    if let Some(why) = prefix.and_then(|prefix| {
        if prefix.is_empty() { Some("must be non-empty".to_owned()) } else { wrong_subdomain(prefix) }
    }) {
        return Some(format!("prefix part {why}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if let Some(why) = too_long(name, 63) {
        return Some(format!("name part {why}"));
    }
    (!is_value(name)).then(|| {
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
         '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            .to_owned()
    })
}

/// Labels, at that place in an object.
pub(super) fn labels(labels: &Value, field: &str, causes: &mut Causes) {
    for (key, value) in labels.as_object().into_iter().flatten() {
        if let Some(why) = wrong_key(key) {
            causes.push(Cause::invalid(field, &key.as_str().into(), &why));
        }
        let text = value.as_str().unwrap_or_default();
        if let Some(why) = too_long(text, 63) {
            causes.push(Cause::invalid(field, value, &why));
        } else if !is_value(text) {
            let what = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                        must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
                        regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
            causes.push(Cause::invalid(field, value, what));
        }
    }
}

const MOST_ANNOTATIONS: usize = 256 << 10;

/// Annotations, at that place in an object.
fn annotations(annotations: &Value, causes: &mut Causes) {
    let field = "metadata.annotations";
    let mut size = 0;
    for (key, value) in annotations.as_object().into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        if let Some(why) = wrong_key(&key.to_lowercase()) {
            causes.push(Cause::invalid(field, &key.as_str().into(), &why));
        }
    }
    if size > MOST_ANNOTATIONS {
        let what = format!("Too long: may not be more than {MOST_ANNOTATIONS} bytes");
        causes.push(Cause::new("FieldValueTooLong", field, &what));
    }
}

/// The metadata of an object.
pub(super) fn metadata(kind: &ServedKind, object: &Value, exists: bool, causes: &mut Causes) {
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    let wrong = match (&*kind.group, &*kind.plural) {
        ("rbac.authorization.k8s.io", _) => wrong_segment(name),
        ("", "namespaces") => wrong_label(name),
        ("", "services") => wrong_service_name(name),
        ("batch", "cronjobs") => too_long(name, 52).or_else(|| wrong_subdomain(name)),
        _ => wrong_subdomain(name),
    };
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else if let Some(what) = wrong.filter(|_| !exists) {
        causes.push(Cause::invalid("metadata.name", &metadata["name"], &what));
    }
    labels(&metadata["labels"], "metadata.labels", causes);
    annotations(&metadata["annotations"], causes);
    for (index, owner) in metadata["ownerReferences"].as_array().into_iter().flatten().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().unwrap_or_default().is_empty() {
                let path = format!("metadata.ownerReferences[{index}].{field}");
                let what = "must not be empty";
                causes.push(Cause::invalid(&path, &"".into(), what));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_by_what_they_are_for() {
        for (text, label, subdomain, service) in [
            ("web", true, true, true),
            ("web.example", false, true, false),
            ("1web", true, true, false),
            ("Web", false, false, false),
            ("-web", false, false, false),
            ("", false, false, false),
        ] {
            assert_eq!(wrong_label(text).is_none(), label, "{text}");
            assert_eq!(wrong_subdomain(text).is_none(), subdomain, "{text}");
            assert_eq!(wrong_service_name(text).is_none(), service, "{text}");
        }
        assert_eq!(wrong_label(&"a".repeat(64)).unwrap(), "must be no more than 63 bytes");
    }

    #[test]
    fn labels_are_checked_on_both_sides() {
        let said = |value: Value| {
            let mut causes = Causes::new();
            labels(&value, "metadata.labels", &mut causes);
            causes.len()
        };
        assert_eq!(said(serde_json::json!({ "app.kubernetes.io/name": "web", "a": "" })), 0);
        assert_eq!(said(serde_json::json!({ "a b": "x", "c": "not good", "/d": "x" })), 3);
    }
}
