//! The webhook is a secret, and stays one.

use axum::{
    Router,
    http::{StatusCode, Uri},
    response::IntoResponse,
    routing,
};
use vapora_preflight::Outcome;
use vapora_preflight_sim::{Chat, Fault, FaultPlan, Peer};

use crate::ask::{ask_at, ask_bot, assert_told, check, hooks, saying, told};

#[tokio::test]
async fn nothing_that_is_told_holds_the_secret() {
    let chat = Chat::serve().await.unwrap();
    let mut shown = Vec::new();
    for fault in
        [None, Some(Fault::Cut), Some(Fault::Status(404)), Some(Fault::Status(500)), Some(Fault::Truncated)]
    {
        chat.faults().clear();
        if let Some(fault) = fault {
            chat.faults().set(FaultPlan::every(fault));
        }
        for (service, hook) in hooks(&chat) {
            let result = ask_at(hook, &saying(service, "starting")).await;
            shown.push(format!("{} {result:?} {:?}", told(&result), check(&saying(service, "starting"))));
        }
        shown.push(format!("{:?}", ask_bot(&chat, "channel = '#deployments'\ntext = 'starting'").await));
    }
    let shown = shown.join("\n");
    assert!(!shown.contains(chat.key()), "{shown}");
}

#[tokio::test]
async fn a_server_that_repeats_the_url_is_not_repeated() {
    let repeat = |uri: Uri| async move { (StatusCode::NOT_FOUND, format!("Cannot POST {uri}")) };
    let peer = Peer::serve(Router::new().fallback(repeat)).await.unwrap();
    let hook = format!("{}/services/T024BE7LD/B019BE91L/hunter22-hook?sig=hunter33-sig", peer.url());
    let result = ask_at(hook, &saying("slack", "starting")).await;
    assert!(!format!("{result:?}").contains("hunter"), "{result:?}");
    assert_told!(told(&result));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_way_is_not_told() {
    let chat = Chat::serve().await.unwrap();
    let to = chat.slack_webhook();
    let redirect = move || {
        let to = to.clone();
        async move { (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response() }
    };
    let peer = Peer::serve(Router::new().fallback(routing::post(redirect))).await.unwrap();
    let result = ask_at(format!("{}/services/x", peer.url()), &saying("slack", "starting")).await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
    assert!(!format!("{result:?}").contains(chat.key()), "{result:?}");
    assert!(chat.messages().is_empty());
    assert_told!(told(&result));
}

#[tokio::test]
async fn a_secret_that_is_no_url_is_an_error_that_does_not_repeat_it() {
    let mut all = Vec::new();
    for hook in ["hunter22-is-no-url", "ftp://hooks.test/hunter22", "https://me:hunter22@hooks.test/"] {
        let result = ask_at(hook, &saying("slack", "starting")).await;
        assert!(!format!("{result:?}").contains("hunter22"), "{result:?}");
        all.push(told(&result));
    }
    all.push(told(&ask_at("", &saying("slack", "starting").replace("HOOK", "NOT_SET")).await));
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn an_address_of_the_metadata_of_a_cloud_is_refused() {
    let result = ask_at("http://169.254.169.254/latest/hunter22", &saying("webhook", "starting")).await;
    assert!(!format!("{result:?}").contains("hunter22"), "{result:?}");
    assert_told!(told(&result));
}
