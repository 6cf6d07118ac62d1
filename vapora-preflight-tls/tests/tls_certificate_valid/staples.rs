//! OCSP answers that a server staples.

use rcgen::{CustomExtension, ExtendedKeyUsagePurpose};
use vapora_preflight::{CheckResult, Outcome, Value};

use crate::{
    ask::{ask, assert_told, seen},
    authority::{Authority, Leaf, days, params},
    responder::{GOOD, Said, UNKNOWN, revoked},
    server::{stapling, tls},
};

/// A root, an authority below it, and a certificate that this one issued.
pub(crate) struct Issued {
    pub(crate) root: Authority,
    pub(crate) between: Authority,
    pub(crate) leaf: Leaf,
}

impl Issued {
    pub(crate) fn new() -> Self {
        let root = Authority::root("root");
        let between = root.below("between", 2000);
        let leaf = between.issue(&params("leaf"));
        Self { root, between, leaf }
    }

    /// What a responder says of the certificate, from a day ago for a week.
    pub(crate) fn said<'a>(&'a self, standing: &'a [u8]) -> Said<'a> {
        Said { about: (&self.leaf, &self.between), standing, from: -1, until: Some(6) }
    }

    /// One whom an authority lets sign, for the days up to that one.
    fn responder(by: &Authority, usage: ExtendedKeyUsagePurpose, until: i64) -> Leaf {
        let mut params = params("responder");
        params.subject_alt_names.clear();
        params.extended_key_usages = vec![usage];
        params.not_after = days(until);
        by.issue(&params)
    }

    /// Every answer that a server may staple, with what it comes to: `None` where it is good.
    pub(crate) fn cases(&self) -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
        use ExtendedKeyUsagePurpose::{OcspSigning, ServerAuth};
        let stranger = Authority::root("between");
        let other = self.between.issue(&params("leaf"));
        let of_another = Said { about: (&other, &self.between), ..self.said(GOOD) };
        let delegate = |by, usage, until| self.said(GOOD).delegated_to(&Self::responder(by, usage, until));
        vec![
            ("good", self.said(GOOD).signed_by(&self.between), None),
            ("delegated", delegate(&self.between, OcspSigning, 60), None),
            ("revoked", self.said(&revoked(-3)).signed_by(&self.between), Some("was revoked on 2026-11-28")),
            ("unknown", self.said(UNKNOWN).signed_by(&self.between), Some("does not know it")),
            (
                "expired",
                Said { from: -9, until: Some(-2), ..self.said(GOOD) }.signed_by(&self.between),
                Some("it has not counted since 2026-11-29"),
            ),
            (
                "no end, and a day old",
                Said { from: -2, until: None, ..self.said(GOOD) }.signed_by(&self.between),
                Some("it has not counted since 2026-11-30"),
            ),
            (
                "of tomorrow",
                Said { from: 1, ..self.said(GOOD) }.signed_by(&self.between),
                Some("it does not count before 2026-12-02"),
            ),
            (
                "another certificate",
                of_another.signed_by(&self.between),
                Some("it is about another certificate"),
            ),
            // the root issued the issuer, and does not answer for it
            (
                "wrong signer",
                self.said(GOOD).signed_by(&self.root),
                Some("its signature is not the issuer's"),
            ),
            ("same name", self.said(GOOD).signed_by(&stranger), Some("its signature is not the issuer's")),
            (
                "a server as the responder",
                delegate(&self.between, ServerAuth, 60),
                Some("its signer was not let sign it"),
            ),
            (
                "a responder of the root",
                delegate(&self.root, OcspSigning, 60),
                Some("its signer was not let sign it"),
            ),
            (
                "a responder of a stranger",
                delegate(&stranger, OcspSigning, 60),
                Some("its signer was not let sign it"),
            ),
            (
                "a responder that expired",
                delegate(&self.between, OcspSigning, -1),
                Some("its signer was not let sign it"),
            ),
            // a certificate may not answer for itself
            (
                "the certificate as its own responder",
                self.said(GOOD).delegated_to(&self.leaf),
                Some("its signer was not let sign it"),
            ),
            ("an error", vec![0x30, 3, 0x0a, 1, 3], Some("it is the error `tryLater` of the responder")),
            ("garbage", b"no answer".to_vec(), Some("it cannot be read")),
        ]
    }
}

/// Holds what came of a case against what it should come to.
pub(crate) fn assert_comes_to(title: &str, result: CheckResult, words: Option<&str>) {
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, "ocsp_stapled"), &Value::Bool(true), "{title}");
    match words {
        None => {
            assert!(matches!(outcome, Outcome::Pass(_)), "{title}: {outcome:?}");
            assert_eq!(seen(&outcome, "ocsp"), &Value::from("good"), "{title}");
            assert_eq!(seen(&outcome, "ocsp_until"), &Value::from("2026-12-07T13:00:00Z"), "{title}");
            assert_eq!(seen(&outcome, "ocsp_flaw"), &Value::Null, "{title}");
        }
        Some(words) => {
            assert!(matches!(outcome, Outcome::Fail(_)), "{title}: {outcome:?}");
            assert!(outcome.finding().summary.contains(words), "{title}: {outcome:?}");
            let says = seen(&outcome, "ocsp");
            // what does not count says nothing
            assert_eq!(*says == Value::Null, *seen(&outcome, "ocsp_flaw") != Value::Null, "{title}");
            assert_ne!(says, &Value::from("good"), "{title}");
        }
    }
}

#[tokio::test]
async fn a_staple_is_worth_what_its_signature_is() {
    let issued = Issued::new();
    for (title, answer, words) in issued.cases() {
        let endpoint = stapling(&issued.leaf, &[&issued.between.certificate], &answer);
        assert_comes_to(title, ask(endpoint, &issued.root.pem, "").await, words);
    }
}

#[tokio::test]
async fn the_issuer_may_be_a_root_that_is_not_sent() {
    let root = Authority::root("root");
    let leaf = root.issue(&params("leaf"));
    let answer = Said { about: (&leaf, &root), standing: GOOD, from: -1, until: Some(6) }.signed_by(&root);
    assert_comes_to("root", ask(stapling(&leaf, &[], &answer), &root.pem, "").await, None);
}

#[tokio::test]
async fn what_is_wrong_with_a_staple_is_told() {
    let issued = Issued::new();
    let told = async |answer: Vec<u8>| {
        ask(stapling(&issued.leaf, &[&issued.between.certificate], &answer), &issued.root.pem, "").await
    };
    assert_told!(told(issued.said(&revoked(-3)).signed_by(&issued.between)).await);
    assert_told!(told(issued.said(UNKNOWN).signed_by(&issued.between)).await);
    assert_told!(told(issued.said(GOOD).signed_by(&issued.root)).await);
}

#[tokio::test]
async fn a_certificate_that_demands_a_staple_fails_without_one() {
    let root = Authority::root("root");
    let mut params = params("leaf");
    // a list of one number, `status_request`
    let demand = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5]);
    params.custom_extensions.push(demand);
    let leaf = root.issue(&params);
    let result = ask(tls(&leaf, &[]), &root.pem, "").await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), "must_staple"), &Value::Bool(true));
    let answer = Said { about: (&leaf, &root), standing: GOOD, from: -1, until: Some(6) }.signed_by(&root);
    assert_comes_to("demanded", ask(stapling(&leaf, &[], &answer), &root.pem, "").await, None);
}
