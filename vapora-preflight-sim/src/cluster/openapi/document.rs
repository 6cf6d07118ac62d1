//! The document of one version of a group: its paths, and the types of what they take and give.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cluster::{
    kinds::{Catalog, ServedKind},
    schema::{Items, Listing, Relation, Struct, Type},
};

/// The parameters of a write.
const WRITE: [(&str, &str, &str); 3] = [
    ("dryRun", "string", "`All` where nothing is to be kept"),
    ("fieldManager", "string", "who writes"),
    ("fieldValidation", "string", "what happens to fields that are not known: `Ignore`, `Warn` or `Strict`"),
];

/// The document of a version of a group; `release` is as in `1.36`.
pub(super) fn document(catalog: &Catalog, group: &str, version: &str, release: &str) -> Value {
    let mut paths = Map::new();
    let mut schemas = BTreeMap::new();
    for kind in catalog.version(group, version) {
        describe(kind, &mut schemas);
        for (path, operations) in operations(kind) {
            paths.insert(path, operations);
        }
    }
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": release },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn of_kind(kind: &ServedKind) -> Value {
    json!({ "group": kind.group, "version": kind.version, "kind": kind.kind })
}

fn operations(kind: &ServedKind) -> Vec<(String, Value)> {
    let root = if kind.group.is_empty() {
        format!("/api/{}", kind.version)
    } else {
        format!("/apis/{}/{}", kind.group, kind.version)
    };
    let inside = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
    let many = format!("{root}{inside}/{}", kind.plural);
    let all = |verbs: &[(&str, &str, &str)]| -> Value {
        let known = verbs.iter().filter(|(verb, ..)| kind.verbs.allow(verb));
        let described =
            known.map(|(verb, method, action)| ((*method).to_owned(), operation(kind, verb, action)));
        Value::Object(described.collect())
    };
    let one = all(&[
        ("get", "get", "get"),
        ("update", "put", "put"),
        ("patch", "patch", "patch"),
        ("delete", "delete", "delete"),
    ]);
    let list = all(&[
        ("list", "get", "list"),
        ("create", "post", "post"),
        ("deletecollection", "delete", "deletecollection"),
    ]);
    vec![(format!("{many}/{{name}}"), one), (many, list)]
}

fn operation(kind: &ServedKind, verb: &str, action: &str) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    let parameter = |(name, sort, about): &(&str, &str, &str)| json!({ "name": name, "in": "query", "description": about, "schema": { "type": sort, "uniqueItems": true } });
    if matches!(verb, "create" | "update" | "patch") {
        parameters.extend(WRITE.iter().map(parameter));
    }
    if verb == "patch" {
        parameters.push(parameter(&("force", "boolean", "whether fields of others are taken over")));
    }
    let schema = json!({ "$ref": format!("#/components/schemas/{}", name_of(kind)) });
    let mut operation = json!({
        "parameters": parameters,
        "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": schema } } } },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": of_kind(kind),
    });
    match verb {
        "create" | "update" => {
            operation["requestBody"] =
                json!({ "content": { "*/*": { "schema": schema } }, "required": true });
        }
        "patch" => {
            let media =
                ["apply-patch+yaml", "json-patch+json", "merge-patch+json", "strategic-merge-patch+json"];
            let content: Map<String, Value> = media
                .into_iter()
                .map(|media| (format!("application/{media}"), json!({ "schema": { "type": "object" } })))
                .collect();
            operation["requestBody"] = json!({ "content": content, "required": true });
        }
        _ => {}
    }
    operation
}

fn name_of(kind: &ServedKind) -> String {
    let group = if kind.group.is_empty() { "core" } else { &kind.group };
    format!("{group}.{}.{}", kind.version, kind.kind)
}

fn describe(kind: &ServedKind, schemas: &mut BTreeMap<String, Value>) {
    let mut schema = match &kind.custom {
        Some(custom) => custom.schema.clone(),
        None => object(&kind.fields(), schemas),
    };
    schema["x-kubernetes-group-version-kind"] = json!([of_kind(kind)]);
    schemas.insert(name_of(kind), schema);
}

fn object(of: &Struct, schemas: &mut BTreeMap<String, Value>) -> Value {
    let properties: Map<String, Value> =
        of.fields.iter().map(|field| (field.name.clone(), value(&field.of, schemas))).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<&str> =
        of.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if of.atomic {
        schema["x-kubernetes-map-type"] = "atomic".into();
    }
    if of.open {
        schema["x-kubernetes-preserve-unknown-fields"] = true.into();
    }
    schema
}

fn value(of: &Type, schemas: &mut BTreeMap<String, Value>) -> Value {
    match of {
        Type::Text | Type::Quantity => json!({ "type": "string" }),
        Type::Bytes => json!({ "type": "string", "format": "byte" }),
        Type::Time => json!({ "type": "string", "format": "date-time" }),
        Type::Integer => json!({ "type": "integer" }),
        Type::Number => json!({ "type": "number" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::IntOrText => {
            json!({ "format": "int-or-string", "oneOf": [{ "type": "integer" }, { "type": "string" }] })
        }
        Type::Any | Type::Deduced => json!({ "x-kubernetes-preserve-unknown-fields": true }),
        Type::Map(of, relation) => {
            let mut schema = json!({ "type": "object", "additionalProperties": value(of, schemas) });
            if *relation == Relation::Atomic {
                schema["x-kubernetes-map-type"] = "atomic".into();
            }
            schema
        }
        Type::List(of, listing) => list(of, listing, schemas),
        Type::Struct(of) if of.name.is_empty() => object(of, schemas),
        Type::Struct(of) => {
            if !schemas.contains_key(&of.name) {
                // In place first, for a type may be within itself.
                schemas.insert(of.name.clone(), Value::Null);
                let described = object(of, schemas);
                schemas.insert(of.name.clone(), described);
            }
            json!({ "$ref": format!("#/components/schemas/{}", of.name) })
        }
    }
}

fn list(of: &Type, listing: &Listing, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut schema = json!({ "type": "array", "items": value(of, schemas) });
    match &listing.items {
        Items::Atomic => schema["x-kubernetes-list-type"] = "atomic".into(),
        Items::Set => schema["x-kubernetes-list-type"] = "set".into(),
        Items::Keyed(keys) => {
            schema["x-kubernetes-list-type"] = "map".into();
            schema["x-kubernetes-list-map-keys"] = json!(keys);
        }
    }
    if let Some(key) = &listing.merge_key {
        schema["x-kubernetes-patch-strategy"] = "merge".into();
        if !key.is_empty() {
            schema["x-kubernetes-patch-merge-key"] = key.as_str().into();
        }
    }
    schema
}
