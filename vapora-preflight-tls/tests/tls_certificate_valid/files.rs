//! Certificates in files, before a server has them.

use std::{fs, path::PathBuf};

use tempfile::TempDir;
use vapora_preflight::{CheckResult, Outcome, Value};

use crate::{
    ask::{ask_as_written, seen},
    authority::{Authority, days, params},
};

/// A folder with a root, a bundle of a certificate and what is above it, and keys.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        let root = Authority::root("root");
        let between = root.below("between", 2000);
        let leaf = between.issue(&params("leaf"));
        let mut expired = params("expired");
        expired.not_after = days(-1);
        let expired = between.issue(&expired);
        it.write("roots.pem", &root.pem);
        it.write("bundle.pem", &format!("{}{}", leaf.pem, between.pem));
        it.write("alone.pem", &leaf.pem);
        it.write("reversed.pem", &format!("{}{}", between.pem, leaf.pem));
        it.write("expired.pem", &format!("{}{}", expired.pem, between.pem));
        it.write("key.pem", &leaf.key_pem());
        it.write("other.pem", &expired.key_pem());
        it
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    async fn ask(&self, file: &str, more: &str) -> CheckResult {
        let folder = self.0.path().display();
        let more = more.replace("FOLDER", &folder.to_string());
        ask_as_written(&format!("file = '{folder}/{file}'\nroots = '{folder}/roots.pem'\n{more}")).await
    }

    fn shown(&self, result: CheckResult) -> String {
        crate::ask::told(&result).replace(&self.0.path().display().to_string(), "FOLDER")
    }
}

#[tokio::test]
async fn a_bundle_with_its_key_passes() {
    let folder = Folder::new();
    let outcome = folder.ask("bundle.pem", "key = 'FOLDER/key.pem'").await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "key_matches"), &Value::Bool(true));
    assert_eq!((seen(&outcome, "protocol"), seen(&outcome, "days_left")), (&Value::Null, &Value::Int(60)));
    let named = folder.ask("bundle.pem", "server_name = 'api.example.com'").await.unwrap();
    assert!(matches!(named, Outcome::Pass(_)), "{named:?}");
    assert_eq!(seen(&named, "key_matches"), &Value::Null);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told() {
    let folder = Folder::new();
    for (title, file, more) in [
        ("another key", "bundle.pem", "key = 'FOLDER/other.pem'"),
        ("another name", "bundle.pem", "server_name = 'www.example.com'"),
        ("without what is above it", "alone.pem", ""),
        ("expired", "expired.pem", ""),
        ("wrong order", "reversed.pem", ""),
        ("soon", "bundle.pem", "warn_days = 90\nfail_days = 90"),
    ] {
        let result = folder.ask(file, more).await;
        assert!(matches!(result, Ok(Outcome::Fail(_))), "{title}: {result:?}");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("file-{}", title.replace(' ', "-")), folder.shown(result));
        });
    }
}

#[tokio::test]
async fn a_file_that_says_nothing_is_an_error() {
    let folder = Folder::new();
    folder.write("empty.pem", "");
    folder.write("text.pem", "-----BEGIN CERTIFICATE-----\nno base64 !\n-----END CERTIFICATE-----\n");
    folder.write("large.pem", &"a".repeat(5 << 20));
    folder.write(
        "secret.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    for (file, more, words) in [
        ("large.pem", "", "cannot be read"),
        // a device without an end
        ("../../../../../../../../../../dev/zero", "", "cannot be read"),
        ("bundle.pem", "key = '/dev/zero'", "cannot be read"),
        (".", "", "cannot be read"),
        ("bundle.pem", "key = 'FOLDER/secret.pem'", "holds no private key"),
        ("gone.pem", "", "cannot be read"),
        ("empty.pem", "", "holds no certificate"),
        ("text.pem", "", "is not PEM"),
        ("key.pem", "", "holds no certificate"),
        ("bundle.pem", "key = 'FOLDER/gone.pem'", "cannot be read"),
        ("bundle.pem", "key = 'FOLDER/alone.pem'", "holds no private key"),
    ] {
        let error = folder.ask(file, more).await.unwrap_err();
        assert!(!error.is_transient() && error.message().contains(words), "{file}: {error}");
        assert!(!format!("{error:?}").contains("BEGIN"), "{file}: {error:?}");
    }
}

#[tokio::test]
async fn a_bundle_may_hold_the_key_too_and_lines_of_windows() {
    let folder = Folder::new();
    let all = ["bundle.pem", "key.pem"].map(|name| fs::read_to_string(folder.path(name)).unwrap()).concat();
    folder.write("all.pem", &format!("a word before it\r\n{}", all.replace('\n', "\r\n")));
    let outcome = folder.ask("all.pem", "key = 'FOLDER/all.pem'").await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "key_matches"), &Value::Bool(true));
}
