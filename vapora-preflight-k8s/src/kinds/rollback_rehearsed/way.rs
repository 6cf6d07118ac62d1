//! The way of one deployment to the revision before, and back.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use vapora_preflight::{CheckError, Period};

use super::{
    images::{others, running},
    mark::Mark,
    owners::given_back,
    patch::{Patched, TRIES, patch},
    place::{Place, Trouble},
    rollout::{Patience, Rolled, rolled_out},
    template::{Annotations, annotate, template},
};
use crate::{
    object::{Deployment, Template, Whole},
    read::Reader,
    refused::Cause,
    running::Images,
};

/// One revision of a deployment.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    /// Its number, as long as it is not gone back to.
    pub(super) number: u64,
    /// As the deployment has it.
    pub(super) template: Value,
    pub(super) annotations: Annotations,
    /// The same template, as far as it is read.
    pub(super) read: Template,
}

/// A deployment as it was found, and the revision that is undone to.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) place: Place,
    pub(super) uid: String,
    pub(super) present: Revision,
    pub(super) previous: Revision,
    pub(super) mark: Mark,
    /// The `managedFields` of the time before, where they are known.
    pub(super) owners: Value,
    /// What its pods ran before, where that is asked for.
    pub(super) ran: Option<Images>,
    pub(super) sent: Mutex<Sent>,
}

/// Whether the undo was sent to the server.
#[derive(Debug, Clone)]
pub(super) enum Sent {
    /// It was not, or was refused.
    No,
    /// It was, and it is not known whether it was done, or will be.
    Unanswered,
    /// It was done; this is the template that the deployment got.
    Done(Value),
}

