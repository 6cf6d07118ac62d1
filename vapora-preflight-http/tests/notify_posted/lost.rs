//! Answers that are lost or say nothing: the message may have been posted.

use axum::{Router, routing};
use vapora_preflight::Outcome;
use vapora_preflight_sim::{Chat, Fault, FaultPlan, Peer};

use crate::ask::{ask_at, assert_told, hooks, saying, told};

#[tokio::test]
async fn no_fault_makes_a_message_count_as_posted() {
    let chat = Chat::serve().await.unwrap();
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
        chat.faults().set(FaultPlan::every(fault));
        for (service, hook) in hooks(&chat) {
            // what counts for a webhook of no particular service is the status, and no more
            if service == "webhook" && matches!(fault, Fault::Garbage | Fault::Empty) {
                continue;
            }
            let result = ask_at(hook, &saying(service, "starting")).await;
            assert!(
                !matches!(result, Ok(Outcome::Pass(_) | Outcome::Warn(_))),
                "{service}, {fault}: {result:?}"
            );
            let uncertain = result.as_ref().is_err_and(|error| error.report().uncertain);
            let lost = matches!(
                fault,
                Fault::Cut | Fault::Status(500) | Fault::Garbage | Fault::Empty | Fault::Truncated
            );
            assert_eq!(uncertain, lost, "{service}, {fault}: {result:?}");
        }
        assert!(chat.faults().struck() > 0);
    }
}

#[tokio::test]
async fn it_is_told_that_nobody_knows() {
    let chat = Chat::serve().await.unwrap();
    let mut all = Vec::new();
    for fault in [Fault::Cut, Fault::Truncated, Fault::Garbage, Fault::Empty, Fault::Status(503)] {
        chat.faults().set(FaultPlan::every(fault));
        all.push(format!(
            "{fault}: {}",
            told(&ask_at(chat.slack_webhook(), &saying("slack", "starting")).await)
        ));
    }
    assert_told!(all.join("\n\n"));
}

#[tokio::test]
async fn what_was_never_sent_may_be_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let hook = format!("http://{address}/services/T024BE7LD/B019BE91L/secret-of-the-hook");
    let error = ask_at(hook, &saying("slack", "starting")).await.unwrap_err();
    assert!(error.is_transient() && !error.report().uncertain, "{error:?}");
    let name = format!("https://{}.invalid/services/T/B/secret-of-the-hook", "a".repeat(64));
    let error = ask_at(name, &saying("slack", "starting")).await.unwrap_err();
    assert!(error.is_transient() && !error.report().uncertain, "{error:?}");
    assert!(!format!("{error:?}").contains("secret-of-the-hook"), "{error:?}");
}

#[tokio::test]
async fn an_endless_answer_says_nothing() {
    let endless = || async {
        axum::body::Body::from_stream(futures::stream::repeat(Ok::<_, std::convert::Infallible>(
            axum::body::Bytes::from_static(&[b'o'; 4096]),
        )))
    };
    let peer = Peer::serve(Router::new().route("/hooks/x", routing::post(endless))).await.unwrap();
    let result = ask_at(format!("{}/hooks/x", peer.url()), &saying("webhook", "starting")).await;
    assert_told!(told(&result));
}
