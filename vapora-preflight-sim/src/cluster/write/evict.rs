//! Evictions: the deletion of a Pod, unless a budget holds it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Write, delete::is_going};
use crate::cluster::{labels::LabelSelector, reply::Reply, state::State, status, store::meta};

impl Write<'_> {
    pub(super) fn evict(&mut self) -> Result<Reply, Reply> {
        let eviction = self.decoded()?.value;
        let name = meta(&eviction, "name");
        if let Some(found) = eviction["kind"].as_str().filter(|kind| *kind != "Eviction") {
            return Err(status::bad_request(&format!(
                "invalid object type: expected Eviction, found {found}"
            )));
        }
        if name != self.name() {
            return Err(status::bad_request("name in URL does not match name in Eviction object"));
        }
        let options = Some(&eviction["deleteOptions"]).filter(|options| !options.is_null());
        let mut deletion = self.deletion_of(options.unwrap_or(&json!({})))?;
        deletion.dry |= self.tried();
        let mut state = self.cluster.state();
        let state = &mut *state;
        let pod =
            state.store.get(self.kind, self.namespace(), name).cloned().ok_or_else(|| self.missing())?;
        self.preconditions(&deletion, &pod)?;
        let never_missed =
            matches!(pod["status"]["phase"].as_str(), Some("Pending" | "Succeeded" | "Failed"));
        if !never_missed && !is_going(&pod) {
            self.budget(state, &pod, deletion.dry)?;
        }
        self.delete_one(state, &pod, &deletion);
        Ok(status::created())
    }

    /// Takes the Pod from its budget, where that lets it go.
    fn budget(&self, state: &mut State, pod: &Value, dry: bool) -> Result<(), Reply> {
        let Some(kind) = state.served("PodDisruptionBudget") else { return Ok(()) };
        let covers = |budget: &Value| {
            LabelSelector::of(&budget["spec"]["selector"]).is_some_and(|selector| selector.fits(pod))
        };
        let budgets = state.store.list(&kind, Some(self.namespace()));
        let mut budgets = budgets.filter(|(_, budget)| covers(budget)).map(|(_, budget)| Arc::clone(budget));
        let Some(budget) = budgets.next() else { return Ok(()) };
        if budgets.next().is_some() {
            return Err(status::several_budgets());
        }
        drop(budgets);
        let (name, found) = (meta(&budget, "name"), &budget["status"]);
        let number = |field: &str| found[field].as_i64().unwrap_or(0);
        if number("observedGeneration") < budget["metadata"]["generation"].as_i64().unwrap_or(0) {
            let why = format!("The disruption budget {name} is still being processed by the server.");
            return Err(status::held_by_a_budget(&why));
        }
        if number("disruptionsAllowed") == 0 {
            let why = format!(
                "The disruption budget {name} needs {} healthy pods and has {} currently",
                number("desiredHealthy"),
                number("currentHealthy")
            );
            return Err(status::held_by_a_budget(&why));
        }
        if !dry {
            let left = number("disruptionsAllowed") - 1;
            let name = name.to_owned();
            state.store.edit(&kind, self.namespace(), &name, |budget| {
                budget["status"]["disruptionsAllowed"] = left.into();
                budget["status"]["disruptedPods"][self.name()] = self.now.as_str().into();
            });
        }
        Ok(())
    }
}
