//! The tours line through HTTP, on a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agents;
mod bad_input;
mod contract;
mod crash;
mod delete;
mod events;
mod examples;
mod guests;
mod idempotency;
mod internal;
mod list;
mod migrations;
mod tickets;
mod visibility;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};
use tour_tickets::TourTickets;

const TICKETS: &str = "/api/support_tickets";

/// A good request to open a ticket: the document's example, without a user.
fn draft() -> Value {
    json!({
        "roleContext": "TOURIST",
        "fullName": "María González",
        "email": "maria@example.com",
        "subject": "Cannot access my booking",
        "category": "RESERVAS_VIAJES",
        "message": "I am unable to view my tour booking from last week.",
        "status": "OPEN",
    })
}

/// The draft with another member.
fn with(member: &str, value: impl Into<Value>) -> Value {
    let mut body = draft();
    body[member] = value.into();
    body
}

/// A running service where guests may do this.
async fn start_with(access: &str) -> TestApp {
    TestApp::builder().setting("CROSSDESK__TOURS__ANONYMOUS_ACCESS", access).start::<TourTickets>().await
}

/// A running service where guests may do everything, as on a developer's machine.
async fn start() -> TestApp {
    TestApp::start::<TourTickets>().await
}

/// A request without a token.
async fn guest(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = app.request(method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    app.send(request).await
}

/// Sends what has no shortcut of its own.
async fn send(app: &TestApp, method: Method, path: &str, token: &str) -> Answer {
    app.send(app.request(method, path).bearer_auth(token)).await
}

/// Opens a ticket and gives its path.
async fn opened(app: &TestApp, token: &str, body: Value) -> String {
    let answer = app.post(TICKETS, token, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("{TICKETS}/{}", answer.body["ticketId"])
}

/// Opens a ticket as a guest and gives its path.
async fn opened_by_guest(app: &TestApp, body: Value) -> String {
    let answer = guest(app, Method::POST, TICKETS, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("{TICKETS}/{}", answer.body["ticketId"])
}

/// The line's error, its members in their order.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, message: &str) {
    let reason = reqwest::StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
    let start = format!("{{\"status\":{status},\"error\":\"{reason}\",\"message\":\"{message}\",\"timestamp\":\"");
    let timestamp = answer.text.strip_prefix(&start).and_then(|rest| rest.strip_suffix("\"}"));
    let timestamp = timestamp.unwrap_or_else(|| panic!("{} is not {start}", answer.text));
    assert_eq!((answer.status, timestamp.len()), (status, "2026-03-13T14:46:01.123456".len()), "{timestamp}");
    assert_eq!(answer.header("content-type"), "application/json");
}

/// The message of an unknown ticket, by its path.
fn not_found(path: &str) -> String {
    format!("SupportTicket not found with id: {}", path.trim_start_matches("/api/support_tickets/"))
}
