//! Volumes and claims in rows.

use serde_json::Value;

use super::column::{AGE, Columns, NAME, Row, or, text};

/// The modes of access in short.
fn modes(list: &Value) -> String {
    let list: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    short
        .into_iter()
        .filter(|(mode, _)| list.contains(mode))
        .map(|(_, short)| short)
        .collect::<Vec<_>>()
        .join(",")
}

const MODE: Row = text("VolumeMode", "whether it is a file system or a block device", |volume, _| {
    or(&volume["spec"]["volumeMode"], "<unset>")
})
.wide();
const ATTRIBUTES: Row = text("VolumeAttributesClass", "the class of its attributes", |volume, _| {
    or(&volume["spec"]["volumeAttributesClassName"], "<unset>")
});

pub(super) const CLAIMS: Columns = Columns(&[
    NAME,
    text("Status", "whether it has a volume", |claim, _| {
        if claim["metadata"]["deletionTimestamp"].is_string() {
            "Terminating".into()
        } else {
            claim["status"]["phase"].clone()
        }
    }),
    text("Volume", "the volume it has", |claim, _| or(&claim["spec"]["volumeName"], "")),
    text("Capacity", "how large the volume is", |claim, _| {
        bound(claim, or(&claim["status"]["capacity"]["storage"], "0"))
    }),
    text("Access Modes", "how the volume may be mounted", |claim, _| {
        bound(claim, modes(&claim["status"]["accessModes"]).into())
    }),
    text("StorageClass", "the class of the volume", |claim, _| or(&claim["spec"]["storageClassName"], "")),
    ATTRIBUTES,
    AGE,
    MODE,
]);

/// What is said of a claim only where it has a volume.
fn bound(claim: &Value, value: Value) -> Value {
    if claim["spec"]["volumeName"].is_string() { value } else { "".into() }
}

pub(super) const VOLUMES: Columns = Columns(&[
    NAME,
    text("Capacity", "how large it is", |volume, _| or(&volume["spec"]["capacity"]["storage"], "0")),
    text("Access Modes", "how it may be mounted", |volume, _| modes(&volume["spec"]["accessModes"]).into()),
    text("Reclaim Policy", "what becomes of it after its claim", |volume, _| {
        volume["spec"]["persistentVolumeReclaimPolicy"].clone()
    }),
    text("Status", "whether it is claimed", |volume, _| {
        if volume["metadata"]["deletionTimestamp"].is_string() {
            "Terminating".into()
        } else {
            volume["status"]["phase"].clone()
        }
    }),
    text("Claim", "the claim that has it", |volume, _| {
        let claim = &volume["spec"]["claimRef"];
        match (claim["namespace"].as_str(), claim["name"].as_str()) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}").into(),
            _ => "".into(),
        }
    }),
    text("StorageClass", "its class", |volume, _| or(&volume["spec"]["storageClassName"], "")),
    ATTRIBUTES,
    text("Reason", "why it is as it is", |volume, _| or(&volume["status"]["reason"], "")),
    AGE,
    MODE,
]);

pub(super) const CLASSES: Columns = Columns(&[
    Row {
        cell: |class, _| {
            let name = class["metadata"]["name"].as_str().unwrap_or_default();
            let default =
                class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true";
            if default { format!("{name} (default)").into() } else { name.into() }
        },
        ..NAME
    },
    text("Provisioner", "what makes its volumes", |class, _| class["provisioner"].clone()),
    text("ReclaimPolicy", "what becomes of a volume after its claim", |class, _| {
        or(&class["reclaimPolicy"], "Delete")
    }),
    text("VolumeBindingMode", "when a volume is made", |class, _| {
        or(&class["volumeBindingMode"], "Immediate")
    }),
    Row {
        kind: "string",
        ..text("AllowVolumeExpansion", "whether a volume may grow", |class, _| {
            class["allowVolumeExpansion"].as_bool().unwrap_or(false).into()
        })
    },
    AGE,
]);
