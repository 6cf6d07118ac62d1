//! The roots of the machine. Which these are is said by the environment, so the test runs itself once more in another one.

use std::process::Command;

use crate::{
    ask::{ask_as_written, seen},
    authority::{Authority, params},
    responder::{GOOD, Said},
    server::{stapling, tls},
};
use vapora_preflight::{Outcome, Value};

/// Where the test that runs itself finds its endpoints: one that staples nothing, one with a good answer, one with a wrong one.
const ENDPOINTS: &str = "PREFLIGHT_ENDPOINTS";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_roots_of_the_machine_are_trusted_and_answer_for_what_they_issued() {
    #[expect(clippy::disallowed_methods, reason = "it is how the test hands itself what it made")]
    let endpoints = std::env::var(ENDPOINTS);
    if let Ok(endpoints) = endpoints {
        let mut outcomes = Vec::new();
        for endpoint in endpoints.split(' ') {
            let asked = format!("endpoint = '{endpoint}'\nserver_name = 'api.example.com'");
            outcomes.push(ask_as_written(&asked).await.unwrap());
        }
        let [plain, good, wrong] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert!(matches!(plain, Outcome::Pass(_)), "{plain:?}");
        assert!(matches!(good, Outcome::Pass(_)), "{good:?}");
        assert_eq!(seen(good, "ocsp"), &Value::from("good"));
        assert!(matches!(wrong, Outcome::Fail(_)), "{wrong:?}");
        return;
    }
    let root = Authority::root("root");
    let leaf = root.issue(&params("leaf"));
    // the root is not sent, so that its key is known from the machine alone
    let said = Said { about: (&leaf, &root), standing: GOOD, from: -1, until: Some(6) };
    let endpoints = [
        tls(&leaf, &[]),
        stapling(&leaf, &[], &said.signed_by(&root)),
        stapling(&leaf, &[], &said.signed_by(&Authority::root("root"))),
    ];
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), &root.pem).unwrap();
    let test = "system::the_roots_of_the_machine_are_trusted_and_answer_for_what_they_issued";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ENDPOINTS, endpoints.map(|it| it.to_string()).join(" "))
        .env("SSL_CERT_FILE", roots.path())
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
