//! The object in the body of a write.

use serde_json::Value;

use super::{
    Write,
    options::{FieldValidation, Media},
};
use crate::cluster::{
    kinds::api_version,
    reply::Reply,
    schema::{self, Decoded},
    status,
};

impl Write<'_> {
    /// The body as text.
    fn text(&self) -> Result<&str, Reply> {
        std::str::from_utf8(self.asked.body)
            .map_err(|error| status::bad_request(&format!("the body is no text: {error}")))
    }

    pub(super) fn decoded(&self) -> Result<Decoded, Reply> {
        let read = match self.options.media {
            Media::Apply | Media::Yaml => schema::yaml(self.text()?),
            _ => schema::json(self.asked.body),
        };
        read.map_err(|error| {
            let what = match self.options.media {
                Media::Apply => "error decoding YAML",
                Media::Json | Media::Yaml => "couldn't get version/kind; json parse error",
                _ => "error decoding patch",
            };
            status::bad_request(&format!("{what}: {error}"))
        })
    }

    /// The object that is sent whole.
    pub(super) fn object(&mut self) -> Result<Value, Reply> {
        let Decoded { value: mut object, duplicates } = self.decoded()?;
        let kind = self.kind;
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let (found_version, found_kind) = (text("apiVersion"), text("kind"));
        let expected = kind.api_version();
        if !found_version.is_empty() && found_version != expected {
            return Err(status::bad_request(&format!(
                "the API version in the data ({found_version}) does not match the expected API version ({expected})"
            )));
        }
        if !found_kind.is_empty() && found_kind != kind.kind {
            let (version, target) = (&kind.version, &kind.kind);
            return Err(status::bad_request(&format!(
                "{found_kind} in version \"{version}\" cannot be handled as a {target}: converting \
                 ({version}.{found_kind}) to ({version}.{target}): unknown conversion"
            )));
        }
        object["apiVersion"] = expected.into();
        object["kind"] = (*kind.kind).into();
        self.check_fields(&object, duplicates).map_err(|why| {
            let (version, kind) = (&kind.version, &kind.kind);
            let message = format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {why}");
            status::bad_request(&message)
        })?;
        Ok(object)
    }

    /// Is every field known and of its type? What only deserves a warning gets one.
    pub(super) fn check_fields(&mut self, object: &Value, duplicates: Vec<String>) -> Result<(), String> {
        let fields = self.kind.fields();
        if self.kind.custom.is_none()
            && let Some(what) = schema::undecodable(&fields, object)
        {
            return Err(what);
        }
        let mut said = duplicates;
        said.extend(schema::unknown_fields(&fields, object));
        match self.options.validation {
            _ if said.is_empty() => Ok(()),
            FieldValidation::Strict => Err(format!("strict decoding error: {}", said.join(", "))),
            FieldValidation::Warn => {
                for warning in said {
                    self.warn(warning);
                }
                Ok(())
            }
            FieldValidation::Ignore => Ok(()),
        }
    }

    /// Is the applied object of the kind in the path?
    pub(super) fn check_applied_kind(&self, object: &Value) -> Result<(), Reply> {
        let text = |field: &str| object[field].as_str().unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        if version == self.kind.api_version() && kind == self.kind.kind {
            return Ok(());
        }
        let (group, version) = match version.split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", version),
        };
        // As Go shows the version of nothing.
        let shown =
            if group.is_empty() && version.is_empty() { "/".to_owned() } else { api_version(group, version) };
        let shown = if group.is_empty() && !version.is_empty() { format!("/{version}") } else { shown };
        Err(status::bad_request(&format!("invalid object type: {shown}, Kind={kind}")))
    }
}
