//! The loan line through HTTP, on a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agents;
mod bad_input;
mod categories;
mod contract;
mod crash;
mod events;
mod idempotency;
mod list;
mod tickets;

use domain::Role;
use loan_support::LoanSupport;
use serde_json::{Value, json};
use testkit::TestApp;

/// A good request to open a ticket: the document's example.
fn draft() -> Value {
    json!({
        "subject": "Unable to make payment",
        "description": "I'm experiencing issues making a payment on my loan",
        "categoryId": "category_001",
        "priority": "High",
        "attachments": ["file_id_123"],
    })
}

/// A running service, and a customer's and an agent's token.
async fn start() -> (TestApp, String, String) {
    let app = TestApp::start::<LoanSupport>().await;
    let (customer, agent) = (app.token("user_123", Role::Customer), app.token("agent_123", Role::Agent));
    (app, customer, agent)
}

/// Opens a ticket and gives its path.
async fn opened(app: &TestApp, customer: &str) -> String {
    let answer = app.post("/support/tickets", customer, draft()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    format!("/support/tickets/{}", answer.body["data"]["ticketId"].as_str().unwrap())
}

/// The line's error body.
fn error(status: u16, message: &str) -> Value {
    json!({"success": false, "statusCode": status, "data": null, "error": {"message": message}})
}
