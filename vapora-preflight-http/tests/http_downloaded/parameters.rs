//! Parameters, as the author of a checklist meets them.

use vapora_preflight::{Effect, Kind, Problems, RESERVED, Registry};
use vapora_preflight_http::HttpDownloaded;

use crate::ask::check;

fn problems(parameters: &str) -> String {
    let mut problems = Problems::default();
    check(parameters).validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_can_be_read() {
    let example: toml::Table = toml::from_str(HttpDownloaded::EXAMPLE).unwrap();
    let mut table = example["check"]["artifacts-downloaded"].as_table().unwrap().clone();
    assert_eq!(table["kind"].as_str(), Some(HttpDownloaded::NAME));
    table.retain(|key, _| !RESERVED.contains(&key));
    assert_eq!(problems(&toml::to_string(&table).unwrap()), "");
    assert_eq!(HttpDownloaded::EFFECT, Effect::KeepsFiles);
}

#[test]
fn the_page_of_the_download_documents_every_parameter() {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    let page = registry.kind("http.downloaded").unwrap().reference();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(page);
    });
    assert!(!page.contains("|  |"), "{page}");
}

#[test]
fn parameters_of_a_download_that_do_not_go_together_are_told_all_at_once() {
    let told = problems(
        "url = 'https://a.test/x'\nto = '..'\nsha256 = 'abc'\nchecksums = 'https://a.test/s'\nsize = 5\nlimit = '4B'\n\
         at_least = '6B'\ncontent_type = ''\nfirst_byte_within = '0s'\nheaders = { cookie = 'a=b' }",
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(told);
    });
}

#[test]
fn a_parameter_that_cannot_be_meant_is_refused() {
    for bad in [
        "url = 'https://a.test/x'",
        "to = 'x'",
        "url = 'https://u:p@a.test/x'\nto = 'x'",
        "url = 'https://a.test/x'\nto = 'x'\nsize = -1",
        "url = 'https://a.test/x'\nto = 'x'\nlimit = 12",
        "url = 'https://a.test/x'\nto = 'x'\nchecksums = 'SHA256SUMS'",
        "url = 'https://a.test/x'\nto = 'x'\nsha512 = 'x'",
    ] {
        assert!(toml::from_str::<HttpDownloaded>(bad).is_err(), "{bad}");
    }
}
