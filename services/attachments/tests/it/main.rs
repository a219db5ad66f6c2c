//! Attachments and files through HTTP, on a real database, with a tour-tickets of the tests' own behind a real socket.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod attachments;
mod bad_input;
mod cascade;
mod clean_up;
mod configuration;
mod connections;
mod contract;
mod crash;
mod download;
mod events;
mod form;
mod idempotency;
mod list;
mod s3;
mod tours;
mod upload;

use domain::Role;
use serde_json::{Value, json};
use testkit::{Answer, Builder, TestApp};

use ::attachments::Attachments;
use tours::Tours;

/// Where attachments are.
const PATH: &str = "/api/support_ticket_attachments";

/// A good request: the document's example.
fn draft() -> Value {
    json!({
        "ticketId": 1523,
        "fileUrl": "https://cdn.kinconecta.com/attachments/error-screenshot.png",
        "fileName": "error-screenshot.png",
        "mimeType": "image/png",
        "fileSizeBytes": 245_678,
    })
}

/// The same with one member changed.
fn with(member: &str, value: Value) -> Value {
    let mut body = draft();
    body[member] = value;
    body
}

/// A service beside this tour-tickets.
fn beside(tours: &Tours) -> Builder {
    TestApp::builder().address("tour-tickets", tours.url.clone())
}

/// A service where guests may do everything, and ticket 1523 of user 42.
async fn start() -> (TestApp, Tours) {
    let tours = Tours::start().await;
    tours.add(1523, None, Some(42));
    (beside(&tours).start::<Attachments>().await, tours)
}

/// A service where guests may do nothing, ticket 1523 of `user_123`, and the tokens of that customer and of an agent.
async fn start_closed() -> (TestApp, Tours, String, String) {
    let tours = Tours::start().await;
    tours.add(1523, Some("user_123"), None);
    let app = beside(&tours).setting("CROSSDESK__TOURS__ANONYMOUS_ACCESS", "create_only").start::<Attachments>().await;
    let (customer, agent) = (app.token("user_123", Role::Customer), app.token("agent_123", Role::Agent));
    (app, tours, customer, agent)
}

/// A request without a token.
async fn guest(app: &TestApp, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = app.request(method.parse().unwrap(), path);
    app.send(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

/// A request with a token.
async fn signed(app: &TestApp, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = app.request(method.parse().unwrap(), path).bearer_auth(token);
    app.send(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

/// Creates an attachment as a guest and gives its path.
async fn added(app: &TestApp, body: &Value) -> String {
    let answer = guest(app, "POST", PATH, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("{PATH}/{}", answer.body["attachmentId"])
}

/// Asserts that the answer is this error, and nothing else.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, reason: &str, message: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let start = format!(r#"{{"status":{status},"error":"{reason}","message":"{message}","timestamp":""#);
    let time = answer.text.strip_prefix(&start).and_then(|rest| rest.strip_suffix("\"}")).unwrap_or_else(|| {
        panic!("{} is not {start}", answer.text);
    });
    assert!(chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S%.6f").is_ok(), "{time}");
    assert_eq!(time.len(), "2026-03-13T14:46:01.123456".len());
}

#[track_caller]
fn assert_not_found(answer: &Answer, id: &str) {
    assert_error(answer, 404, "Not Found", &format!("SupportTicketAttachment not found with id: {id}"));
}
