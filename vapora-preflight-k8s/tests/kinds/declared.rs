//! What the kinds say of themselves.

use vapora_preflight::{Overrides, PlanBuilder, Registry, Sources};
use vapora_preflight_k8s::register;

fn registry() -> Registry {
    let mut registry = Registry::new();
    register(&mut registry);
    registry
}

/// The examples of all kinds as one checklist with their target.
pub(crate) fn checklist(target: &str) -> String {
    let head = format!("phase = \"now\"\n\n{target}\n");
    registry().kinds().fold(head, |all, kind| format!("{all}\n{}", kind.example))
}

pub(crate) fn plan(text: &str) -> vapora_preflight::Plan {
    let mut sources = Sources::default();
    sources.add("checklist.toml", "checklist = \"examples\"\n\n[phase.now]\ntitle = \"Now\"\n");
    sources.add("kubernetes.toml", text);
    let registry = registry();
    match PlanBuilder::new(&registry).sources(&sources).overrides(Overrides::new()).build() {
        Ok(compiled) => compiled.plan,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn the_examples_are_good_and_the_rights_they_use_are_known() {
    let targets = "[target.production.kubernetes]\ncontext = \"production\"\n[target.staging.kubernetes]\n";
    let plan = plan(&checklist(targets));
    let rights: Vec<String> = ["production", "staging"]
        .into_iter()
        .flat_map(|target| plan.permissions(target))
        .map(|(right, checks)| {
            let optional = if right.optional { " (optional)" } else { "" };
            let checks: Vec<String> = checks.iter().map(ToString::to_string).collect();
            format!("{right}{optional}: {}", checks.join(", "))
        })
        .collect();
    insta::assert_snapshot!(rights.join("\n"));
}

#[test]
fn the_first_paragraph_of_every_kind_is_one_sentence() {
    for kind in registry().kinds() {
        let summary = kind.summary();
        assert!(summary.ends_with('.') && summary.matches(". ").count() == 0, "{}: {summary}", kind.name);
        for heading in ["# Why", "# What it asks", "# What fails", "# What errs"] {
            assert!(kind.docs().contains(heading), "{} has no `{heading}`", kind.name);
        }
    }
}
