//! `ci.artifact_downloaded`.

use std::{fs, path::Path};

use vapora_preflight::{Digest, Kind, Outcome, Problems, Value};
use vapora_preflight_http::CiArtifactDownloaded;
use vapora_preflight_sim::{Fault, FaultPlan, ForgeDialect, SimArtifact, SimForge};

use crate::{
    ask::{TOKEN, ask, assert_told, forge, with_evidence},
    pipelines::ci,
};

const ARCHIVE: &[u8] = b"PK\x03\x04 a member PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

async fn with_artifact(folder: &Path) -> (SimForge, String) {
    let (forge, settings) = ci(ForgeDialect::GitHub).await;
    forge.edit(|state| {
        state.begin("release.yml");
        let artifact = SimArtifact {
            id: 9,
            name: "deployment-artifacts".to_owned(),
            run: 1,
            content: ARCHIVE.to_vec(),
            expired: false,
            digest: None,
        };
        let other = SimArtifact { id: 10, name: "logs".to_owned(), ..artifact.clone() };
        state.artifacts = vec![artifact, other];
    });
    let path = folder.join("artifacts.zip");
    let asked =
        format!("{settings}run = 1\nartifact = 'deployment-artifacts'\npath = '{}'\n", path.display());
    (forge, asked)
}

#[tokio::test]
async fn an_artifact_is_downloaded_without_the_token_going_along() {
    let folder = tempfile::tempdir().unwrap();
    let (forge_, asked) = with_artifact(folder.path()).await;
    // it lies at another host
    let store = forge(ForgeDialect::GitHub).await;
    store.edit(|state| state.artifacts = forge_.edit(|state| state.artifacts.clone()));
    forge_.edit(|state| state.downloads = Some(store.url()));
    let outcome = ask::<CiArtifactDownloaded>(&asked).await.unwrap();
    with_evidence::<CiArtifactDownloaded>(&outcome);
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    let evidence = &outcome.finding().evidence;
    assert_eq!(evidence.get("digest"), Some(&Value::from(Digest::of(ARCHIVE).to_string())));
    assert_eq!(evidence.get("size"), Some(&Value::from(ARCHIVE.len())));
    assert_eq!(fs::read(folder.path().join("artifacts.zip")).unwrap(), ARCHIVE);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(forge_.edit(|state| state.seen.clone()), [TOKEN, TOKEN]);
    assert_eq!(store.edit(|state| state.seen.clone()), [""]);
}

#[tokio::test]
async fn what_cannot_be_used_fails_and_the_earlier_file_stays() {
    type Change = fn(&mut SimArtifact);
    let cases: [(&str, Change, &str); 5] = [
        ("no_artifact", |it| it.name = "other".to_owned(), ""),
        ("expired", |it| it.expired = true, ""),
        ("another_digest_than_the_servers", |it| it.digest = Some(format!("sha256:{}", "00".repeat(32))), ""),
        (
            "another_digest_than_the_checklists",
            |_| {},
            "digest = '0000000000000000000000000000000000000000000000000000000000000000'",
        ),
        ("too_large", |_| {}, "limit = '10B'"),
    ];
    for (name, change, more) in cases {
        let folder = tempfile::tempdir().unwrap();
        let earlier = folder.path().join("artifacts.zip");
        fs::write(&earlier, "earlier").unwrap();
        let (forge, asked) = with_artifact(folder.path()).await;
        forge.edit(|state| change(&mut state.artifacts[0]));
        let result = ask::<CiArtifactDownloaded>(&(asked + more)).await;
        let told = crate::ask::told(&result).replace(&folder.path().display().to_string(), "FOLDER");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("an_artifact_that_cannot_be_used_{name}"), told);
        });
        let outcome = result.unwrap();
        assert!(matches!(outcome, Outcome::Fail(_)));
        with_evidence::<CiArtifactDownloaded>(&outcome);
        assert_eq!(fs::read(&earlier).unwrap(), b"earlier");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_digest_that_is_not_told_leaves_the_archive_to_speak_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (forge, asked) = with_artifact(folder.path()).await;
    forge.edit(|state| state.artifacts[0].digest = Some(String::new()));
    assert!(matches!(ask::<CiArtifactDownloaded>(&asked).await, Ok(Outcome::Pass(_))));
    forge.edit(|state| state.artifacts[0].content = b"<html>log in</html>".to_vec());
    assert_told!(ask::<CiArtifactDownloaded>(&asked).await);
    forge.edit(|state| state.artifacts[0].digest = Some("md5:00".to_owned()));
    assert!(ask::<CiArtifactDownloaded>(&asked).await.is_err());
}

#[tokio::test]
async fn no_fault_leaves_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (forge, asked) = with_artifact(folder.path()).await;
    for number in 1..=3 {
        for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
            forge.faults().set(FaultPlan::nth(number, fault));
            let result = ask::<CiArtifactDownloaded>(&asked).await;
            assert!(!matches!(result, Ok(Outcome::Pass(_))), "{number} {fault} {result:?}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{number} {fault}");
        }
    }
    forge.faults().clear();
    let nowhere = asked.replace("artifacts.zip", "none/artifacts.zip");
    let error = ask::<CiArtifactDownloaded>(&nowhere).await.unwrap_err();
    assert!(error.to_string().contains("could not be written"), "{error}");
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    let mut problems = Problems::default();
    let parameters = "ci = { api = 'woodpecker', project = '12', url = 'https://ci.a.test', token = { env = 'T' } }\n\
                      artifact = ''\npath = '/'\nlimit = '0B'";
    toml::from_str::<CiArtifactDownloaded>(parameters).unwrap().validate(&mut problems);
    let told: Vec<&str> = problems.messages().collect();
    assert_eq!(
        told,
        [
            "Woodpecker keeps no artifacts",
            "the text is empty",
            "it names no file",
            "nothing can be that small"
        ]
    );
}
