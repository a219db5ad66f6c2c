//! The mobility line through HTTP, on a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agents;
mod bad_input;
mod contract;
mod crash;
mod discovery;
mod events;
mod executions;
mod idempotency;
mod list;
mod push;
mod schemas;
mod tickets;

use domain::Role;
use mobility_support::MobilitySupport;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

const EXECUTION: &str = "/processes/request-support/execution";
const PACKAGE: &str = "7136dae5-cbb9-4b7d-8dc5-52d3faeb7ad2";
const LEG: &str = "8f703032-e244-42ee-9342-d3af25dd68b0";
const TICKET: &str = "0f52e3c9-b6f3-440c-956f-65da0c1c5710";

/// The document's example.
fn ticket() -> Value {
    json!({
        "supportType": "BROKEN_DOWN",
        "type": "supportTicket",
        "location": "GPS:52.3342433,41.4322234",
        "timestamp": "2024-01-15T10:30:00Z",
        "id": TICKET,
        "status": "ISSUE_REQUESTED",
        "context": {"asset": "TI:AMS:342", "leg": LEG, "package": PACKAGE},
    })
}

/// The example with other members; null takes one away.
fn with(members: Value) -> Value {
    let mut ticket = ticket();
    for (name, value) in members.as_object().unwrap() {
        ticket[name] = value.clone();
    }
    ticket
}

/// A running service, and the tokens of a provider and of an agent.
async fn start() -> (TestApp, String, String) {
    let app = TestApp::start::<MobilitySupport>().await;
    let (provider, agent) = (app.token("mp-amsterdam", Role::Customer), app.token("agent_123", Role::Agent));
    (app, provider, agent)
}

/// Executes `request-support`. Whatever the answer is, it is one of the documented shape.
async fn execute(app: &TestApp, token: &str, inputs: Value) -> Answer {
    let answer = app.post(EXECUTION, token, json!({"inputs": inputs})).await;
    schemas::check(if answer.status == 200 { "ticket" } else { "errors" }, &answer.body);
    answer
}

/// Opens the example's ticket and gives its place for agents.
async fn opened(app: &TestApp, token: &str) -> String {
    let answer = execute(app, token, ticket()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let events = app.events(1).await;
    let opened = events.iter().rev().find(|event| event.kind == "ticket.opened").unwrap();
    format!("/internal/v1/tickets/{}", opened.data.ticket_key)
}

/// The list of the example's leg.
fn items() -> String {
    format!("/collections/support-tickets/items?packageId={PACKAGE}&legId={LEG}")
}

/// One entry of an error.
fn error(status: u16, code: u16, kind: &str, title: &str, detail: &str) -> Value {
    json!({"errors": [{"errorcode": code, "type": kind, "title": title, "status": status, "detail": detail}]})
}

/// What is said of a ticket that is not there.
fn not_found() -> Value {
    error(404, 5204, "Not found", "Not found", "There is no ticket with this id.")
}
