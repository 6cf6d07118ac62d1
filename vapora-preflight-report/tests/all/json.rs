//! The JSON report and its schema.

use std::{env, fs, path::Path};

use serde_json::Value;
use vapora_preflight_report::{Json, SCHEMA_VERSION, render_to_string, report_schema};

use crate::{battery, hostile};

fn schema() -> Value {
    serde_json::to_value(report_schema()).unwrap()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the one switch by which generated files are refreshed")]
fn the_committed_schema_is_the_one_of_the_wire_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.schema.json");
    let now = format!("{}\n", serde_json::to_string_pretty(&report_schema()).unwrap());
    if env::var("PREFLIGHT_UPDATE").is_ok() {
        fs::write(&path, &now).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "the schema is out of date: run the tests with `PREFLIGHT_UPDATE=1` and commit it"
    );
}

#[test]
fn every_report_is_valid_by_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (name, report) in battery::all() {
        for json in [Json::new(), Json::new().compact(true)] {
            let json: Value = serde_json::from_str(&render_to_string(&json, &report)).unwrap();
            let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            assert_eq!(json["schema_version"], SCHEMA_VERSION);
        }
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut json: Value = serde_json::from_str(&render_to_string(&Json::new(), &battery::go())).unwrap();
    assert!(validator.is_valid(&json));
    json["schema_version"] = "2.0".into();
    assert!(!validator.is_valid(&json));
    json["schema_version"] = SCHEMA_VERSION.into();
    json["checks"][0].as_object_mut().unwrap().remove("standing");
    assert!(!validator.is_valid(&json));
}

#[test]
fn a_stale_result_is_unknown_and_its_record_is_kept() {
    let json: Value = serde_json::from_str(&render_to_string(&Json::new(), &battery::stale())).unwrap();
    let nodes = &json["checks"][3];
    assert_eq!(nodes["standing"]["state"], "unknown");
    assert_eq!(nodes["standing"]["word"], "stale");
    assert_eq!(nodes["record"]["status"], "passed");
    assert_eq!(json["checks"][1]["record"]["current"], false);
    assert_eq!(json["headline"]["decision"], "go");
    assert_ne!(json["headline"]["changed_since"], Value::Array(Vec::new()));
}

#[test]
fn texts_of_the_world_come_through_unchanged() {
    let json: Value = serde_json::from_str(&render_to_string(&Json::new(), &hostile::report())).unwrap();
    assert_eq!(json["checks"][0]["record"]["finding"]["summary"], hostile::HARM);
    assert_eq!(json["checks"][0]["record"]["finding"]["evidence"][0]["name"], hostile::HARM);
}

#[test]
fn keys_come_in_the_order_of_the_schema() {
    let text = render_to_string(&Json::new().compact(true), &battery::empty());
    let keys = [
        "schema_version",
        "checklist",
        "as_of",
        "deployment",
        "headline",
        "counts",
        "phases",
        "gates",
        "checks",
    ];
    let places: Vec<usize> = keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}
