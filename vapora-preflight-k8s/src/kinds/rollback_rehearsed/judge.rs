//! What is said of it.

use vapora_preflight::{Advice, Finding, Outcome};

use super::{RollbackRehearsed, place::Trouble, told::Told};
use crate::{
    kinds::NO_SUCH_NAMESPACE,
    wording::{clauses, count, is, names},
};

impl RollbackRehearsed {
    /// That nothing can be rehearsed, and nothing was changed.
    pub(super) fn unfit(
        &self,
        troubles: &[Trouble],
        mut told: Told,
        no_namespace: Option<String>,
    ) -> Outcome {
        let namespace = &self.namespace;
        told.troubled = troubles.iter().map(|trouble| trouble.place.name.to_string()).collect();
        let said: Vec<String> = troubles.iter().map(ToString::to_string).collect();
        let summary = format!(
            "the rollback cannot be rehearsed: {} of {} in `{namespace}` {} not fit for it{}",
            troubles.len(),
            count(self.names.len(), "deployment"),
            is(troubles.len()),
            told.first()
        );
        let remedy = match (&no_namespace, troubles.first()) {
            (None, Some(first)) => first.remedy.clone(),
            _ => NO_SUCH_NAMESPACE.to_owned(),
        };
        Outcome::Fail(
            Finding::new(summary)
                .expected("every deployment rolled out, with a revision of other images before it")
                .actual(no_namespace.unwrap_or_else(|| clauses(&said)))
                .remedy(remedy)
                .advice(Advice::Investigate)
                .evidence(told.evidence()),
        )
    }

    /// What came of the rehearsals.
    pub(super) fn judge(&self, trouble: Option<Trouble>, mut told: Told) -> Outcome {
        let namespace = &self.namespace;
        let first = told.first();
        let Some(trouble) = trouble else {
            let deployments = count(self.names.len(), "deployment");
            let summary = format!(
                "the rollback of {deployments} in `{namespace}` was rehearsed, and everything restored"
            );
            return Outcome::Pass(Finding::new(format!("{summary}{first}")).evidence(told.evidence()));
        };
        told.troubled.push(trouble.place.name.to_string());
        let left: Vec<String> = self
            .names
            .iter()
            .map(ToString::to_string)
            .filter(|name| !told.rehearsed.contains(name) && !told.troubled.contains(name))
            .collect();
        let back = if told.is_restored(&trouble.place) { ", and everything was put back" } else { "" };
        let mut said = vec![trouble.to_string()];
        if !left.is_empty() {
            said.push(format!("not rehearsed after it: {}", names(&left)));
        }
        let finding = Finding::new(format!(
            "the rollback of `{}` in `{namespace}` failed in its rehearsal{back}{first}",
            trouble.place
        ));
        Outcome::Fail(
            finding
                .expected(format!(
                    "the revision before and then the present one rolled out, each within {}",
                    self.rollout_timeout
                ))
                .actual(clauses(&said))
                .remedy(trouble.remedy)
                .advice(Advice::Investigate)
                .evidence(told.evidence()),
        )
    }
}
