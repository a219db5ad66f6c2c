//! Somebody asks, an agent joins, both write.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::json;

use super::{Identity, Story};
use crate::history::Kind;
use crate::workload::client::Write;

pub(super) async fn tell(story: &Story, random: &mut SmallRng) {
    let client = &story.client;
    // A few people and not one per story: everybody who was ever seen is told of.
    let asker = Identity::customer(format!("person-{}", random.random_range(0..50)));
    let agent = Identity::agent("agent_1");
    let marker = story.marker("open");
    let body = json!({"title": marker});
    let write = Write { line: "helpdesk", kind: Kind::Open, marker: &marker, id: Some("/id") };
    let opened = client
        .write(write, || {
            let request = client.request(Method::POST, "/api/v1/support/tickets", &asker);
            request.header("Idempotency-Key", &marker).json(&body)
        })
        .await;
    let Some(opened) = opened else { return };
    let (id, conversation) = (opened["id"].clone(), opened["conversation"]["id"].clone());
    let joined = random.random_bool(0.5);
    if joined {
        let marker = story.marker("join");
        let write = Write { line: "helpdesk", kind: Kind::Change, marker: &marker, id: None };
        let path = format!("/api/v1/support/tickets/{id}/join");
        client.write(write, || client.request(Method::POST, &path, &agent)).await;
    }
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let messages = random.random_range(0..4);
    for number in 0..messages {
        let marker = story.marker(&format!("message{number}"));
        let who = if joined && number % 2 == 1 { &agent } else { &asker };
        let body = json!({"text": marker});
        let write = Write { line: "helpdesk", kind: Kind::Message, marker: &marker, id: Some("/id") };
        let sent = client
            .write(write, || client.request(Method::POST, &path, who).header("Idempotency-Key", &marker).json(&body))
            .await;
        if sent.is_none() {
            return;
        }
    }
    if let Some((status, body)) = client.read(|| client.request(Method::GET, &path, &asker)).await {
        let all = body.as_array().cloned().unwrap_or_default();
        let seen = all.iter().filter(|entry| entry["kind"] == "new-message").count();
        if status != 200 || seen != messages {
            client.violation(format!("helpdesk {id}: {messages} messages acknowledged, {seen} read ({status})"));
        }
    }
}
