//! Deployments and what else keeps Pods, in rows.

use serde_json::Value;
use vapora_preflight::Timestamp;

use super::{
    age,
    column::{AGE, Columns, NAME, Row, containers, count, number, or, selector, text},
};

const CONTAINERS: Row = text("Containers", "the names of its containers", |object, _| {
    containers(template(object), "name").into()
})
.wide();
const IMAGES: Row =
    text("Images", "the images of its containers", |object, _| containers(template(object), "image").into())
        .wide();
const SELECTOR: Row =
    text("Selector", "which Pods are its own", |object, _| selector(&object["spec"]["selector"])).wide();
const DESIRED: Row =
    number("Desired", "how many Pods it is to have", |set, _| count(&set["spec"]["replicas"]));

pub(super) const DEPLOYMENTS: Columns = Columns(&[
    NAME,
    text("Ready", "how many of its Pods are ready", ready),
    number("Up-to-date", "how many of its Pods are of its template", |deployment, _| {
        count(&deployment["status"]["updatedReplicas"])
    }),
    number("Available", "how many of its Pods have been ready for long enough", |deployment, _| {
        count(&deployment["status"]["availableReplicas"])
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
]);

pub(super) const REPLICA_SETS: Columns = Columns(&[
    NAME,
    DESIRED,
    number("Current", "how many Pods it has", |set, _| count(&set["status"]["replicas"])),
    number("Ready", "how many of its Pods are ready", |set, _| count(&set["status"]["readyReplicas"])),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
]);

pub(super) const STATEFUL_SETS: Columns =
    Columns(&[NAME, text("Ready", "how many of its Pods are ready", ready), AGE, CONTAINERS, IMAGES]);

pub(super) const DAEMON_SETS: Columns = Columns(&[
    NAME,
    number("Desired", "on how many Nodes it is to run", |set, _| {
        count(&set["status"]["desiredNumberScheduled"])
    }),
    number("Current", "on how many Nodes it is", |set, _| count(&set["status"]["currentNumberScheduled"])),
    number("Ready", "on how many Nodes it is ready", |set, _| count(&set["status"]["numberReady"])),
    number("Up-to-date", "on how many Nodes it is of its template", |set, _| {
        count(&set["status"]["updatedNumberScheduled"])
    }),
    number("Available", "on how many Nodes it has been ready for long enough", |set, _| {
        count(&set["status"]["numberAvailable"])
    }),
    text("Node Selector", "on which Nodes it is to run", |set, _| selector(&template(set)["nodeSelector"])),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
]);

pub(super) const JOBS: Columns = Columns(&[
    NAME,
    text("Status", "how it stands", |job, _| job_status(job).into()),
    text("Completions", "how many of its Pods have done their work", |job, _| {
        let done = count(&job["status"]["succeeded"]);
        match (job["spec"]["completions"].as_i64(), job["spec"]["parallelism"].as_i64().unwrap_or(0)) {
            (Some(wanted), _) => format!("{done}/{wanted}").into(),
            (None, several) if several > 1 => format!("{done}/1 of {several}").into(),
            _ => format!("{done}/1").into(),
        }
    }),
    text("Duration", "how long it has run", |job, now| {
        let seconds =
            |field: &str| Some(job["status"][field].as_str()?.parse::<Timestamp>().ok()?.unix_seconds());
        let Some(start) = seconds("startTime") else { return "".into() };
        age::duration(seconds("completionTime").unwrap_or(now) - start).into()
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
]);

pub(super) const CRON_JOBS: Columns = Columns(&[
    NAME,
    text("Schedule", "when its Jobs begin", |job, _| job["spec"]["schedule"].clone()),
    text("Timezone", "where the schedule holds", |job, _| or(&job["spec"]["timeZone"], "<none>")),
    text("Suspend", "whether no Jobs begin for now", |job, _| match job["spec"]["suspend"].as_bool() {
        Some(true) => "True".into(),
        Some(false) => "False".into(),
        None => "<unset>".into(),
    }),
    number("Active", "how many of its Jobs run", |job, _| {
        job["status"]["active"].as_array().map_or(0, Vec::len).into()
    }),
    text("Last Schedule", "how long ago a Job began", |job, now| match &job["status"]["lastScheduleTime"] {
        Value::Null => "<none>".into(),
        time => age::since(time, now).into(),
    }),
    AGE,
    text("Containers", "the names of its containers", |job, _| {
        containers(template(&job["spec"]["jobTemplate"]), "name").into()
    })
    .wide(),
    text("Images", "the images of its containers", |job, _| {
        containers(template(&job["spec"]["jobTemplate"]), "image").into()
    })
    .wide(),
    text("Selector", "which Pods are its own", |job, _| {
        selector(&job["spec"]["jobTemplate"]["spec"]["selector"])
    })
    .wide(),
]);

fn template(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]
}

fn ready(object: &Value, _: i64) -> Value {
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(0);
    format!("{}/{wanted}", count(&object["status"]["readyReplicas"])).into()
}

fn job_status(job: &Value) -> &'static str {
    let conditions = job["status"]["conditions"].as_array().into_iter().flatten();
    let holds: Vec<&str> =
        conditions.filter(|one| one["status"] == "True").filter_map(|one| one["type"].as_str()).collect();
    [
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ]
    .into_iter()
    .find(|(condition, _)| holds.contains(condition))
    .map_or_else(
        || if job["metadata"]["deletionTimestamp"].is_string() { "Terminating" } else { "Running" },
        |(_, word)| word,
    )
}

pub(super) const AUTOSCALERS: Columns = Columns(&[
    NAME,
    text("Reference", "what it scales", |scaler, _| {
        let target = &scaler["spec"]["scaleTargetRef"];
        let part = |field: &str| target[field].as_str().unwrap_or_default().to_owned();
        format!("{}/{}", part("kind"), part("name")).into()
    }),
    text("Targets", "what is measured of what is wanted", |scaler, _| targets(scaler).into()),
    text("MinPods", "how few Pods there may be", |scaler, _| match scaler["spec"]["minReplicas"].as_i64() {
        Some(number) => number.to_string().into(),
        None => "<unset>".into(),
    }),
    number("MaxPods", "how many Pods there may be", |scaler, _| count(&scaler["spec"]["maxReplicas"])),
    number("Replicas", "how many Pods there are", |scaler, _| count(&scaler["status"]["currentReplicas"])),
    AGE,
]);

/// Each metric with what is measured and what is wanted.
fn targets(scaler: &Value) -> String {
    let metrics = scaler["spec"]["metrics"].as_array().map_or(&[][..], Vec::as_slice);
    let shown: Vec<String> = metrics
        .iter()
        .enumerate()
        .map(|(number, metric)| target(metric, &scaler["status"]["currentMetrics"][number]))
        .collect();
    match shown.len() {
        0 => "<none>".to_owned(),
        length if length > 2 => format!("{} + {} more...", shown[..2].join(", "), length - 2),
        _ => shown.join(", "),
    }
}

fn target(metric: &Value, current: &Value) -> String {
    let kind = metric["type"].as_str().unwrap_or_default();
    let field = kind.chars().next().map(|first| first.to_ascii_lowercase()).into_iter().collect::<String>()
        + kind.get(1..).unwrap_or_default();
    let (wanted, measured) = (&metric[&field]["target"], &current[&field]["current"]);
    let shown = if wanted["averageUtilization"].is_number() {
        let percent = |value: &Value| format!("{value}%");
        let measured = &measured["averageUtilization"];
        let now = if measured.is_number() { percent(measured) } else { "<unknown>".to_owned() };
        format!("{now}/{}", percent(&wanted["averageUtilization"]))
    } else {
        let (name, suffix) =
            if wanted["averageValue"].is_string() { ("averageValue", " (avg)") } else { ("value", "") };
        let suffix = if kind == "External" || kind == "Object" { suffix } else { "" };
        let now = measured[name].as_str().unwrap_or("<unknown>");
        format!("{now}/{}{suffix}", wanted[name].as_str().unwrap_or("<auto>"))
    };
    match metric[&field]["name"].as_str() {
        Some(name) => format!("{name}: {shown}"),
        None => shown,
    }
}
