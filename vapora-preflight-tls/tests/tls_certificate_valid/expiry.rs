//! Certificates near their end.

use vapora_preflight::{Outcome, Value};

use crate::{
    ask::{ask, assert_told, seen},
    authority::{Authority, days, params},
    server::tls,
};

async fn with_days_left(left: i64, more: &str) -> vapora_preflight::CheckResult {
    let root = Authority::root("root");
    let mut params = params("leaf");
    params.not_after = days(left);
    ask(tls(&root.issue(&params), &[]), &root.pem, more).await
}

#[tokio::test]
async fn a_certificate_that_expires_soon_warns() {
    assert_told!(with_days_left(20, "").await);
}

#[tokio::test]
async fn a_certificate_that_expires_very_soon_fails() {
    assert_told!(with_days_left(3, "").await);
}

#[tokio::test]
async fn a_certificate_that_expires_within_the_hour_fails() {
    assert_told!(with_days_left(0, "warn_days = 1\nfail_days = 1").await);
}

#[tokio::test]
async fn the_limits_are_those_of_the_check() {
    // The certificate is valid an hour longer than those days.
    let verdict = async |more| match with_days_left(10, more).await.unwrap() {
        Outcome::Pass(_) => "pass",
        Outcome::Warn(_) => "warn",
        _ => "fail",
    };
    assert_eq!(verdict("warn_days = 10\nfail_days = 10").await, "pass");
    assert_eq!(verdict("warn_days = 11\nfail_days = 10").await, "warn");
    assert_eq!(verdict("warn_days = 11\nfail_days = 11").await, "fail");
    assert_eq!(verdict("warn_days = 0\nfail_days = 0").await, "pass");
}

#[tokio::test]
async fn an_intermediate_that_expires_soon_is_named() {
    let root = Authority::root("root");
    let between = root.below("between", 5);
    let leaf = between.issue(&params("leaf"));
    let result = ask(tls(&leaf, &[&between.certificate]), &root.pem, "").await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), "days_left"), &Value::Int(5));
}

#[tokio::test]
async fn one_that_is_sent_without_need_and_has_expired_is_named() {
    let root = Authority::root("root");
    let old = root.below("old", -5);
    assert_told!(ask(tls(&root.issue(&params("leaf")), &[&old.certificate]), &root.pem, "").await);
}
