//! `plan.roles_filled`

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Check, CheckContext, CheckResult, EvidenceField, Finding, Kind, Outcome, Problems, Requirements, Value,
};

/// Every role that is needed has a person.
///
/// Roles are declared in `[roles]`, and filled there or by the caller. A role marked `optional` may stay empty, unless it is
/// named here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesFilled {
    /// The roles that have to be filled; all that are not optional where none is named.
    #[serde(default)]
    roles: Option<Vec<String>>,
    /// Whether one person may fill several of them.
    #[serde(default)]
    shared: bool,
}

impl Kind for RolesFilled {
    const NAME: &'static str = "plan.roles_filled";
    const EXAMPLE: &'static str = r#"
[check.on-call-identified]
kind  = "plan.roles_filled"
title = "The on-call engineer is identified"
roles = ["on_call"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[EvidenceField { name: "people", about: "who fills which role" }]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.roles.as_ref().is_some_and(Vec::is_empty) {
            problems.at(
                "roles",
                "the list is empty, and would ask for nothing",
                "name a role, or leave the key out",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        for role in self.roles.iter().flatten() {
            needs.role(role);
        }
    }
}

#[async_trait]
impl Check for RolesFilled {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let roles = &cx.outline().roles;
        let asked: Vec<_> = match &self.roles {
            Some(names) => roles.iter().filter(|role| names.contains(&role.id)).collect(),
            None => roles.iter().filter(|role| !role.optional).collect(),
        };
        if asked.is_empty() {
            return Ok(Outcome::Fail(
                Finding::new("the checklist declares no role to fill")
                    .remedy("declare the roles in `[roles]`")
                    .lasting(),
            ));
        }
        let people = Value::table(asked.iter().map(|role| (role.id.clone(), role.person.clone())));
        let empty: Vec<String> = asked
            .iter()
            .filter(|role| role.person.trim().is_empty())
            .map(|role| format!("`{}`", role.id))
            .collect();
        if !empty.is_empty() {
            let (count, verb) = (empty.len(), if empty.len() == 1 { "role has" } else { "roles have" });
            return Ok(Outcome::Fail(
                Finding::new(format!("{count} {verb} no person: {}", empty.join(", ")))
                    .with("people", people)
                    .remedy("name the person in `[roles]`, or with `--role NAME=PERSON`")
                    .lasting(),
            ));
        }
        if !self.shared
            && let Some((one, other)) = asked.iter().enumerate().find_map(|(index, role)| {
                asked[..index].iter().find(|other| other.person == role.person).map(|other| (other, role))
            })
        {
            return Ok(Outcome::Fail(
                Finding::new(format!("{} fills both `{}` and `{}`", one.person, one.id, other.id))
                    .with("people", people)
                    .remedy("let another person fill one of them, or allow it with `shared = true`")
                    .lasting(),
            ));
        }
        let named: Vec<String> =
            asked.iter().map(|role| format!("{}: {}", role.title, role.person)).collect();
        Ok(Outcome::Pass(Finding::new(named.join(", ")).with("people", people)))
    }
}
