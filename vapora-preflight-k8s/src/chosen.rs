//! The objects of a namespace that a check is about.

use std::sync::Arc;

use vapora_preflight::{CheckError, Finding, Problems, Requirements};

use crate::{
    LabelSelector, Namespace, ObjectName, kinds::NO_SUCH_NAMESPACE, object::Object, read::Reader,
    resource::Resource, wording::names,
};

/// How a check says which objects it is about: by their names, by their labels, or all of the namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) namespace: &'a Namespace,
    pub(crate) names: &'a [ObjectName],
    pub(crate) selector: Option<&'a LabelSelector>,
}

/// What was found of them.
#[derive(Debug)]
pub(crate) struct Chosen<T> {
    pub(crate) found: Arc<Vec<T>>,
    /// The names of those that do not exist.
    pub(crate) missing: Vec<String>,
}

impl Choice<'_> {
    /// Gets each of the names, or lists those with the labels.
    pub(crate) async fn read<T: Object + Sync + 'static>(
        self,
        reader: &Reader<'_>,
    ) -> Result<Chosen<T>, CheckError> {
        if self.names.is_empty() {
            let found = reader.list::<T>(Some(self.namespace), self.selector).await?;
            return Ok(Chosen { found, missing: Vec::new() });
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in self.names {
            match reader.get::<T>(Some(self.namespace), name.as_str()).await? {
                Some(object) => found.push(object),
                None => missing.push(name.to_string()),
            }
        }
        Ok(Chosen { found: Arc::new(found), missing })
    }

    /// The rights that [`read`](Self::read) uses.
    pub(crate) fn requires(self, needs: &mut Requirements, resource: Resource) {
        let right = |verb| resource.permission(verb, Some(self.namespace));
        if self.names.is_empty() {
            needs.permission(right("list"));
        }
        for name in self.names {
            needs.permission(right("get").named(name.as_str()));
        }
    }

    /// Names and labels at once say two different things.
    pub(crate) fn validate(self, problems: &mut Problems) {
        if !self.names.is_empty() && self.selector.is_some() {
            problems.at("selector", "both `names` and `selector` are given", "give one of them");
        }
    }

    /// ` of `app=vapora``, where they are chosen by their labels.
    pub(crate) fn of(self) -> String {
        self.selector.map_or_else(String::new, |selector| format!(" of `{selector}`"))
    }

    /// What to say where none was found: why, where it is known that there is no such namespace.
    pub(crate) fn nothing(
        self,
        resource: Resource,
        missing: &[String],
        no_namespace: Option<String>,
    ) -> Finding {
        let (nouns, namespace) = (resource.nouns(), self.namespace);
        let (summary, actual) = if self.names.is_empty() {
            (format!("there are no {nouns}{} in `{namespace}`", self.of()), format!("no {nouns}"))
        } else {
            (format!("none of the {nouns} exist in `{namespace}`"), format!("no {}", names(missing)))
        };
        let remedy = match no_namespace {
            Some(_) => NO_SUCH_NAMESPACE.to_owned(),
            None => format!(
                "see that the names or labels are the right ones, and that the {nouns} were made there"
            ),
        };
        Finding::new(summary).actual(no_namespace.unwrap_or(actual)).remedy(remedy)
    }
}
