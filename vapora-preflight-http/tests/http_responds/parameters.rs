//! Parameters, as the author of a checklist meets them.

use vapora_preflight::{Kind, Problems, RESERVED, Registry};
use vapora_preflight_http::HttpResponds;

use crate::ask::check;

fn problems(parameters: &str) -> String {
    let mut problems = Problems::default();
    check(parameters).validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n")
}

#[test]
fn the_defaults_are_right() {
    assert_eq!(problems("url = 'https://api.example.com/'"), "");
}

#[test]
fn the_example_can_be_read() {
    let example: toml::Table = toml::from_str(HttpResponds::EXAMPLE).unwrap();
    let mut table = example["check"]["api-healthy"].as_table().unwrap().clone();
    assert_eq!(table["kind"].as_str(), Some(HttpResponds::NAME));
    table.retain(|key, _| !RESERVED.contains(&key));
    assert_eq!(problems(&toml::to_string(&table).unwrap()), "");
}

#[test]
fn the_reference_page_documents_every_parameter() {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    let page = registry.kind("http.responds").unwrap().reference();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(page);
    });
    assert!(!page.contains("|  |"), "{page}");
}

#[test]
fn parameters_that_do_not_go_together_are_told_all_at_once() {
    let told = problems(
        "url = 'https://api.example.com/'\nstatus = []\ncontains = []\ncontent_type = ' '\n\
         bearer = { env = 'A' }\nbasic = { user = 'a:b', password = { env = 'B' } }\n\
         headers = { 'bad name' = 'x', cookie = 'sid=1', x-two = \"a\\nb\" }\nbody = { at = 2026-12-01T14:00:00Z }",
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(told);
    });
}

#[test]
fn numbers_that_do_not_go_together_are_told() {
    let told = problems(
        "url = 'https://api.example.com/'\nmethod = 'DELETE'\nsamples = 2\nwidth = 3\nbody_limit = '0B'\n\
         latency = { p50 = '2s', p95 = '1s', max = '0s' }\nfirst_byte_within = '0s'\nmatches = []\nlacks = ['']\n\
         redirects_to = 'https://api.example.com/'",
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(told);
    });
    for (parameters, message) in [
        ("samples = 0", "expected 1 to 10000, found 0"),
        ("samples = 10001", "expected 1 to 10000, found 10001"),
        ("samples = 500\nwidth = 101", "expected 1 to 100, found 101"),
        ("samples = 2\nmutates = true", "what changes something is done once"),
        ("latency = {}", "the table is empty and bounds nothing"),
    ] {
        assert_eq!(problems(&format!("url = 'https://api.example.com/'\n{parameters}")), message);
    }
}

#[test]
fn a_parameter_that_cannot_be_meant_is_refused() {
    for bad in [
        "",
        "url = 'api.example.com'",
        "url = 'https://u:p@api.example.com'",
        "url = 'https://a.test'\nmethod = 'CONNECT'",
        "url = 'https://a.test'\nmethod = 'get'",
        "url = 'https://a.test'\nstatus = [99]",
        "url = 'https://a.test'\nstatus = ['2x']",
        "url = 'https://a.test'\nredirects = -1",
        "url = 'https://a.test'\nredirects = 1000",
        "url = 'https://a.test'\nbody_limit = '12'",
        "url = 'https://a.test'\nbody = 3",
        "url = 'https://a.test'\nbearer = 'written out'",
        "url = 'https://a.test'\nheaders = { a = 1 }",
        "url = 'https://a.test'\nheaders = { a = { vault = 'x' } }",
        "url = 'https://a.test'\nstatu = [200]",
        "url = 'https://a.test'\nmatches = ['(']",
        "url = 'https://a.test'\nlatency = { p90 = '1s' }",
        "url = 'https://a.test'\nclient_certificate = { certificate = { env = 'A' } }",
        "url = 'https://a.test'\nsteps = [{ path = '/a', expect = ['json =='] }]",
        "url = 'https://a.test'\nsteps = [{ path = '/a', bearer = { vault = 'x' } }]",
        "url = 'https://a.test'\nsteps = [{ method = 'GET' }]",
    ] {
        assert!(toml::from_str::<HttpResponds>(bad).is_err(), "{bad}");
    }
}
