//! Messages that are not taken. None of them passes, and the reason is told.

use vapora_preflight::Outcome;
use vapora_preflight_sim::{Chat, ChatTrouble};

use crate::ask::{ask_at, ask_bot, assert_told, hooks, saying, told};

/// What every service says of this trouble.
async fn all(chat: &Chat, trouble: ChatTrouble) -> String {
    chat.set_trouble(Some(trouble));
    let mut all = Vec::new();
    for (service, hook) in hooks(chat) {
        let result = ask_at(hook, &saying(service, "starting")).await;
        assert!(!matches!(result, Ok(Outcome::Pass(_) | Outcome::Warn(_))), "{service}: {result:?}");
        all.push(told(&result));
    }
    all.push(told(&ask_bot(chat, "channel = '#deployments'\ntext = 'starting'").await));
    assert!(chat.messages().is_empty());
    all.join("\n\n")
}

#[tokio::test]
async fn a_webhook_that_is_gone_fails() {
    let chat = Chat::serve().await.unwrap();
    assert_told!(all(&chat, ChatTrouble::Gone).await);
}

#[tokio::test]
async fn a_channel_that_is_archived_fails() {
    let chat = Chat::serve().await.unwrap();
    assert_told!(all(&chat, ChatTrouble::Archived).await);
}

#[tokio::test]
async fn where_nobody_may_post_it_fails() {
    let chat = Chat::serve().await.unwrap();
    assert_told!(all(&chat, ChatTrouble::Prohibited).await);
}

#[tokio::test]
async fn where_webhooks_are_turned_off_it_fails() {
    let chat = Chat::serve().await.unwrap();
    assert_told!(all(&chat, ChatTrouble::Disabled).await);
}

#[tokio::test]
async fn a_length_is_that_of_what_is_sent() {
    let chat = Chat::serve().await.unwrap();
    for (service, hook, text, mention) in [
        // with who is called it is one character too long
        ("discord", chat.discord_webhook(), "x".repeat(1_995), "['here']"),
        // a sign that is escaped takes more room
        ("slack", chat.slack_webhook(), "&".repeat(8_001), "[]"),
        // and one that is no letter of English takes more bytes
        ("teams", chat.teams_webhook(), "€".repeat(6_667), "[]"),
    ] {
        let asked = format!("{}\nmention = {mention}", saying(service, &text));
        let Ok(Outcome::Fail(finding)) = ask_at(&hook, &asked).await else { panic!("{service}") };
        assert!(finding.summary.contains("too long"), "{service} {finding:?}");
        let shorter: String = text.chars().skip(1).collect();
        let asked = format!("{}\nmention = {mention}", saying(service, &shorter));
        let posted = ask_at(hook, &asked).await;
        assert!(matches!(posted, Ok(Outcome::Pass(_))), "{service} {posted:?}");
    }
}

#[tokio::test]
async fn a_service_that_asks_to_wait_is_an_error_that_may_be_tried_again() {
    let chat = Chat::serve().await.unwrap();
    assert_told!(all(&chat, ChatTrouble::RateLimited(30)).await);
}

#[tokio::test]
async fn a_service_that_breaks_leaves_open_whether_it_took_the_message() {
    let chat = Chat::serve().await.unwrap();
    assert_told!(all(&chat, ChatTrouble::Broken).await);
}

#[tokio::test]
async fn a_webhook_with_another_secret_is_refused() {
    let chat = Chat::serve().await.unwrap();
    let mut all = Vec::new();
    for (service, hook) in hooks(&chat) {
        let other = hook.replace(chat.key(), "another-secret");
        let result = ask_at(other, &saying(service, "starting")).await;
        assert!(matches!(result, Ok(Outcome::Fail(_))), "{service}: {result:?}");
        all.push(told(&result));
    }
    all.push(told(&ask_bot(&chat, "channel = '#elsewhere'\ntext = 'starting'").await));
    assert_told!(all.join("\n\n"));
}

#[tokio::test]
async fn a_text_that_is_not_fit_is_not_sent() {
    let chat = Chat::serve().await.unwrap();
    let mut all = Vec::new();
    let long = "x".repeat(2_001);
    for text in ["scheduled for [DATE TIME UTC]", "TODO: say when", "   ", &long] {
        let result = ask_at(chat.discord_webhook(), &saying("discord", text)).await;
        assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
        all.push(told(&result));
    }
    let undeclared = "service = 'slack'\nwebhook = { env = 'HOOK' }\ndocument = 'message.none'";
    all.push(told(&ask_at(chat.slack_webhook(), undeclared).await));
    assert_told!(all.join("\n\n"));
    assert!(chat.peer().requests().is_empty());
}
