//! `ci.artifact_downloaded`.

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use vapora_preflight::{Digest, Kind, Outcome, Problems, Value};
use vapora_preflight_http::CiArtifactDownloaded;
use vapora_preflight_sim::{Fault, FaultPlan, ForgeDialect, SimArtifact, SimForge};

use crate::{
    ask::{TOKEN, ask, assert_told, forge, run, with_evidence},
    pipelines::ci,
    server::{Server, closed_port, redirect, response},
};

const ARCHIVE: &[u8] = b"PK\x03\x04 a member PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

async fn with_artifact(folder: &Path) -> (SimForge, String) {
    let (forge, settings) = ci(ForgeDialect::GitHub).await;
    forge.edit(|state| {
        state.begin("release.yml");
        "success".clone_into(&mut state.runs[0].state);
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

/// The files in a folder that anybody sees.
fn seen(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

fn part(folder: &Path) -> Option<Vec<u8>> {
    fs::read(folder.join(".artifacts.zip.part")).ok()
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
    assert_eq!(seen(folder.path()), ["artifacts.zip"]);
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
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!(format!("an_artifact_that_cannot_be_used_{name}"), told);
        });
        let outcome = result.unwrap();
        assert!(matches!(outcome, Outcome::Fail(_)));
        with_evidence::<CiArtifactDownloaded>(&outcome);
        assert_eq!(fs::read(&earlier).unwrap(), b"earlier");
        assert_eq!((seen(folder.path()).len(), part(folder.path())), (1, None));
        // what the server itself says it is does not change by waiting; what came over the wire may
        assert_eq!(outcome.finding().lasting, name != "another_digest_than_the_servers", "{name}");
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
            assert!(seen(folder.path()).is_empty(), "{number} {fault}");
        }
    }
    forge.faults().clear();
    let nowhere = asked.replace("artifacts.zip", "none/artifacts.zip");
    let outcome = ask::<CiArtifactDownloaded>(&nowhere).await.unwrap();
    assert!(outcome.finding().summary.ends_with("its folder is not there"), "{outcome:?}");
    assert_eq!(outcome.finding().remedy.as_deref(), Some("create it, or correct `path`"));
    with_evidence::<CiArtifactDownloaded>(&outcome);
}

#[tokio::test]
async fn what_is_there_already_is_not_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let (forge, asked) = with_artifact(folder.path()).await;
    for fetched in [true, false] {
        let outcome = ask::<CiArtifactDownloaded>(&asked).await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
        assert_eq!(outcome.finding().evidence.get("fetched"), Some(&Value::Bool(fetched)));
        assert_eq!(outcome.finding().evidence.get("size"), Some(&Value::from(ARCHIVE.len())));
    }
    assert_eq!(forge.requests().iter().filter(|request| request.path.contains("/blob/")).count(), 1);
    fs::write(folder.path().join("artifacts.zip"), "changed").unwrap();
    let outcome = ask::<CiArtifactDownloaded>(&asked).await.unwrap();
    assert_eq!(outcome.finding().evidence.get("fetched"), Some(&Value::Bool(true)));
    assert_eq!(fs::read(folder.path().join("artifacts.zip")).unwrap(), ARCHIVE);
}

#[tokio::test]
async fn a_digest_that_the_server_denies_is_not_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let (forge, asked) = with_artifact(folder.path()).await;
    let other = format!("digest = '{}'", "00".repeat(32));
    assert!(matches!(ask::<CiArtifactDownloaded>(&(asked + &other)).await, Ok(Outcome::Fail(_))));
    assert!(!forge.requests().iter().any(|request| request.path.ends_with("/zip")));
}

#[tokio::test]
async fn an_artifact_that_is_not_there_may_come_as_long_as_the_run_goes_on() {
    for state in ["in_progress", "success", "failure"] {
        let folder = tempfile::tempdir().unwrap();
        let (forge, asked) = with_artifact(folder.path()).await;
        forge.edit(|sim| {
            sim.artifacts.clear();
            state.clone_into(&mut sim.runs[0].state);
        });
        let result = ask::<CiArtifactDownloaded>(&asked).await;
        assert_eq!(result.as_ref().unwrap().finding().lasting, state != "in_progress", "{state}");
        assert_told!(format!("no_artifact_of_a_run_in_state_{state}"), result);
        // so it is waited for
        let before = forge.requests().len();
        let checklist = format!(
            "checklist = 'it'\n[phase.before]\n[check.it]\nphase = 'before'\nkind = 'ci.artifact_downloaded'\n\
             until = {{ interval = '20s', timeout = '2m' }}\n{asked}"
        );
        assert!(!run(&checklist).await.holds());
        let looks = (forge.requests().len() - before) / 2;
        assert_eq!(looks > 2, state == "in_progress", "{state}: {looks}");
    }
}

