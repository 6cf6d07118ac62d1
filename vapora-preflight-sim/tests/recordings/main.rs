//! The simulated cluster answers as a real kube-apiserver 1.36 did: every recording is asked of a cluster in the state of
//! the recorded one, and the answers are compared, but for what is different in every cluster.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod admission;
mod apply;
mod authentication;
mod case;
mod compare;
mod discovery;
mod errors;
mod health;
mod kubectl;
mod open;
mod reads;
mod recording;
mod replay;
mod reviews;
mod rollouts;
mod socket;
mod subresources;
mod watches;
mod world;

use std::collections::BTreeMap;

use case::{Case, Compared};

fn cases() -> BTreeMap<&'static str, Case> {
    let topics: [&[Case]; 12] = [
        admission::CASES,
        apply::CASES,
        authentication::CASES,
        discovery::CASES,
        errors::CASES,
        health::CASES,
        kubectl::CASES,
        reads::CASES,
        reviews::CASES,
        rollouts::CASES,
        subresources::CASES,
        watches::CASES,
    ];
    let mut cases = BTreeMap::new();
    for case in topics.into_iter().flatten() {
        assert!(cases.insert(case.recording, *case).is_none(), "{} is there twice", case.recording);
    }
    cases
}

#[tokio::test]
async fn every_recording_is_answered_as_by_a_real_api_server() {
    let recordings = recording::all();
    let cases = cases();
    let without: Vec<_> = recordings.keys().filter(|name| !cases.contains_key(name.as_str())).collect();
    assert!(without.is_empty(), "{} recordings are not replayed: {without:?}", without.len());
    let gone: Vec<_> = cases.keys().filter(|name| !recordings.contains_key(**name)).collect();
    assert!(gone.is_empty(), "there is no recording for {gone:?}");

    let mut wrong = Vec::new();
    let mut settled = Vec::new();
    let mut open = Vec::new();
    let (mut whole, mut part, mut refused) = (0, Vec::new(), Vec::new());
    for (name, case) in &cases {
        let differences = replay::replay(case, &cases, &recordings).await;
        match (differences.is_empty(), open::OPEN.contains(name)) {
            (true, true) => settled.push(*name),
            (false, true) => open.push(format!("{name}: {}", differences[0])),
            (false, false) => {
                wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
            }
            (true, false) => match case.compared {
                Compared::Whole => whole += 1,
                Compared::Part { reason, .. } => {
                    part.push(format!("{name}: {reason}"));
                }
                Compared::InJson { .. } => {
                    part.push(format!("{name}: protobuf was recorded, JSON is answered"));
                }
                Compared::Refused { reason } => refused.push(format!("{name}: {reason}")),
            },
        }
    }
    for (what, names) in [("compared in part", &part), ("refused here", &refused), ("open", &open)] {
        println!("{what}:\n  {}", names.join("\n  "));
    }
    println!(
        "{} recordings: {whole} compared whole, {} in part, {} refused here, {} open",
        cases.len(),
        part.len(),
        refused.len(),
        open.len()
    );
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(
        settled.is_empty(),
        "answered as recorded now, to be taken from the list of open ones: {settled:?}"
    );
}
