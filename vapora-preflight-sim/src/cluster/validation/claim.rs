//! PersistentVolumeClaims.

use serde_json::Value;

use super::Causes;
use crate::cluster::{invalid::Cause, quantity::Quantity};

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const STORAGE: &str = "spec.resources.requests.storage";

pub(super) fn validate(object: &Value, before: Option<&Value>, causes: &mut Causes) {
    let spec = &object["spec"];
    let modes: Vec<&Value> = spec["accessModes"].as_array().into_iter().flatten().collect();
    if modes.is_empty() {
        causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    for mode in modes {
        if !MODES.iter().any(|known| mode == known) {
            causes.push(Cause::not_supported("spec.accessModes", mode, &MODES));
        }
    }
    let wanted = Quantity::of(&spec["resources"]["requests"]["storage"]);
    match wanted {
        None => causes.push(Cause::required(&STORAGE.replace("requests.storage", "requests[storage]"), "")),
        Some(wanted) if wanted <= Quantity::ZERO => {
            let shown = &spec["resources"]["requests"]["storage"];
            causes.push(Cause::invalid(
                "spec.resources.requests[storage]",
                shown,
                "must be greater than zero",
            ));
        }
        _ => {}
    }
    let Some(before) = before else { return };
    changes(spec, before, wanted, causes);
}

fn changes(spec: &Value, before: &Value, wanted: Option<Quantity>, causes: &mut Causes) {
    let mut rest = spec.clone();
    let mut rest_before = before["spec"].clone();
    for value in [&mut rest, &mut rest_before] {
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|name, _| !["resources", "volumeAttributesClassName"].contains(&name.as_str()));
        }
    }
    // A volume may be bound to it later.
    if rest_before["volumeName"].is_null()
        && let Some(fields) = rest.as_object_mut()
    {
        fields.retain(|name, _| name != "volumeName");
    }
    if rest != rest_before {
        let what = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                    claims";
        causes.push(Cause::forbidden("spec", what));
        return;
    }
    let asked = Quantity::of(&before["spec"]["resources"]["requests"]["storage"]);
    let (Some(wanted), Some(asked)) = (wanted, asked) else { return };
    if wanted == asked {
        return;
    }
    let capacity = Quantity::of(&before["status"]["capacity"]["storage"]);
    if before["status"]["phase"] != "Bound" {
        let what = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                    claims";
        causes.push(Cause::forbidden("spec", what));
    } else if wanted < asked && capacity.is_none_or(|capacity| wanted <= capacity) {
        causes.push(Cause::forbidden(STORAGE, "field can not be less than status.capacity"));
    }
}