/// What lies elsewhere, at that server.
async fn lying_at(folder: &Path, url: String) -> (SimForge, String) {
    let (forge, asked) = with_artifact(folder).await;
    forge.edit(|state| state.downloads = Some(url));
    (forge, asked)
}

#[tokio::test]
async fn a_download_that_was_cut_short_goes_on_where_it_stopped() {
    let count = AtomicUsize::new(0);
    let store = Server::doing(move |head, out| {
        let begin = "HTTP/1.1 200 OK\r\netag: \"0x8D\"\r\nconnection: close\r\n";
        let (first, rest) = ARCHIVE.split_at(10);
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            write!(out, "{begin}content-length: {}\r\n\r\n", ARCHIVE.len())?;
            return out.write_all(first);
        }
        assert!(head.contains("range: bytes=10-\r\n") && head.contains("if-range: \"0x8D\"\r\n"), "{head}");
        assert!(!head.contains("authorization"), "{head}");
        let begin = begin.replace("200 OK", "206 Partial Content");
        let (last, whole) = (ARCHIVE.len() - 1, ARCHIVE.len());
        write!(
            out,
            "{begin}content-range: bytes 10-{last}/{whole}\r\ncontent-length: {}\r\n\r\n",
            rest.len()
        )?;
        out.write_all(rest)
    });
    let folder = tempfile::tempdir().unwrap();
    let (_forge, asked) = lying_at(folder.path(), store.url("")).await;
    let error = ask::<CiArtifactDownloaded>(&asked).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(part(folder.path()).unwrap(), &ARCHIVE[..10]);
    let outcome = ask::<CiArtifactDownloaded>(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(outcome.finding().evidence.get("resumed_at"), Some(&Value::from(10)));
    assert_eq!(fs::read(folder.path().join("artifacts.zip")).unwrap(), ARCHIVE);
}

#[tokio::test]
async fn a_store_that_answers_badly_leaves_no_file() {
    let mut told = String::new();
    let endless = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\nconnection: close\r\n\r\n")?;
        loop {
            out.write_all(&[b'a'; 4096])?;
        }
    });
    let reset = Server::accepting(|connection, _| {
        let _ = connection.peek(&mut [0]);
    });
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nPK";
    let gone = response("404 Not Found", "application/xml", "<Error><Code>BlobNotFound</Code></Error>");
    for (title, url) in [
        ("endless", endless.url("")),
        ("nobody", format!("http://{}", closed_port())),
        ("reset", reset.url("")),
        ("cut short", Server::answering(cut).url("")),
        ("gone", Server::answering(gone).url("")),
        ("another page", Server::answering(response("200 OK", "text/html", "<p>log in</p>")).url("")),
        ("empty", Server::answering(response("200 OK", "application/zip", "")).url("")),
        ("leads on", Server::answering(redirect("302 Found", "/on?sig=geheim")).url("")),
        ("metadata", "http://169.254.169.254/latest".to_owned()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (_forge, asked) = lying_at(folder.path(), url).await;
        let result = ask::<CiArtifactDownloaded>(&(asked + "limit = '1MiB'")).await;
        assert!(!matches!(result, Ok(Outcome::Pass(_))), "{title}: {result:?}");
        assert!(seen(folder.path()).is_empty(), "{title}");
        let text = crate::ask::told(&result);
        assert!(!text.contains("sig"), "whoever has the link may have it: {text}");
        writeln!(told, "## {title}\n{text}").unwrap();
    }
    insta::with_settings!({
        filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")], omit_expression => true,
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(told) });
}

#[tokio::test]
async fn a_slow_store_is_given_up_and_what_came_is_kept() {
    let store = Server::accepting(|mut connection, _| {
        let _ = connection.read(&mut [0; 4096]);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", ARCHIVE.len());
        let _ = connection.write_all(&[head.as_bytes(), &ARCHIVE[..10]].concat());
        let _ = connection.read(&mut [0]);
    });
    let folder = tempfile::tempdir().unwrap();
    let (_forge, asked) = lying_at(folder.path(), store.url("")).await;
    let came = async {
        while part(folder.path()).is_none_or(|part| part.len() < 10) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        result = ask::<CiArtifactDownloaded>(&asked) => panic!("{result:?}"),
        () = came => {}
    }
    assert!(seen(folder.path()).is_empty());
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
