//! ValidatingAdmissionPolicies and their bindings.

use serde_json::{Value, json};

use super::{Asking, rules};
use crate::cluster::{
    cel::{self, Names},
    reply::Reply,
    status,
    store::meta,
    write::Write,
};

/// The values that expressions can use.
pub(super) fn names(write: &Write<'_>, asking: &Asking<'_>) -> Names {
    let kind = write.kind;
    let mut names = Names::new();
    let mut object = asking.object.clone();
    if let Some(before) = asking.before {
        object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
    }
    names.insert("object".to_owned(), object);
    names.insert("oldObject".to_owned(), asking.before.cloned().unwrap_or(Value::Null));
    names.insert("namespaceObject".to_owned(), asking.namespace(kind).cloned().unwrap_or(Value::Null));
    names.insert(
        "request".to_owned(),
        json!({
            "kind": { "group": kind.group, "version": kind.version, "kind": kind.kind },
            "resource": { "group": kind.group, "version": kind.version, "resource": kind.plural },
            "name": meta(asking.object, "name"),
            "namespace": meta(asking.object, "namespace"),
            "operation": asking.operation(),
            "userInfo": { "username": write.asked.identity.username, "groups": write.asked.identity.groups },
            "dryRun": write.tried(),
        }),
    );
    names
}

pub(super) fn check(write: &mut Write<'_>, asking: &Asking<'_>) -> Result<(), Reply> {
    let bindings = asking.state.kind("ValidatingAdmissionPolicyBinding");
    if bindings.is_empty() {
        return Ok(());
    }
    let names = names(write, asking);
    for binding in bindings {
        let spec = &binding["spec"];
        let policy = spec["policyName"].as_str().unwrap_or_default();
        let Ok(policy) = asking.state.get("ValidatingAdmissionPolicy", "", policy) else { continue };
        let constraints = &policy["spec"]["matchConstraints"];
        let subresource = write.target.subresource.as_deref();
        let about = rules::named(&constraints["resourceRules"], write.kind, subresource, asking.operation())
            && rules::selected(constraints, write.kind, asking)
            && rules::selected(&spec["matchResources"], write.kind, asking);
        if !about {
            continue;
        }
        let (policy_name, binding_name) = (meta(policy, "name"), meta(binding, "name"));
        for broken in broken(&policy["spec"], names.clone()) {
            let actions = spec["validationActions"].as_array();
            let does = |action: &str| actions.into_iter().flatten().any(|one| one == action);
            if does("Deny") {
                let why = format!(
                    "ValidatingAdmissionPolicy '{policy_name}' with binding '{binding_name}' denied request: {broken}"
                );
                return Err(status::denied_by_policy(write.kind, meta(asking.object, "name"), &why));
            }
            if does("Warn") {
                write.warn(format!(
                    "Validation failed for ValidatingAdmissionPolicy '{policy_name}' with binding '{binding_name}': \
                     {broken}"
                ));
            }
        }
    }
    Ok(())
}

/// What is said about each validation that does not hold.
fn broken(policy: &Value, mut names: Names) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lenient = policy["failurePolicy"] == "Ignore";
    let mut variables = json!({});
    for variable in policy["variables"].as_array().into_iter().flatten() {
        if let Ok(value) = cel::evaluate(&text(&variable["expression"]), &names) {
            variables[text(&variable["name"])] = value;
            names.insert("variables".to_owned(), variables.clone());
        }
    }
    for condition in policy["matchConditions"].as_array().into_iter().flatten() {
        match cel::evaluate(&text(&condition["expression"]), &names) {
            Ok(Value::Bool(true)) => {}
            Ok(_) => return Vec::new(),
            Err(_) if lenient => return Vec::new(),
            Err(error) => return vec![error],
        }
    }
    let validations = policy["validations"].as_array().into_iter().flatten();
    validations
        .filter_map(|validation| {
            let expression = text(&validation["expression"]);
            let message = text(&validation["message"]);
            match cel::evaluate(&expression, &names) {
                Ok(Value::Bool(true)) => None,
                Ok(_) if !message.is_empty() => Some(message),
                Ok(_) => {
                    let computed = cel::evaluate(&text(&validation["messageExpression"]), &names).ok();
                    let computed = computed.and_then(|value| value.as_str().map(str::to_owned));
                    Some(computed.unwrap_or_else(|| format!("failed expression: {expression}")))
                }
                Err(_) if lenient => None,
                Err(error) => Some(format!("expression '{expression}' resulted in error: {error}")),
            }
        })
        .collect()
}
