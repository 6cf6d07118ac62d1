//! Parameters, as the author of a checklist meets them.

use std::fmt::Write as _;

use vapora_preflight::{Kind, Problems, RESERVED, Registry};
use vapora_preflight_http::{AlertmanagerQuiet, PrometheusHolds, PrometheusRecorded};

fn problems<K: Kind>(parameters: &str) -> String {
    let mut problems = Problems::default();
    toml::from_str::<K>(parameters).unwrap().validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n")
}

macro_rules! assert_problems {
    ($told:expr) => {{
        let told: String = $told;
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(told);
        });
    }};
}

#[test]
fn the_examples_have_no_problems() {
    fn right<K: Kind>(tables: usize) {
        let example: toml::Table = toml::from_str(K::EXAMPLE).unwrap();
        let checks =
            example["check"].as_table().unwrap().values().map(|check| check.as_table().unwrap().clone());
        let mut seen = 0;
        for mut table in checks.filter(|table| table["kind"].as_str() == Some(K::NAME)) {
            table.retain(|key, _| !RESERVED.contains(&key));
            assert_eq!(problems::<K>(&toml::to_string(&table).unwrap()), "");
            seen += 1;
        }
        assert_eq!(seen, tables);
    }
    right::<PrometheusHolds>(2);
    right::<PrometheusRecorded>(2);
    right::<AlertmanagerQuiet>(2);
}

#[test]
fn the_reference_pages_document_every_parameter() {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    for name in ["prometheus.holds", "prometheus.recorded", "alertmanager.quiet"] {
        let page = registry.kind(name).unwrap().reference();
        assert!(!page.contains("|  |"), "{page}");
    }
}

#[test]
fn what_a_query_has_to_be_like_is_told_all_at_once() {
    let base = "url = 'https://p.test'\nquery = 'x'\n";
    let mut all = String::new();
    for parameters in [
        "",
        "min = 3\nmax = 2\nequals = 1",
        "max = '1s'\nmin = '1KiB'\nunit = 'percent'",
        "growth_percent = -1\ndrop_percent = nan\nslack = -3",
        "max = 1\nslack = 1\ncompare = 'p95'",
        "max = 1\nhold_percent = 50\nheld_for = '1m'",
        "max = 1\nover = '10m'\nhold_percent = 0\nheld_for = '1h'",
        "max = 1\nover = '10s'",
        "max = 1\nover = '30d'\nstep = '1s'\npoints_percent = 0",
        "max = 1\nstep = '0s'\npoints_percent = 101",
        "max = 1\nbearer = { env = 'A' }\nbasic = { user = 'a:b', password = { env = 'B' } }\nheaders = { cookie = 'x' }",
    ] {
        let told = problems::<PrometheusHolds>(&format!("{base}{parameters}"));
        assert_ne!(told, "", "{parameters}");
        write!(all, "## {}\n{told}\n", parameters.replace('\n', "; ")).unwrap();
    }
    all += &problems::<PrometheusHolds>("url = 'https://p.test/api/v1/query?query=x'\nquery = ' '\nmax = 1");
    assert_problems!(all);
}

#[test]
fn what_is_recorded_has_to_be_said() {
    let mut all = String::new();
    for parameters in [
        "",
        "query = ''",
        "query = 'x'\nqueries = { a = 'y' }",
        "queries = { 'a-b' = 'x', c = '' }\nunits = { d = 'bytes' }",
        "query = 'x'\ntake = 'max'",
    ] {
        let told = problems::<PrometheusRecorded>(&format!("url = 'https://p.test/api/v1/'\n{parameters}"));
        write!(all, "## {}\n{told}\n", parameters.replace('\n', "; ")).unwrap();
    }
    assert_problems!(all);
}

#[test]
fn one_is_asked_for_alerts() {
    let mut all = String::new();
    for parameters in [
        "",
        "url = 'https://a.test'\nprometheus = 'https://p.test'",
        "url = 'https://a.test/api/v2/alerts'",
        "prometheus = 'https://p.test/api/v1'\ncount_silenced = true\ncount_inhibited = true",
        "url = 'https://a.test'\nstarted_within = '0s'",
    ] {
        write!(all, "## {}\n{}\n", parameters.replace('\n', "; "), problems::<AlertmanagerQuiet>(parameters))
            .unwrap();
    }
    assert_problems!(all);
}

#[test]
fn a_parameter_that_cannot_be_meant_is_refused() {
    for bad in [
        "query = 'x'",
        "url = 'https://p.test'",
        "url = 'p.test'\nquery = 'x'",
        "url = 'https://p.test'\nquery = 'x'\nmax = '10%'",
        "url = 'https://p.test'\nquery = 'x'\nmax = inf",
        "url = 'https://p.test'\nquery = 'x'\nunit = 'hours'",
        "url = 'https://p.test'\nquery = 'x'\nover = '10'",
        "url = 'https://p.test'\nquery = 'x'\nmaximum = 3",
    ] {
        assert!(toml::from_str::<PrometheusHolds>(bad).is_err(), "{bad}");
    }
    for bad in
        ["matching = 'severity'", "heartbeat = ''", "allowed = 'a=\"b\"'", "max_age = 3", "silenced = true"]
    {
        let parameters = format!("url = 'https://a.test'\n{bad}");
        assert!(toml::from_str::<AlertmanagerQuiet>(&parameters).is_err(), "{bad}");
    }
}
