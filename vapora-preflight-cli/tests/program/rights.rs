use crate::desk::{Desk, settings};

const CLUSTER: &str = r#"
checklist  = "small"
deployment = { release = "r1" }
[phase.before]
[vars]
deployments = ["backend", "agents"]
unused      = false
[target.production.kubernetes]
context = "prod"
[target.spare.kubernetes]
[check.nodes]
phase  = "before"
kind   = "k8s.nodes_ready"
target = "production"
[check.pods]
phase     = "before"
kind      = "k8s.pods_running"
target    = "production"
namespace = "shop"
[check.deployment]
phase     = "before"
kind      = "k8s.deployments_available"
target    = "production"
namespace = "shop"
for_each  = { name = "vars.deployments" }
names     = ["{{ each.name }}"]
[check.elsewhere]
phase     = "before"
kind      = "k8s.pods_running"
target    = "production"
namespace = "other"
when      = "vars.unused"
"#;

#[test]
fn the_roles_of_a_checklist_are_printed_as_manifests() {
    let desk = Desk::new(CLUSTER);
    let said = desk.run(&["rbac", "--service-account", "ci:release"]).with(0);
    assert_eq!(said.err, "note: the checks of the target `spare` need no rights\n");
    // what does not apply needs nothing
    assert!(!said.out.contains("other"), "{}", said.out);
    settings().bind(|| insta::assert_snapshot!("rbac", said.out));
    let shorter = desk.run(&["rbac", "--required-only", "--target", "production", "--user", "ana"]).with(0);
    assert!(
        !shorter.out.contains("namespaces\"]") && shorter.out.contains("name: \"ana\""),
        "{}",
        shorter.out
    );
}

#[test]
fn rights_that_cannot_be_named_are_a_wrong_call() {
    let desk = Desk::new(CLUSTER);
    let said = desk.run(&["rbac", "--target", "staging"]).with(2);
    assert!(
        said.err.contains("unknown target `staging`") && said.err.contains("`production`, `spare`"),
        "{}",
        said.err
    );
    let said = desk.run(&["rbac", "--target", "spare"]).with(2);
    assert!(said.err.contains("no check of the checklist needs a right"), "{}", said.err);
    desk.run(&["rbac", "--service-account", "ci"]).with(2);
    desk.run(&["rbac", "--user", "ana", "--user-group", "ops"]).with(2);
}
