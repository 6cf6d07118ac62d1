//! Chains that verify, and those that do not.

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, SanType};
use vapora_preflight::{Outcome, Value};
use vapora_preflight_tls::TlsCertificateValid;

use crate::{
    ask::{ask, ask_as_written, assert_told, column, seen},
    authority::{Authority, Leaf, days, params},
    server::tls,
};

#[tokio::test]
async fn a_good_chain_passes_with_its_evidence() {
    let root = Authority::root("root");
    let between = root.below("between", 2000);
    let leaf = between.issue(&params("leaf"));
    let result = ask(tls(&leaf, &[&between.certificate]), &root.pem, "").await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)));
    assert_eq!(seen(&outcome, "days_left"), &Value::Int(60));
    assert_eq!(seen(&outcome, "expires"), &Value::from("2027-01-30T13:00:00Z"));
    assert_eq!(seen(&outcome, "subject"), &Value::from("CN=leaf"));
    assert_eq!(seen(&outcome, "issuer"), &Value::from("CN=between"));
    assert_eq!(seen(&outcome, "names"), &Value::from(vec!["api.example.com"]));
    assert_eq!(seen(&outcome, "protocol"), &Value::from("TLSv1.3"));
    assert!(seen(&outcome, "cipher").to_string().starts_with("TLS13_"));
    assert_eq!(seen(&outcome, "ocsp_stapled"), &Value::Bool(false));
    assert_eq!(seen(&outcome, "verified"), &Value::Bool(true));
    assert_eq!(column(&outcome, "subject"), ["CN=leaf", "CN=between"]);
    assert_eq!(column(&outcome, "key"), ["ECDSA P-256", "ECDSA P-256"]);
    assert_eq!(column(&outcome, "signature"), ["ECDSA with SHA-256", "ECDSA with SHA-256"]);
    assert!(column(&outcome, "sha256").iter().all(|it| it.len() == 64));
}

#[tokio::test]
async fn the_evidence_is_what_the_kind_declares() {
    let root = Authority::root("root");
    let outcome = ask(tls(&root.issue(&params("leaf")), &[]), &root.pem, "").await.unwrap();
    let found: Vec<_> = outcome.finding().evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> =
        <TlsCertificateValid as vapora_preflight::Kind>::evidence().iter().map(|field| field.name).collect();
    assert_eq!(found, declared);
}

#[tokio::test]
async fn an_address_is_the_name_where_no_other_is_given() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    let endpoint = tls(&root.issue(&params), &[]);
    let outcome = ask(endpoint, &root.pem, "server_name = '127.0.0.1'").await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "names"), &Value::from(vec!["api.example.com", "127.0.0.1"]));
}

#[tokio::test]
async fn an_expired_certificate_fails_and_its_chain_is_shown() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.not_after = days(-2);
    let result = ask(tls(&root.issue(&params), &[]), &root.pem, "").await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, "verified"), &Value::Bool(false));
    assert_eq!(seen(&outcome, "days_left"), &Value::Int(-2));
    assert_eq!(column(&outcome, "subject"), ["CN=leaf"]);
    assert_eq!(seen(&outcome, "protocol"), &Value::from("TLSv1.3"));
}

#[tokio::test]
async fn an_expired_intermediate_fails_by_its_name() {
    let root = Authority::root("root");
    let between = root.below("between", -1);
    let leaf = between.issue(&params("leaf"));
    assert_told!(ask(tls(&leaf, &[&between.certificate]), &root.pem, "").await);
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_yet_fails() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.not_before = days(3);
    assert_told!(ask(tls(&root.issue(&params), &[]), &root.pem, "").await);
}

#[tokio::test]
async fn a_certificate_for_another_name_fails() {
    let root = Authority::root("root");
    let endpoint = tls(&root.issue(&params("leaf")), &[]);
    assert_told!(ask(endpoint, &root.pem, "server_name = 'www.example.com'").await);
}

#[tokio::test]
async fn a_certificate_without_a_name_fails() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.subject_alt_names.clear();
    assert_told!(ask(tls(&root.issue(&params), &[]), &root.pem, "").await);
}

#[tokio::test]
async fn a_self_signed_certificate_fails() {
    let root = Authority::root("root");
    assert_told!(ask(tls(&Leaf::self_signed(&params("leaf")), &[]), &root.pem, "").await);
}

#[tokio::test]
async fn a_self_signed_certificate_of_an_authority_fails() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_told!(ask(tls(&Leaf::self_signed(&params), &[]), &root.pem, "").await);
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_trusted_passes() {
    let leaf = Leaf::self_signed(&params("leaf"));
    let outcome = ask(tls(&leaf, &[]), &leaf.pem, "").await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_missing_intermediate_fails_as_such() {
    let root = Authority::root("root");
    let between = root.below("between", 2000);
    assert_told!(ask(tls(&between.issue(&params("leaf")), &[]), &root.pem, "").await);
}

#[tokio::test]
async fn the_wrong_intermediate_fails_as_a_missing_one() {
    let root = Authority::root("root");
    let leaf = root.below("between", 2000).issue(&params("leaf"));
    let other = root.below("other", 2000);
    assert_told!(ask(tls(&leaf, &[&other.certificate]), &root.pem, "").await);
}

#[tokio::test]
async fn an_unknown_authority_fails() {
    let (root, stranger) = (Authority::root("root"), Authority::root("stranger"));
    let between = stranger.below("between", 2000);
    let leaf = between.issue(&params("leaf"));
    assert_told!(ask(tls(&leaf, &[&between.certificate]), &root.pem, "").await);
}

#[tokio::test]
async fn a_root_that_is_sent_and_not_trusted_fails() {
    let (root, stranger) = (Authority::root("root"), Authority::root("stranger"));
    let leaf = stranger.issue(&params("leaf"));
    assert_told!(ask(tls(&leaf, &[&stranger.certificate]), &root.pem, "").await);
}

#[tokio::test]
async fn a_root_of_the_same_name_with_another_key_fails() {
    let (root, impostor) = (Authority::root("root"), Authority::root("root"));
    let result = ask(tls(&impostor.issue(&params("leaf")), &[]), &root.pem, "").await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
}

#[tokio::test]
async fn a_certificate_for_clients_fails() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_told!(ask(tls(&root.issue(&params), &[]), &root.pem, "").await);
}

#[tokio::test]
async fn the_roots_of_the_machine_do_not_know_a_test() {
    let root = Authority::root("root");
    let endpoint = tls(&root.issue(&params("leaf")), &[]);
    let result = ask_as_written(&format!("endpoint = '{endpoint}'\nserver_name = 'api.example.com'")).await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
}
