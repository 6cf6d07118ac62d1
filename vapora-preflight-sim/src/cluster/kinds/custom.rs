//! The kinds that a CustomResourceDefinition defines.

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;

use super::{Conversion, Served, ServedKind, Subresource, Verbs, api_version};
use crate::cluster::schema::{self, Struct};

/// What a definition says about the resources of one version.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) schema: Value,
    pub(crate) of: Arc<Struct>,
}

/// The kinds of the served versions of a definition, the version with the highest priority first.
pub(super) fn kinds(definition: &Value) -> Vec<ServedKind> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| -> Vec<Cow<'static, str>> {
        value.as_array().into_iter().flatten().map(|value| text(value).into()).collect()
    };
    let (group, plural, kind) = (text(&spec["group"]), text(&names["plural"]), text(&names["kind"]));
    let singular = Some(text(&names["singular"])).filter(|name| !name.is_empty());
    let singular = singular.unwrap_or_else(|| kind.to_ascii_lowercase());
    let stored: Arc<str> = format!("{group}/{plural}").into();
    let mut versions: Vec<&Value> = spec["versions"].as_array().into_iter().flatten().collect();
    versions.sort_by_key(|version| priority(version["name"].as_str().unwrap_or_default()));
    let served = versions.iter().filter(|version| version["served"] == true);
    served
        .map(|version| {
            let name = text(&version["name"]);
            let schema = version["schema"]["openAPIV3Schema"].clone();
            ServedKind {
                group: group.clone().into(),
                version: name.clone().into(),
                plural: plural.clone().into(),
                singular: singular.clone().into(),
                kind: kind.clone().into(),
                namespaced: spec["scope"] == "Namespaced",
                short: texts(&names["shortNames"]),
                categories: texts(&names["categories"]),
                verbs: Verbs::ALL,
                subresources: subresources(&version["subresources"]),
                served: Served::Stored,
                stored: Arc::clone(&stored),
                conversion: if version["storage"] == true { Conversion::Same } else { Conversion::Version },
                typed_as: "".into(),
                deprecated: deprecated(version, &versions, &group, &kind).map(Cow::Owned),
                custom: Some(Arc::new(Custom { of: Arc::new(schema::defined(&schema)), schema })),
            }
        })
        .collect()
}

/// `v2` comes before `v1`, `v1` before `v1beta1`, and that before `v1alpha1`; all others come behind, by name.
fn priority(version: &str) -> (u8, std::cmp::Reverse<(u32, u32)>, String) {
    let number = |text: &str| text.parse::<u32>().ok();
    let parsed = version.strip_prefix('v').and_then(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let major = number(&rest[..end])?;
        match &rest[end..] {
            "" => Some((0, major, 0)),
            rest => rest
                .strip_prefix("beta")
                .map(|minor| (1, minor))
                .or_else(|| rest.strip_prefix("alpha").map(|minor| (2, minor)))
                .and_then(|(stability, minor)| Some((stability, major, number(minor)?))),
        }
    });
    match parsed {
        Some((stability, major, minor)) => (stability, std::cmp::Reverse((major, minor)), String::new()),
        None => (3, std::cmp::Reverse((0, 0)), version.to_owned()),
    }
}

fn subresources(declared: &Value) -> Vec<Subresource> {
    let scale =
        Subresource { name: "scale", group_version: "autoscaling/v1", kind: "Scale", verbs: Verbs::CHANGE };
    let status = Subresource { name: "status", group_version: "", kind: "", verbs: Verbs::CHANGE };
    [scale, status].into_iter().filter(|one| declared[one.name].is_object()).collect()
}

fn deprecated(version: &Value, versions: &[&Value], group: &str, kind: &str) -> Option<String> {
    if version["deprecated"] != true {
        return None;
    }
    if let Some(warning) = version["deprecationWarning"].as_str() {
        return Some(warning.to_owned());
    }
    let named = |version: &Value| {
        format!("{} {kind}", api_version(group, version["name"].as_str().unwrap_or_default()))
    };
    let usable = |other: &&&Value| other["served"] == true && other["deprecated"] != true;
    let instead = versions.iter().find(usable).map(|other| format!("; use {}", named(other)));
    Some(format!("{} is deprecated{}", named(version), instead.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_definition_gives_a_kind_for_each_version_that_is_served() {
        let schema = json!({ "openAPIV3Schema": { "type": "object" } });
        let kinds = kinds(&json!({ "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": { "plural": "widgets", "kind": "Widget", "shortNames": ["wi"] },
            "versions": [
                { "name": "v1alpha1", "served": false, "storage": false, "schema": schema },
                { "name": "v1beta1", "served": true, "storage": false, "deprecated": true, "schema": schema },
                { "name": "v1", "served": true, "storage": true, "schema": schema, "subresources": { "status": {} } },
            ],
        } }));
        let versions: Vec<&str> = kinds.iter().map(|kind| &*kind.version).collect();
        assert_eq!(versions, ["v1", "v1beta1"]);
        assert_eq!(kinds[0].singular, "widget");
        assert!(kinds[0].subresource("status").is_some() && kinds[1].subresource("status").is_none());
        assert_eq!(
            kinds[1].deprecated.as_deref(),
            Some("example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget")
        );
        assert_eq!(kinds[1].conversion, Conversion::Version);
    }
}
