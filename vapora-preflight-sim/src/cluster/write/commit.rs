//! From an object as a client wants it to the object as it is kept.

use serde_json::Value;

use super::{Write, aftermath};
use crate::cluster::{
    admission, ownership::Owners, reply::Reply, state::State, status, store::meta, validation, warnings,
};

impl Write<'_> {
    /// Keeps the object, unless something speaks against it or it is only tried. `owners` are those of an applied
    /// object; without them the writer owns what has changed.
    pub(super) fn commit(
        &mut self,
        state: &mut State,
        before: Option<Value>,
        mut object: Value,
        owners: Option<Owners>,
    ) -> Result<Reply, Reply> {
        if before.is_none() {
            admission::namespace_takes(self, state, &object)?;
        }
        self.complete(&mut object);
        if let Some(before) = &before {
            self.carry_over(before, &mut object)?;
        }
        admission::fill(self, state, before.is_none(), &mut object)?;
        let owners = match owners {
            Some(owners) => owners,
            None => self.owners_after(before.as_ref(), &mut object),
        };
        match &before {
            None => self.begin(state, &mut object)?,
            Some(before) => self.count(before, &mut object),
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        self.check(before.as_ref(), &object)?;
        for warning in warnings::of(self.kind, &object) {
            self.warn(warning);
        }
        self.give_addresses(state, before.as_ref(), &mut object)?;
        admission::check(self, state, before.as_ref(), &object)?;
        self.keep(state, before, object, owners)
    }

    fn owners_after(&self, before: Option<&Value>, object: &mut Value) -> Owners {
        let mut bare = before.cloned().unwrap_or_else(|| self.nothing());
        let mut owners = Owners::take(&mut bare);
        // whoever writes the whole object may say who owns what in it
        let said = Owners::take(object);
        if said != Owners::default() && self.target.subresource.is_none() {
            owners = said;
        }
        owners.update(&self.kind.of(), &bare, object, self.writer(), &self.now);
        owners
    }

    fn check(&self, before: Option<&Value>, object: &Value) -> Result<(), Reply> {
        let causes = match &self.kind.custom {
            Some(custom) => crate::cluster::schema::violations(&custom.schema, object, before),
            None if self.target.subresource.as_deref() == Some("status") => Vec::new(),
            None => validation::validate(self.kind, object, before),
        };
        if causes.is_empty() {
            return Ok(());
        }
        Err(status::invalid(&self.kind.group, &self.kind.kind, meta(object, "name"), &causes))
    }

    fn keep(
        &mut self,
        state: &mut State,
        before: Option<Value>,
        mut object: Value,
        owners: Owners,
    ) -> Result<Reply, Reply> {
        let created = before.is_none();
        if created {
            let name = meta(&object, "name").to_owned();
            state.store.adopt(self.kind, self.namespace(), &name);
            if state.store.get(self.kind, self.namespace(), &name).is_some() {
                return Err(status::already_exists(self.kind, &name));
            }
        }
        owners.put(&mut object);
        let code = if created { 201 } else { 200 };
        if before.as_ref() == Some(&object) || self.tried() {
            return Ok(Reply::json(code, &object));
        }
        let kept = aftermath::keep(state, self.kind, before.as_ref(), object, &self.now);
        Ok(Reply::json(code, &self.kind.shown(&kept)))
    }
}
