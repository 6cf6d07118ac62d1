//! Patches of an object, and server-side apply.

use serde_json::{Value, json};

use super::{
    Write,
    options::{FieldValidation, Media},
};
use crate::cluster::{
    invalid::Cause,
    kinds::api_version,
    ownership::{self, Owners, Writer},
    patch::{self, NotDone},
    reply::Reply,
    schema::{self, Decoded, Mistake},
    state::State,
    status,
    store::meta,
};

impl Write<'_> {
    pub(super) fn patch(&mut self) -> Result<Reply, Reply> {
        if self.options.media == Media::Apply {
            return self.apply();
        }
        let patch = self.decoded()?.value;
        let mut state = self.cluster.state();
        let live = self.live(&state).ok_or_else(|| self.missing())?;
        let object = self.patched(&live, &patch)?;
        if let Err(why) = self.check_fields(&object, Vec::new()) {
            let shown = match self.options.media {
                Media::StrategicPatch => schema::as_go(&patch),
                _ => object.to_string(),
            };
            return Err(status::invalid("", "", "", &[Cause::invalid("patch", &shown.into(), &why)]));
        }
        self.check_name(&object)?;
        self.commit(&mut state, Some(live), object, None)
    }

    /// The object as the patch makes it.
    pub(super) fn patched(&self, live: &Value, patch: &Value) -> Result<Value, Reply> {
        let mut object = live.clone();
        match self.options.media {
            Media::JsonPatch => {
                object = patch::json(live, patch).map_err(|not_done| match not_done {
                    NotDone::Impossible => status::unprocessable(),
                    NotDone::Unreadable(why) => status::bad_request(&why),
                })?;
            }
            Media::StrategicPatch => {
                let of = self.kind.of();
                patch::strategic(&of, &mut object, patch).map_err(|why| status::bad_request(&why))?;
            }
            _ if patch.is_object() => patch::merge(&mut object, patch),
            _ => return Err(status::bad_request("Invalid JSON Patch")),
        }
        Ok(object)
    }

    fn apply(&mut self) -> Result<Reply, Reply> {
        let Decoded { value: applied, duplicates } = self.decoded()?;
        if !applied.is_object() {
            let what = "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into \
                        Go value of type map[string]interface {}";
            return Err(status::bad_request(what));
        }
        self.check_applied_kind(&applied)?;
        if !applied["metadata"]["managedFields"].is_null() {
            return Err(status::bad_request("metadata.managedFields must be nil"));
        }
        let of = self.kind.of();
        let mistakes = schema::mistakes(&of, &applied);
        if !mistakes.is_empty() {
            let what = told(&mistakes);
            let named = self.applied_name(&applied);
            return Err(status::failed(&format!("failed to create typed patch object ({named}): {what}")));
        }
        let mut state = self.cluster.state();
        let live = self.live(&state);
        if live.is_none() && self.target.subresource.is_some() {
            return Err(self.missing());
        }
        self.check_identity(live.as_ref(), &applied)?;
        let mut bare = live.clone().unwrap_or_else(|| self.nothing());
        let mut owners = self.owners_before_apply(live.as_ref(), &mut bare);
        let writer = Writer { applies: true, ..self.writer() };
        let merged =
            ownership::apply(&of, &bare, &applied, &mut owners, &writer, self.options.force, &self.now)
                .map_err(|refusal| status::apply_conflict(&refusal))?;
        if let Some(what) = schema::unreadable(&of, &merged) {
            let named = self.applied_name(&applied);
            let object = format!("{}, Kind={}", self.kind.api_version(), self.kind.kind);
            return Err(status::failed(&format!(
                "failed to convert new object ({named}) to proper version: unable to convert unstructured object to \
                 {object}: {what}"
            )));
        }
        self.repeated_keys(duplicates)?;
        self.check_name(&merged)?;
        let mut merged = merged;
        self.check_namespace(&mut merged)?;
        self.commit_applied(&mut state, live, merged, owners)
    }

    fn commit_applied(
        &mut self,
        state: &mut State,
        live: Option<Value>,
        merged: Value,
        owners: Owners,
    ) -> Result<Reply, Reply> {
        if live.is_none() {
            self.may_create()?;
        }
        self.commit(state, live, merged, Some(owners))
    }

    /// Who applies what is not there needs the right to create it, too.
    fn may_create(&self) -> Result<(), Reply> {
        let create = crate::cluster::routes::Target { verb: "create".to_owned(), ..self.target.clone() };
        let identity = &self.asked.identity;
        if identity.decide(&create) == crate::cluster::access::Decision::Denied {
            return Err(Reply { nosniff: false, ..status::forbidden(&identity.username, &create) });
        }
        Ok(())
    }

    /// An object that names another identity than the one that is there is not meant for it.
    fn check_identity(&self, live: Option<&Value>, applied: &Value) -> Result<(), Reply> {
        let uid = meta(applied, "uid");
        match live {
            None if !uid.is_empty() => Err(status::conflict(
                self.kind,
                self.name(),
                &format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// An object of the kind in which nothing is set.
    pub(super) fn nothing(&self) -> Value {
        let mut nothing = match self.kind.custom {
            Some(_) => json!({ "metadata": {} }),
            None => schema::empty(&self.kind.fields()),
        };
        nothing["apiVersion"] = self.kind.api_version().into();
        nothing["kind"] = (*self.kind.kind).into();
        nothing
    }

    /// The owners of the object that is there. Where nobody is known, somebody owned it before.
    fn owners_before_apply(&self, live: Option<&Value>, bare: &mut Value) -> Owners {
        let mut owners = Owners::take(bare);
        if live.is_some() && owners == Owners::default() {
            let writer = Writer::updates("before-first-apply", &self.kind.api_version());
            owners.update(&self.kind.of(), &self.nothing(), bare, writer, &self.now);
        }
        owners
    }

    /// Keys that stand there twice.
    fn repeated_keys(&mut self, duplicates: Vec<String>) -> Result<(), Reply> {
        match self.options.validation {
            _ if duplicates.is_empty() => {}
            FieldValidation::Strict => {
                return Err(status::bad_request(&format!(
                    "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {}",
                    duplicates.join("\n  ")
                )));
            }
            FieldValidation::Warn => {
                for warning in duplicates {
                    self.warn(warning);
                }
            }
            FieldValidation::Ignore => {}
        }
        Ok(())
    }

    /// The object as messages about its types name it.
    fn applied_name(&self, applied: &Value) -> String {
        let (namespace, name) = (meta(applied, "namespace"), meta(applied, "name"));
        let version = match &*self.kind.group {
            "" => format!("/{}", self.kind.version),
            group => api_version(group, &self.kind.version),
        };
        format!("{namespace}/{name}; {version}, Kind={}", self.kind.kind)
    }
}

fn told(mistakes: &[Mistake]) -> String {
    match mistakes {
        [one] => one.to_string(),
        many => many.iter().fold("errors:".to_owned(), |told, one| format!("{told}\n  {one}")),
    }
}
