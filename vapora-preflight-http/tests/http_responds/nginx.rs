//! A real server: who asks, by password and by certificate.

use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use vapora_preflight::Outcome;
use vapora_preflight_http::HttpClient;
use vapora_preflight_sim::TestCa;

use crate::{
    ask::{TOKEN, ask, ask_with},
    real::Nginx,
};

#[tokio::test]
async fn a_real_server_asks_for_a_password() {
    const TEST: &str = "a_real_server_asks_for_a_password";
    let users = format!("me:{{PLAIN}}{TOKEN}\nother:{{PLAIN}}x\n");
    let server = "auth_basic closed;\nauth_basic_user_file users;\nindex index.html;";
    let files: [(&str, &[u8]); 2] = [("users", users.as_bytes()), ("index.html", b"fine")];
    let Some(nginx) = Nginx::start(TEST, &files, "", server) else { return };
    let asked = |user: &str| {
        format!(
            "url = 'http://{}/'\ncontains = ['fine']\nbasic = {{ user = '{user}', password = {{ env = 'TOKEN' }} }}",
            nginx.address
        )
    };
    let result = ask(&asked("me")).await;
    assert!(matches!(result, Ok(Outcome::Pass(_))), "{result:?}");
    for wrong in [asked("other"), format!("url = 'http://{}/'", nginx.address)] {
        let outcome = ask(&wrong).await.unwrap();
        assert!(outcome.finding().summary.contains("answered 401 Unauthorized"), "{outcome:?}");
    }
    assert!(!nginx.log("access.log").contains(TOKEN));
}

#[tokio::test]
async fn a_real_server_asks_for_a_certificate() {
    const TEST: &str = "a_real_server_asks_for_a_certificate";
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (clients, strangers) = (TestCa::root("clients").unwrap(), TestCa::root("strangers").unwrap());
    let (pem, key) = (cert.pem(), signing_key.serialize_pem());
    let files: [(&str, &[u8]); 4] = [
        ("cert.pem", pem.as_bytes()),
        ("key.pem", key.as_bytes()),
        ("clients.pem", clients.root_pem().as_bytes()),
        ("who.txt", b"known"),
    ];
    let server = "ssl_certificate cert.pem;\nssl_certificate_key key.pem;\n\
                  ssl_client_certificate clients.pem;\nssl_verify_client on;\nindex who.txt;\n\
                  add_header x-who $ssl_client_s_dn;";
    let Some(nginx) = Nginx::start(TEST, &files, "ssl", server) else { return };
    let shown = |by: &TestCa, name: &str| {
        let certificate = by.issue_client("deployer", &[], 1_577_836_800, 4_102_444_800).unwrap();
        let at = |what: &str| nginx.folder().join(format!("{name}-{what}.pem"));
        fs::write(at("cert"), certificate.pem()).unwrap();
        fs::write(at("key"), certificate.key_pem()).unwrap();
        (at("cert").display().to_string(), at("key").display().to_string())
    };
    let client = || HttpClient::builder().root_certificates_pem(&pem).build().unwrap();
    let asked = |certificate: &str, key: &str| {
        format!(
            "url = 'https://{}/'\ncontains = ['known']\n\
             client_certificate = {{ certificate = {{ file = '{certificate}' }}, key = {{ file = '{key}' }} }}",
            nginx.address
        )
    };
    let (known, known_key) = shown(&clients, "known");
    let outcome = ask_with(client(), &asked(&known, &known_key)).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert!(format!("{outcome:?}").contains("CN=deployer"), "{outcome:?}");
    let (stranger, stranger_key) = shown(&strangers, "stranger");
    for wrong in
        [asked(&stranger, &stranger_key), format!("url = 'https://{}/'\ncontains = ['known']", nginx.address)]
    {
        let outcome = ask_with(client(), &wrong).await.unwrap();
        assert!(outcome.finding().summary.contains("answered 400"), "{outcome:?}");
    }
    // a key that is not that of the certificate, and files that are neither
    for (certificate, key, words) in [
        (&known, &stranger_key, "cannot be shown"),
        (&known_key, &known_key, "is not PEM with a certificate"),
        (&known, &known, "is not PEM with a private key"),
    ] {
        let error = ask_with(client(), &asked(certificate, key)).await.unwrap_err();
        assert!(!error.is_transient() && error.message().contains(words), "{error:?}");
        assert!(!format!("{error:?}").contains("PRIVATE"), "{error:?}");
    }
}
