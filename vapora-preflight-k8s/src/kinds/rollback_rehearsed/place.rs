//! Which deployment is meant, and what is the matter with it.

use std::fmt;

use vapora_preflight::CheckError;

use crate::{
    Namespace, ObjectName,
    object::{Deployment, Whole},
    read::Reader,
    refused::Cause,
};

/// A deployment by its name.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) namespace: Namespace,
    pub(super) name: ObjectName,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("deployment/{}", self.name))
    }
}

impl Place {
    /// What the commands to the operator begin with.
    pub(super) fn kubectl(&self) -> String {
        format!("kubectl -n {}", self.namespace)
    }

    pub(super) async fn read(&self, reader: &Reader<'_>) -> Result<Option<Whole<Deployment>>, CheckError> {
        reader.get(Some(&self.namespace), self.name.as_str()).await
    }

    pub(super) fn trouble(&self, said: impl Into<String>, remedy: impl Into<String>) -> Trouble {
        Trouble { place: self.clone(), said: said.into(), remedy: remedy.into() }
    }
}

/// Why a deployment was not rehearsed, or not as it should have been, and what to do about it.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) place: Place,
    /// What completes the sentence that begins with the deployment.
    pub(super) said: String,
    pub(super) remedy: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.place, self.said)
    }
}

impl From<Trouble> for CheckError {
    fn from(trouble: Trouble) -> Self {
        let could_not = format!("could not put back `{}` in `{}`", trouble.place, trouble.place.namespace);
        Self::permanent(could_not).because(&Cause(trouble.to_string())).remedy(trouble.remedy)
    }
}
