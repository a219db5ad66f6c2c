//! A borrower opens a ticket, an agent answers, the borrower answers back, some are closed.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::json;

use super::{Identity, Story};
use crate::history::Kind;
use crate::workload::client::Write;

pub(super) async fn tell(story: &Story, random: &mut SmallRng) {
    let client = &story.client;
    let (borrower, agent) = (Identity::customer(format!("u-{}", story.name)), Identity::agent("agent_1"));
    let marker = story.marker("open");
    let draft = json!({"subject": marker, "description": "d", "categoryId": "category_001", "priority": "High"});
    let write = Write { line: "loan", kind: Kind::Open, marker: &marker, id: Some("/data/ticketId") };
    let opened = client
        .write(write, || {
            client.request(Method::POST, "/support/tickets", &borrower).header("Idempotency-Key", &marker).json(&draft)
        })
        .await;
    let Some(id) = opened.as_ref().and_then(|body| body.pointer("/data/ticketId")?.as_str()) else { return };
    let path = format!("/support/tickets/{id}");
    let messages = random.random_range(0..3);
    for number in 0..messages {
        let marker = story.marker(&format!("message{number}"));
        let who = if number % 2 == 0 { &agent } else { &borrower };
        let write = Write { line: "loan", kind: Kind::Message, marker: &marker, id: Some("/data/messageId") };
        let body = json!({"message": marker});
        let target = format!("{path}/messages");
        let sent = client
            .write(write, || client.request(Method::POST, &target, who).header("Idempotency-Key", &marker).json(&body))
            .await;
        if sent.is_none() {
            return;
        }
    }
    // A read after an acknowledged write is never older.
    let read = client.read(|| client.request(Method::GET, &path, &borrower)).await;
    if let Some((status, body)) = read {
        let seen = body.pointer("/data/messages").and_then(|all| all.as_array().map(Vec::len)).unwrap_or(0);
        if status != 200 || seen != messages {
            client.violation(format!("loan {id}: {messages} messages were acknowledged, {seen} are read ({status})"));
        }
    }
    if random.random_bool(0.5) {
        let marker = story.marker("close");
        let write = Write { line: "loan", kind: Kind::Change, marker: &marker, id: None };
        let target = format!("{path}/close");
        client.write(write, || client.request(Method::POST, &target, &borrower).json(&json!({}))).await;
    }
}
