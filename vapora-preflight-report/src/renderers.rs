//! Renderers by name.

use std::{collections::BTreeMap, fmt};

use crate::{Format, Renderer};

/// Renderers by name: those of this crate, and those an embedder adds.
#[derive(Default)]
pub struct Renderers {
    by_name: BTreeMap<String, Box<dyn Renderer>>,
}

/// A renderer of that name is there already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a renderer named `{0}` is there already")]
pub struct NameTaken(pub String);

/// No renderer has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}, found `{found}`", quoted(known))]
pub struct UnknownRenderer {
    /// The name that was asked for.
    pub found: String,
    /// The names that are there.
    pub known: Vec<String>,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Renderers {
    /// No renderers yet.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The renderers of this crate, under the names of their [`Format`].
    pub fn builtin() -> Self {
        let by_name = Format::ALL.iter().map(|format| (format.to_string(), format.renderer())).collect();
        Self { by_name }
    }

    /// Adds a renderer under a name of its own.
    ///
    /// # Errors
    ///
    /// A renderer of that name is there already.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        renderer: impl Renderer + 'static,
    ) -> Result<&mut Self, NameTaken> {
        let name = name.into();
        if self.by_name.contains_key(&name) {
            return Err(NameTaken(name));
        }
        self.by_name.insert(name, Box::new(renderer));
        Ok(self)
    }

    /// The renderer of that name.
    ///
    /// # Errors
    ///
    /// There is none; the error names those that are there.
    pub fn get(&self, name: &str) -> Result<&dyn Renderer, UnknownRenderer> {
        self.by_name.get(name).map(|renderer| &**renderer).ok_or_else(|| UnknownRenderer {
            found: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

impl fmt::Debug for Renderers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use vapora_preflight::Report;

    use super::*;

    struct CheckCount;
    impl Renderer for CheckCount {
        fn media_type(&self) -> &'static str {
            "text/plain"
        }
        fn render(&self, report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
            write!(out, "{}", report.counts().declared)
        }
    }

    #[test]
    fn a_third_partys_renderer_is_found_by_its_name() {
        let mut renderers = Renderers::builtin();
        renderers.add("count", CheckCount).unwrap();
        assert_eq!(renderers.names().collect::<Vec<_>>(), ["count", "json", "markdown", "text"]);
        assert_eq!(renderers.get("count").unwrap().media_type(), "text/plain");
        assert_eq!(renderers.add("json", CheckCount).unwrap_err(), NameTaken("json".to_owned()));
    }

    #[test]
    fn an_unknown_name_is_told_what_there_is() {
        let renderers = Renderers::builtin();
        let Err(error) = renderers.get("html") else { panic!("there is no `html`") };
        assert_eq!(error.to_string(), "expected one of `json`, `markdown`, `text`, found `html`");
    }
}
