//! Folders that cannot be written.

use std::{fs, os::unix::fs::PermissionsExt};

use vapora_preflight::Outcome;

use crate::{
    ask::{Place, ask, assert_told},
    server::{Server, response},
};

fn server() -> Server {
    Server::answering(response("200 OK", "application/zip", "content"))
}

#[tokio::test]
async fn a_folder_that_is_not_there_fails() {
    let (server, place) = (server(), Place::new());
    let to = place.folder.path().join("gone/a.zip");
    assert_told!(ask(&format!("url = '{}'\nto = '{}'", server.url("/"), to.display())).await);
    assert!(server.requests().is_empty(), "it is found out before anything is sent");
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_fails() {
    let (server, place) = (server(), Place::new());
    fs::write(place.folder.path().join("file"), "").unwrap();
    let to = place.folder.path().join("file/a.zip");
    let outcome = ask(&format!("url = '{}'\nto = '{}'", server.url("/"), to.display())).await.unwrap();
    assert!(outcome.finding().summary.ends_with("what should be its folder is a file"), "{outcome:?}");
}

#[tokio::test]
async fn a_folder_in_place_of_the_file_fails() {
    let (server, place) = (server(), Place::new());
    fs::create_dir(place.file()).unwrap();
    let outcome = place.ask(&format!("url = '{}'", server.url("/"))).await.unwrap();
    assert!(outcome.finding().summary.ends_with("it is a folder"), "{outcome:?}");
    assert_eq!(place.names(), ["a.zip"]);
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_fails() {
    let (server, place) = (server(), Place::new());
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // whoever may do everything is refused by the kernel's own folders only
    let folder = if fs::write(place.folder.path().join("x"), "").is_ok() {
        "/sys/kernel".to_owned()
    } else {
        place.folder.path().display().to_string()
    };
    let outcome = ask(&format!("url = '{}'\nto = '{folder}/a.zip'", server.url("/"))).await.unwrap();
    let Outcome::Fail(finding) = &outcome else { panic!("{outcome:?}") };
    let summary = finding.summary.as_str();
    assert!(
        summary.ends_with("it may not be written") || summary.ends_with("can only be read"),
        "{finding:?}"
    );
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}