impl Way {
    fn sent(&self) -> Sent {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, sent: Sent) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = sent;
    }

    /// Whether nothing of it was ever sent, so that nothing is to be put back.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.sent(), Sent::No)
    }

    /// The deployment as it is, if it is still the one that was found.
    pub(super) async fn read(&self, reader: &Reader<'_>) -> Result<Option<Whole<Deployment>>, CheckError> {
        let found = self.place.read(reader).await?;
        Ok(found.filter(|found| found.object.metadata.uid.as_deref() == Some(self.uid.as_str())))
    }

    pub(super) fn gone(&self) -> Trouble {
        let remedy = format!("see who has deleted it, and apply the release to `{}` again", self.place);
        self.place.trouble("was deleted meanwhile", remedy)
    }

    pub(super) fn foreign(&self) -> Trouble {
        let remedy = format!(
            "see who has changed it, and that it is as it should be: `{} rollout history {}`",
            self.place.kubectl(),
            self.place
        );
        self.place.trouble("was changed by someone else meanwhile, and is left as they have made it", remedy)
    }

    fn outrun(&self, what: &str) -> CheckError {
        CheckError::transient(format!("could not {what}"))
            .because(&Cause(format!("it was changed by others each of {TRIES} times")))
            .remedy(format!("see who changes `{}` all the time", self.place))
    }

    /// Gives the deployment the template of the revision before, and the mark.
    pub(super) async fn undo(&self, reader: &Reader<'_>) -> Result<Result<(), Trouble>, CheckError> {
        let what = format!("undo `{}` in `{}`", self.place, self.place.namespace);
        for _ in 0..TRIES {
            let Some(now) = self.read(reader).await? else { return Ok(Err(self.gone())) };
            let as_found = template(&now) == self.present.template && !now.object.spec.paused;
            if !as_found || Mark::on(&now).is_some() {
                return Ok(Err(self.foreign()));
            }
            let mut operations = self.mark.put(&now);
            operations
                .push(json!({ "op": "replace", "path": "/spec/template", "value": self.previous.template }));
            operations.extend(annotate(&now, &self.present.annotations, &self.previous.annotations));
            self.note(Sent::Unanswered);
            match patch(reader, &what, &self.place, &now, operations).await? {
                Patched::Made(made) => {
                    self.note(Sent::Done(template(&made)));
                    return Ok(Ok(()));
                }
                Patched::Stale => self.note(Sent::No),
                Patched::Refused(error) => {
                    self.note(Sent::No);
                    return Err(error);
                }
            }
        }
        Err(self.outrun(&what))
    }

    /// Waits until the revision before has rolled out.
    pub(super) async fn undone(&self, reader: &Reader<'_>, patience: Patience) -> Result<Rolled, CheckError> {
        let Sent::Done(wanted) = self.sent() else { return Ok(Rolled::Other) };
        rolled_out(reader, self, &wanted, patience, true).await
    }

    /// Gives the deployment the template back that it had when it was found, unless someone else has given it another one.
    async fn restore(&self, reader: &Reader<'_>) -> Result<Result<(), Trouble>, CheckError> {
        let what = format!("put back `{}` in `{}`", self.place, self.place.namespace);
        for _ in 0..TRIES {
            let Some(now) = self.read(reader).await? else { return Ok(Err(self.gone())) };
            let (found, sent) = (template(&now), self.sent());
            let marked = Mark::on(&now).as_ref() == Some(&self.mark);
            let operations = if found == self.present.template {
                if marked || !matches!(sent, Sent::Unanswered) {
                    return Ok(Ok(()));
                }
                // the undo may still be on its way: another change makes it one to a deployment of the time before
                self.mark.put(&now)
            } else {
                let ours = match &sent {
                    Sent::Done(undone) => found == *undone,
                    Sent::Unanswered => marked && found == self.previous.template,
                    Sent::No => false,
                };
                if !ours {
                    return match sent {
                        Sent::Done(_) => self.unmark(reader).await,
                        Sent::No | Sent::Unanswered => Ok(Err(self.foreign())),
                    };
                }
                let mut operations = vec![
                    json!({ "op": "replace", "path": "/spec/template", "value": self.present.template }),
                ];
                operations.extend(annotate(&now, &self.previous.annotations, &self.present.annotations));
                operations
            };
            match patch(reader, &what, &self.place, &now, operations).await? {
                Patched::Made(made) if template(&made) == self.present.template => return Ok(Ok(())),
                Patched::Made(_) => {
                    let cause = Cause("the server made another template of the one it had".to_owned());
                    return Err(CheckError::permanent(format!("could not {what}"))
                        .because(&cause)
                        .remedy(self.by_hand()));
                }
                Patched::Stale => {}
                Patched::Refused(error) => return Err(error),
            }
        }
        Err(self.outrun(&what))
    }

    /// The command that goes back to the template that the deployment had.
    pub(super) fn by_hand(&self) -> String {
        let (kubectl, place) = (self.place.kubectl(), &self.place);
        format!("`{kubectl} rollout undo {place} --to-revision={}`", self.present.number)
    }

    /// Takes the mark off, and gives back the fields that were taken from those who had applied them; where someone else has
    /// changed the template, only the mark.
    async fn unmark(&self, reader: &Reader<'_>) -> Result<Result<(), Trouble>, CheckError> {
        let what = format!("take the mark off `{}` in `{}`", self.place, self.place.namespace);
        for _ in 0..TRIES {
            let Some(now) = self.read(reader).await? else { return Ok(Err(self.gone())) };
            let ours = template(&now) == self.present.template;
            let told = if ours { Ok(()) } else { Err(self.foreign()) };
            let mut operations = Mark::take_off(&now);
            if operations.is_empty() {
                return Ok(told);
            }
            let managed = &now.json["metadata"]["managedFields"];
            let back = given_back(managed, if ours { &self.owners } else { &Value::Null });
            if managed.is_array() && back != *managed && back != json!([]) {
                operations.push(json!({ "op": "replace", "path": "/metadata/managedFields", "value": back }));
            }
            match patch(reader, &what, &self.place, &now, operations).await? {
                Patched::Made(_) => return Ok(told),
                Patched::Stale => {}
                Patched::Refused(error) => return Err(error),
            }
        }
        Err(self.outrun(&what))
    }

    /// Puts everything back as it was found, waits until it is so, and takes the mark off. It may be done again, and is told
    /// where someone else has changed the deployment meanwhile.
    pub(super) async fn bring_back(
        &self,
        reader: &Reader<'_>,
        patience: Patience,
    ) -> Result<Result<(), Trouble>, CheckError> {
        if let Err(trouble) = self.restore(reader).await? {
            return Ok(Err(trouble));
        }
        let rolled = rolled_out(reader, self, &self.present.template, patience, false).await?;
        let deployment = match rolled {
            Rolled::Out(deployment) => deployment,
            Rolled::Not(said) => {
                let said = format!(
                    "has its template back, but is not as it was after {}: it {said}",
                    Period::from(patience.timeout)
                );
                let remedy = format!("`{} rollout status {}`", self.place.kubectl(), self.place);
                return Ok(Err(self.place.trouble(said, remedy)));
            }
            Rolled::Other => return Ok(self.unmark(reader).await?.and_then(|()| Err(self.foreign()))),
            Rolled::Gone => return Ok(Err(self.gone())),
        };
        if let Some(before) = &self.ran {
            let others = others(before, &running(reader, &self.place, &deployment).await?);
            if !others.is_empty() {
                if let Err(trouble) = self.unmark(reader).await? {
                    return Ok(Err(trouble));
                }
                let said = format!("has its template back, but {}", others.join(", "));
                let remedy = "see who has pushed the tag anew, and name images by their digests";
                return Ok(Err(self.place.trouble(said, remedy)));
            }
        }
        self.unmark(reader).await
    }
}
