//! The kinds that a checklist may name.

use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use toml::de::{DeValue, ValueDeserializer};

use crate::{
    Check, Effect, EvidenceField, Kind, KindName, Problems, Requirements, TargetSettings,
    diagnostic::nearest, spec::RESERVED,
};

mod reference;
mod schema;

type Spanned<T> = toml::Spanned<T>;

/// A target's settings of one family, as their own type.
type Settings = Arc<dyn Any + Send + Sync>;

/// The kinds that a checklist may name, and the families of settings that a target may have. A plain value: what is not
/// added is not there.
#[derive(Default, Clone)]
pub struct Registry {
    kinds: BTreeMap<&'static str, KindInfo>,
    targets: BTreeMap<&'static str, TargetInfo>,
}

/// What is known of a kind.
#[derive(Clone)]
#[non_exhaustive]
pub struct KindInfo {
    /// Its name.
    pub name: &'static str,
    /// How far it reaches at most.
    pub effect: Effect,
    /// An example, as tables of a checklist.
    pub example: &'static str,
    /// The values its evidence holds.
    pub evidence: &'static [EvidenceField],
    /// The JSON schema of its parameters.
    pub schema: serde_json::Value,
    decode: fn(Spanned<DeValue<'_>>) -> Result<Decoded, toml::de::Error>,
}

/// A check made of its parameters.
pub(crate) struct Decoded {
    pub(crate) check: Arc<dyn Check>,
    /// How far it reaches with its parameters.
    pub(crate) effect: Effect,
    pub(crate) problems: Problems,
    pub(crate) requirements: Requirements,
}

/// What is known of a family of a target's settings.
#[derive(Clone)]
pub(crate) struct TargetInfo {
    pub(crate) schema: serde_json::Value,
    pub(crate) decode: fn(Spanned<DeValue<'_>>) -> Result<Settings, toml::de::Error>,
}

impl Registry {
    /// No kinds yet, not even the core's; see `register`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind.
    ///
    /// # Panics
    ///
    /// If its name does not follow the grammar or is taken, if a parameter is called like a reserved key, or if it lets
    /// unknown parameters pass. These are mistakes of the program, found the first time it starts.
    #[track_caller]
    pub fn add<K: Kind>(&mut self) -> &mut Self {
        assert!(
            KindName::new(K::NAME).is_ok(),
            "`{}` is not a kind's name, as in `family.what_holds`",
            K::NAME
        );
        let schema = schema_of::<K>();
        for key in property_names(&schema) {
            assert!(!RESERVED.contains(&key), "the parameter `{key}` of `{}` is a reserved key", K::NAME);
        }
        assert!(
            schema.get("additionalProperties") == Some(&serde_json::Value::Bool(false)),
            "`{}` lets unknown parameters pass: add `#[serde(deny_unknown_fields)]`",
            K::NAME
        );
        let info = KindInfo {
            name: K::NAME,
            effect: K::EFFECT,
            example: K::EXAMPLE,
            evidence: K::evidence(),
            schema,
            decode: |value| {
                let check = K::deserialize(ValueDeserializer::from(value))?;
                let (mut problems, mut requirements) = (Problems::default(), Requirements::default());
                check.validate(&mut problems);
                check.requires(&mut requirements);
                let effect = check.effect().min(K::EFFECT);
                Ok(Decoded { check: Arc::new(check), effect, problems, requirements })
            },
        };
        assert!(self.kinds.insert(K::NAME, info).is_none(), "the kind `{}` is there already", K::NAME);
        self
    }

    /// Adds a family of a target's settings.
    ///
    /// # Panics
    ///
    /// If the name is taken.
    #[track_caller]
    pub fn add_target<T: TargetSettings>(&mut self) -> &mut Self {
        let info = TargetInfo {
            schema: schema_of::<T>(),
            decode: |value| Ok(Arc::new(T::deserialize(ValueDeserializer::from(value))?)),
        };
        assert!(self.targets.insert(T::NAME, info).is_none(), "the family `{}` is there already", T::NAME);
        self
    }

    /// The kinds, in the order of their names.
    pub fn kinds(&self) -> impl Iterator<Item = &KindInfo> {
        self.kinds.values()
    }

    /// A kind by its name.
    pub fn kind(&self, name: &str) -> Option<&KindInfo> {
        self.kinds.get(name)
    }

    /// The families of kinds, in the order of their names.
    pub fn families(&self) -> Vec<&'static str> {
        let mut families: Vec<_> = self.kinds.keys().filter_map(|name| name.split('.').next()).collect();
        families.dedup();
        families
    }

    /// The kind whose name is nearest to a misspelt one.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.kinds.keys().copied())
    }

    /// The families of a target's settings, in the order of their names.
    pub fn target_families(&self) -> impl Iterator<Item = &'static str> {
        self.targets.keys().copied()
    }

    pub(crate) fn target(&self, name: &str) -> Option<&TargetInfo> {
        self.targets.get(name)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("kinds", &self.kinds.keys().collect::<Vec<_>>())
            .field("targets", &self.targets.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl KindInfo {
    /// The first sentence of its documentation.
    pub fn summary(&self) -> String {
        let docs = self.docs();
        let first = docs.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        first.trim().to_owned()
    }

    /// Its documentation, as Markdown.
    pub fn docs(&self) -> String {
        self.schema.get("description").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) fn decode(&self, value: Spanned<DeValue<'_>>) -> Result<Decoded, toml::de::Error> {
        (self.decode)(value)
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> Vec<&str> {
        property_names(&self.schema)
    }

    /// The names of the parameters that have to be given.
    pub fn required(&self) -> Vec<&str> {
        required_names(&self.schema)
    }
}

impl fmt::Debug for KindInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KindInfo")
            .field("name", &self.name)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}

fn schema_of<T: schemars::JsonSchema>() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema: Schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
    }
    schema
}

pub(crate) fn property_names(schema: &serde_json::Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys()).map(String::as_str).collect()
}

pub(crate) fn required_names(schema: &serde_json::Value) -> Vec<&str> {
    let required = schema.get("required").and_then(serde_json::Value::as_array);
    required.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
}
