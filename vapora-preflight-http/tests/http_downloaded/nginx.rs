//! A real server: ranges, tags and times as nginx has them.

use std::{fs, time::Duration};

use vapora_preflight::{Outcome, Value};

use crate::{
    ask::{Place, seen, sha256},
    real::Nginx,
};

/// It sends the first 64 KiB at once, and the rest slowly enough to be interrupted.
const SLOWLY: &str = "location / {\nlimit_rate_after 64k;\nlimit_rate 256k;\n}";

fn content(seed: u32) -> Vec<u8> {
    (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24) as u8).collect()
}

/// Begins the download and gives it up as soon as something has come.
async fn interrupted(place: &Place, asked: &str) -> u64 {
    let came = async {
        loop {
            match fs::metadata(place.part()) {
                Ok(part) if part.len() > 0 => return,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::select! {
        result = place.ask(asked) => panic!("{result:?}"),
        () = came => {}
    }
    fs::metadata(place.part()).unwrap().len()
}

#[tokio::test]
async fn a_real_server_sends_the_rest_of_what_has_not_changed() {
    const TEST: &str = "a_real_server_sends_the_rest_of_what_has_not_changed";
    let (first, second) = (content(1), content(2));
    let Some(nginx) = Nginx::start(TEST, &[("a.zip", &first)], "", SLOWLY) else { return };
    let place = Place::new();
    let asked = format!("url = 'http://{}/a.zip'", nginx.address);
    let part = interrupted(&place, &asked).await;
    let outcome = place.ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "sha256"), &Value::from(sha256(&first)));
    let Value::Int(resumed) = seen(&outcome, "resumed_at") else { panic!("{outcome:?}") };
    assert!(u64::try_from(*resumed).unwrap() >= part && part > 0, "{outcome:?}");
    // it is there, and has not changed
    let outcome = place.ask(&asked).await.unwrap();
    assert_eq!(
        (seen(&outcome, "status"), seen(&outcome, "fetched")),
        (&Value::Int(304), &Value::Bool(false))
    );
    // it changes in the middle of another download
    fs::remove_file(place.file()).unwrap();
    interrupted(&place, &asked).await;
    let file = nginx.folder().join("a.zip");
    fs::write(&file, &second[..199_999]).unwrap();
    let outcome = place.ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "resumed_at"), &Value::Int(0));
    assert_eq!(place.content(), second[..199_999]);
    let log = nginx.log("access.log");
    for status in [" 206 ", " 304 ", " 200 "] {
        assert!(log.contains(status), "{log}");
    }
}
