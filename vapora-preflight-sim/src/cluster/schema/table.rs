//! Reads the types of the built-in kinds.
//!
//! A line is a type: its name, with `@` in front where it is one whole, and its fields with their types. Lines that
//! begin with `#` are the kinds. Types are `str`, `int`, `num`, `bool`, `bytes`, `qty` (a quantity), `ios` (an integer
//! or a text), `time`, `any`, `{T}` (a map; `{T}a` is one whole), `[T]` (a list that is one whole), `[T]set`,
//! `[T](key,key)` (a list whose items are known by these fields, and by the first of them in a strategic merge patch:
//! `-` behind it says not there, `~key` by another), or the name of a type, with `+` in front where the field is always
//! there. Behind a type stands `!` where the field is required, `0` where it is left out when it is zero, and `=` with
//! its default.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use super::{Field, Items, Listing, Relation, Struct, Type};

static BUILT_IN: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("types.txt")));

/// The fields of a built-in kind. One that the table has not has a typed `metadata`, and any other fields.
pub(crate) fn built_in(api_version: &str, kind: &str) -> Arc<Struct> {
    BUILT_IN
        .kinds
        .get(&(api_version.to_owned(), kind.to_owned()))
        .map_or_else(|| Arc::clone(&BUILT_IN.other), Arc::clone)
}

#[derive(Debug)]
struct Table {
    kinds: HashMap<(String, String), Arc<Struct>>,
    other: Arc<Struct>,
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut reading = Reading::default();
        let mut kinds = Vec::new();
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix('#') {
                kinds.push(kind.split(' ').collect::<Vec<_>>());
            } else if let Some((name, fields)) = line.split_once(' ') {
                reading.lines.insert(name.trim_start_matches('@'), (name.starts_with('@'), fields));
            }
        }
        let mut table = HashMap::new();
        for kind in kinds {
            let [version, kind, rest @ ..] = kind.as_slice() else { continue };
            let of = reading.named(rest.first().unwrap_or(kind));
            table.insert(((*version).to_owned(), (*kind).to_owned()), of);
        }
        let mut metadata = Field::new("metadata", Type::Struct(reading.named("ObjectMeta")));
        metadata.always = true;
        let fields = vec![Field::new("apiVersion", Type::Text), Field::new("kind", Type::Text), metadata];
        let other = Struct { fields, open: true, ..Struct::default() };
        Self { kinds: table, other: Arc::new(other) }
    }
}

#[derive(Default)]
struct Reading {
    lines: HashMap<&'static str, (bool, &'static str)>,
    done: HashMap<&'static str, Arc<Struct>>,
}

impl Reading {
    fn named(&mut self, name: &'static str) -> Arc<Struct> {
        if let Some(done) = self.done.get(name) {
            return Arc::clone(done);
        }
        let Some((atomic, fields)) = self.lines.get(name).copied() else {
            panic!("the table of types has no `{name}`");
        };
        let fields = fields.split(' ').filter_map(|text| self.field(text)).collect();
        let done = Arc::new(Struct { name: name.to_owned(), fields, atomic, open: false });
        self.done.insert(name, Arc::clone(&done));
        done
    }

    fn field(&mut self, text: &'static str) -> Option<Field> {
        let (name, of) = text.split_once(':')?;
        let (of, default) = match of.split_once('=') {
            Some((of, default)) => (of, Some(default.into())),
            None => (of, None),
        };
        let (of, required, omitted) = match of.as_bytes().last() {
            Some(b'!') => (&of[..of.len() - 1], true, false),
            Some(b'0') => (&of[..of.len() - 1], false, true),
            _ => (of, false, false),
        };
        let (of, always) = of.strip_prefix('+').map_or((of, false), |of| (of, true));
        let field = Field::new(name, self.of(of));
        Some(Field { required, always, omitted, default, ..field })
    }

    fn of(&mut self, text: &'static str) -> Type {
        match text {
            "str" => Type::Text,
            "bytes" => Type::Bytes,
            "int" => Type::Integer,
            "num" => Type::Number,
            "bool" => Type::Boolean,
            "qty" => Type::Quantity,
            "ios" => Type::IntOrText,
            "time" => Type::Time,
            "any" => Type::Any,
            _ if text.starts_with('{') => {
                let (of, rest) = text[1..].rsplit_once('}').unwrap_or_default();
                let relation = if rest == "a" { Relation::Atomic } else { Relation::Granular };
                Type::Map(Box::new(self.of(of)), relation)
            }
            _ if text.starts_with('[') => {
                let (of, rest) = text[1..].rsplit_once(']').unwrap_or_default();
                Type::List(Box::new(self.of(of)), listing(rest))
            }
            name => Type::Struct(self.named(name)),
        }
    }
}

/// What stands behind a list.
fn listing(text: &str) -> Listing {
    if let Some(keys) = text.strip_prefix('(') {
        let (keys, rest) = keys.split_once(')').unwrap_or_default();
        let keys: Vec<String> = keys.split(',').map(str::to_owned).collect();
        let merge_key = match rest {
            "" => keys.first().cloned(),
            "-" => None,
            other => Some(other.trim_start_matches('~').to_owned()),
        };
        return Listing { items: Items::Keyed(keys), merge_key };
    }
    match text {
        "set" => Listing { items: Items::Set, merge_key: Some(String::new()) },
        "set-" => Listing { items: Items::Set, merge_key: None },
        other => Listing { items: Items::Atomic, merge_key: other.strip_prefix('~').map(str::to_owned) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kinds::Catalog;

    #[test]
    fn the_types_of_a_deployment_are_known_down_to_the_ports_of_its_containers() {
        let deployment = Type::Struct(built_in("apps/v1", "Deployment"));
        let path = ["spec", "template", "spec", "containers"];
        let Some(Type::List(of, listing)) =
            path.iter().try_fold(&deployment, |of, name| of.field(name)).cloned()
        else {
            panic!("containers are a list")
        };
        assert_eq!(listing.items, Items::Keyed(vec!["name".to_owned()]));
        assert_eq!(listing.merge_key.as_deref(), Some("name"));
        let Some(Type::List(_, ports)) = of.field("ports") else { panic!("ports are a list") };
        assert_eq!(ports.items, Items::Keyed(vec!["containerPort".to_owned(), "protocol".to_owned()]));
        assert!(deployment.field("spec").unwrap().field("nope").is_none());
    }

    #[test]
    fn every_kind_has_typed_metadata() {
        let catalog = Catalog::default();
        for (group, versions) in catalog.groups() {
            for kind in versions.into_iter().flat_map(|version| catalog.version(group, version)) {
                let of = built_in(&kind.api_version(), &kind.kind);
                assert!(of.type_of("metadata").is_some_and(|of| of.names("labels")), "{}", kind.kind);
            }
        }
    }
}
