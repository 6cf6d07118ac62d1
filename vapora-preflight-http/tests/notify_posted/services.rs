//! What each service is sent, and that it is taken.

use serde_json::json;
use vapora_preflight::{Outcome, Value};
use vapora_preflight_sim::Chat;

use crate::ask::{ask_at, ask_bot, assert_told, hooks, saying, told};

#[tokio::test]
async fn every_service_takes_a_message() {
    let chat = Chat::serve().await.unwrap();
    let mut all = Vec::new();
    for (service, hook) in hooks(&chat) {
        let result = ask_at(hook, &saying(service, "Deployment starting in 5 minutes")).await;
        let Ok(Outcome::Pass(finding)) = &result else { panic!("{service}: {result:?}") };
        let evidence: Vec<String> =
            finding.evidence.items().iter().map(|item| format!("  {}: {}", item.name, item.value)).collect();
        all.push(format!("{}\n{}", told(&result), evidence.join("\n")));
    }
    let bot = ask_bot(&chat, "channel = '#deployments'\ntext = 'Deployment starting'").await;
    all.push(told(&bot));
    assert_eq!(bot.unwrap().finding().evidence.get("channel"), Some(&Value::from("C024BE91L")));
    assert_told!(all.join("\n\n"));
    let messages: Vec<&str> = chat.messages().iter().map(|message| message.service).collect();
    assert_eq!(messages, ["slack", "mattermost", "discord", "teams", "webhook", "slack-api"]);
}

#[tokio::test]
async fn a_text_calls_nobody_unless_it_is_told_to() {
    let chat = Chat::serve().await.unwrap();
    let text = "<!channel> & @everyone: R&D > 1";
    for (service, hook) in hooks(&chat) {
        assert!(matches!(ask_at(hook, &saying(service, text)).await, Ok(Outcome::Pass(_))), "{service}");
    }
    let messages = chat.messages();
    assert_eq!(messages[0].body, json!({ "text": "&lt;!channel&gt; &amp; @everyone: R&amp;D &gt; 1" }));
    assert_eq!(messages[1].body, json!({ "text": text }));
    assert_eq!(messages[2].body["content"], text);
    assert_eq!(messages[2].body["allowed_mentions"], json!({ "parse": [], "users": [], "roles": [] }));
    assert_eq!(messages[4].body, json!({ "text": text }));
}

#[tokio::test]
async fn what_calls_everybody_in_mattermost_is_only_text() {
    let chat = Chat::serve().await.unwrap();
    let hook = chat.mattermost_webhook();
    let asked = saying("mattermost", "tell @channel and @ada") + "\nmention = ['channel']";
    assert!(matches!(ask_at(hook, &asked).await, Ok(Outcome::Pass(_))));
    assert_eq!(chat.messages()[0].body, json!({ "text": "@channel tell @\u{200b}channel and @ada" }));
}

#[tokio::test]
async fn those_who_are_named_are_called() {
    let chat = Chat::serve().await.unwrap();
    for (service, mention) in [
        ("slack", "['here', 'U024BE7LH', 'SAZ94GDB8']"),
        ("mattermost", "['channel', 'ada']"),
        ("discord", "['here', 'everyone', '80351110224678912', 'role:165511591545143296']"),
        ("teams", "['Ada Lovelace <ada@example.com>']"),
    ] {
        let hook = hooks(&chat).into_iter().find(|(name, _)| *name == service).unwrap().1;
        let asked = format!("{}\nmention = {mention}", saying(service, "confirm"));
        assert!(matches!(ask_at(hook, &asked).await, Ok(Outcome::Pass(_))), "{service}");
    }
    let bodies: Vec<String> = chat.messages().iter().map(|it| format!("{:#}", it.body)).collect();
    assert_told!(bodies.join("\n"));
}

#[tokio::test]
async fn a_webhook_is_sent_what_its_body_says() {
    let chat = Chat::serve().await.unwrap();
    let asked = r"service = 'webhook'
webhook = { env = 'HOOK' }
text    = 'it said: $check'
method  = 'PUT'
headers = { x-source = 'preflight' }
body    = { summary = '$text', source = { check = '$check', price = '$5' }, tags = ['deploy', '$release'] }
status  = [201]";
    assert!(matches!(ask_at(chat.webhook(), asked).await, Ok(Outcome::Pass(_))));
    let text = "service = 'webhook'\nwebhook = { env = 'HOOK' }\ntext = 'up'\nbody = 'say=$text'";
    assert!(matches!(ask_at(chat.webhook(), text).await, Ok(Outcome::Pass(_))));
    let expected = json!({ "summary": "it said: $check", "source": { "check": "asked", "price": "$5" }, "tags": ["deploy", ""] });
    let messages = chat.messages();
    assert_eq!((&messages[0].body, &messages[1].body), (&expected, &json!("say=up")));
    let methods: Vec<String> = chat.peer().requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["PUT", "POST"]);
}

#[tokio::test]
async fn lines_stay_lines_in_a_card() {
    let chat = Chat::serve().await.unwrap();
    let asked = "service = 'teams'\nwebhook = { env = 'HOOK' }\ntext = \"one\\ntwo\"";
    assert!(matches!(ask_at(chat.teams_webhook(), asked).await, Ok(Outcome::Pass(_))));
    let card = &chat.messages()[0].body["attachments"][0]["content"];
    assert_eq!(card["body"][0]["text"], "one\n\ntwo");
}
