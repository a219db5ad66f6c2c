//! The helpdesk line through HTTP, on a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agents;
mod bad_input;
mod contract;
mod conversations;
mod events;
mod idempotency;
mod join;
mod lists;
mod live;
mod notifications;
mod session;
mod tickets;
mod users;

use domain::Role;
use helpdesk_conversation::HelpdeskConversation;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

const TICKETS: &str = "/api/v1/support/tickets";

/// A running service, and a customer's and an agent's token.
async fn start() -> (TestApp, String, String) {
    let app = TestApp::start::<HelpdeskConversation>().await;
    let (customer, agent) = (app.token("user_123", Role::Customer), app.token("agent_123", Role::Agent));
    (app, customer, agent)
}

/// Opens a ticket.
async fn open(app: &TestApp, token: &str) -> Value {
    let answer = app.post(TICKETS, token, json!({"title": "Cannot open my draft"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

/// The path of a ticket, and of its conversation.
fn paths(ticket: &Value) -> (String, String) {
    (format!("{TICKETS}/{}", ticket["id"]), format!("/api/v1/conversations/{}", ticket["conversation"]["id"]))
}

/// Joins a ticket's conversation.
async fn join(app: &TestApp, ticket: &Value, token: &str) {
    let request = app.request(reqwest::Method::POST, &format!("{}/join", paths(ticket).0)).bearer_auth(token);
    assert_eq!(app.send(request).await.status, 200);
}

/// Sends a message as text.
async fn write(app: &TestApp, ticket: &Value, token: &str, text: &str) -> Answer {
    app.post(&format!("{}/messages", paths(ticket).1), token, json!({"text": text})).await
}

/// The caller's number.
async fn number(app: &TestApp, token: &str) -> i64 {
    app.get("/api/v1/users/me", token).await.body["id"].as_i64().unwrap()
}

/// The line's error body.
fn error(code: &str, raw: &str) -> Value {
    json!({"error": code, "raw": raw})
}
