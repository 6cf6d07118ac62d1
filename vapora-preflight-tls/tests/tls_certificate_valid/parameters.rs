//! Parameters, as the author of a checklist meets them.

use vapora_preflight::{Kind, Problems, RESERVED, Registry};
use vapora_preflight_tls::TlsCertificateValid;

use crate::ask::check;

fn problems(parameters: &str) -> String {
    let mut problems = Problems::default();
    check(parameters).validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n")
}

#[test]
fn the_defaults_are_right() {
    assert_eq!(problems("endpoint = 'api.example.com:443'"), "");
    assert_eq!(problems("endpoint = '[::1]:443'"), "");
}

#[test]
fn limits_that_do_not_go_together_are_told() {
    assert_eq!(
        problems("endpoint = 'a.test:443'\nwarn_days = 3"),
        "it fails at 7 days, before it would warn at 3"
    );
    assert_eq!(problems("endpoint = 'a.test:443'\nwarn_days = 7"), "");
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    for (parameters, words) in [
        ("", "neither `endpoint` nor `file` is given"),
        ("endpoint = 'a.test:443'\nfile = 'a.pem'", "both `endpoint` and `file` are given"),
        ("endpoint = 'a.test:443'\nkey = 'a.pem'", "a key is compared with that of a `file`"),
        ("file = 'a.pem'\nstarttls = 'smtp'", "no connection is made to a file"),
        ("file = 'a.pem'\nmin_protocol = 'TLSv1.3'", "no connection is made to a file"),
    ] {
        assert_eq!(problems(parameters), words);
    }
    assert_eq!(problems("file = 'a.pem'\nkey = 'a.key'"), "");
}

#[test]
fn a_host_that_is_no_name_of_a_server_is_told() {
    assert_eq!(problems("endpoint = 'a..test:443'"), "`a..test` cannot be the name of a server");
    assert_eq!(problems("endpoint = 'a..test:443'\nserver_name = 'a.test'"), "");
}

#[test]
fn the_example_can_be_read() {
    let example: toml::Table = toml::from_str(TlsCertificateValid::EXAMPLE).unwrap();
    let mut table = example["check"]["api-certificate"].as_table().unwrap().clone();
    assert_eq!(table["kind"].as_str(), Some(TlsCertificateValid::NAME));
    table.retain(|key, _| !RESERVED.contains(&key));
    assert_eq!(problems(&toml::to_string(&table).unwrap()), "");
}

#[test]
fn the_reference_page_documents_every_parameter() {
    let mut registry = Registry::new();
    vapora_preflight_tls::register(&mut registry);
    let page = registry.kind("tls.certificate_valid").unwrap().reference();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(page);
    });
    assert!(!page.contains("|  |"), "{page}");
}

#[test]
fn a_parameter_that_cannot_be_meant_is_refused() {
    for bad in [
        "endpoint = 'a.test:443'\nmin_protocol = 'TLSv1.1'",
        "endpoint = 'a.test:443'\nstarttls = 'imap'",
        "endpoint = 'api.example.com'",
        "endpoint = 'https://api.example.com:443'",
        "endpoint = 'a.test:443'\nserver_name = 'a b'",
        "endpoint = 'a.test:443'\nroots = ''",
        "endpoint = 'a.test:443'\nwarn_days = -1",
        "endpoint = 'a.test:443'\nwarn_days = '30d'",
        "endpoint = 'a.test:443'\nwarn_day = 30",
    ] {
        assert!(toml::from_str::<TlsCertificateValid>(bad).is_err(), "{bad}");
    }
}
