//! The MAS line through HTTP, on a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agents;
mod bad_input;
mod bridge;
mod broker;
mod command;
mod config;
mod contract;
mod crash;
mod events;
mod headers;
mod idempotency;
mod log_book;
mod reads;
mod requests;
mod results;
mod simulator;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Role;
use mas_gateway::MasGateway;
use messaging::bus::Bus as _;
use messaging::topology::Queue;
use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::{Answer, Builder, TestApp};

/// The tickets of the document's customer.
const TICKETS: &str = "/api/v1/customers/104127993008/tickets";

/// The document's user with two profiles, and another system with one of its own and one that they share.
static CLIENTS: LazyLock<String> = LazyLock::new(|| {
    let hash = |password: &str| auth::basic::hash(&SecretString::from(password)).unwrap();
    json!([
        {"name": "ocsuser", "password_hash": hash("ocsuser"), "profiles": ["Siebel_201", "Siebel_202"]},
        {"name": "mdm", "password_hash": hash("mdm:other"), "profiles": ["MDM_7", "Siebel_201"]},
    ])
    .to_string()
});

/// A running service with its clients.
struct Line {
    app: TestApp,
    agent: String,
}

impl Line {
    async fn start() -> Self {
        Self::with(TestApp::builder()).await
    }

    async fn with(builder: Builder) -> Self {
        let app = builder.setting("CROSSDESK__MAS__CLIENTS", &CLIENTS).start::<MasGateway>().await;
        let agent = app.token("agent_123", Role::Agent);
        Self { app, agent }
    }

    /// A request of the document's user.
    fn request(&self, method: Method, path: &str, tracking_id: &str) -> RequestBuilder {
        let request = self.app.request(method, path).header("Authorization", basic("ocsuser", "ocsuser"));
        request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", tracking_id)
    }

    async fn get(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::GET, path, "457")).await
    }

    async fn post(&self, path: &str, tracking_id: &str, body: &Value) -> Answer {
        self.app.send(self.request(Method::POST, path, tracking_id).json(body)).await
    }

    /// Makes the document's request and gives its transaction.
    async fn accepted(&self, tracking_id: &str) -> i64 {
        let answer = self.post(TICKETS, tracking_id, &draft()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["transaction_id"].as_i64().unwrap()
    }

    /// The only ticket as its clients read it.
    async fn detail(&self, transaction: i64) -> Value {
        let answer = self.get(&format!("{TICKETS}/{transaction}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["tickets"][0].clone()
    }

    /// Makes a request and gives its transaction and its path for agents.
    async fn ticket(&self, tracking_id: &str) -> (i64, String) {
        let transaction = self.accepted(tracking_id).await;
        let key = testkit::eventually("the ticket's first event", async || {
            let published = self.app.bus.published();
            let opened = published.into_iter().find(|(_, event)| event.data.ticket_id == transaction.to_string());
            opened.map(|(_, event)| event.data.ticket_key)
        })
        .await;
        (transaction, format!("/internal/v1/tickets/{key}"))
    }

    /// Attaches a MAS integration that takes every command, so that they count as delivered.
    async fn attach(&self) {
        let mut commands = self.app.bus.subscribe(Queue::MasResumeRequests, 10).await.unwrap();
        tokio::spawn(async move {
            while let Some(command) = commands.next().await {
                command.ack().await;
            }
        });
    }
}

/// The value of an `Authorization` header.
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The document's request.
fn draft() -> Value {
    json!({
        "customer_id": 104_127_993_008_i64,
        "reason_code": "RES",
        "reason": "Resume Service",
        "dispatch_date_time": "2016-03-22T11:50:35.000Z",
        "service": {"id": "1", "code": "6FL", "description": "6 Yard FEL"},
        "requestor_info": {"name": "TESTMAN1", "phone": 9_874_564_566_i64, "email": "abc@example.com"},
        "assigned_to_user": "CSR1",
    })
}

/// The document's request with other members, named by their path.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut body = draft();
    for (path, value) in changes {
        match path.split_once('.') {
            Some((object, member)) => body[object][member] = value.clone(),
            None => body[*path] = value.clone(),
        }
    }
    body
}

/// The line's error body.
fn error(status: u16, message: &str, problems: &[&str], tracking_id: &str) -> Value {
    let problems: Vec<Value> = problems.iter().map(|problem| json!({"message": problem})).collect();
    json!({
        "error": {"code": status.to_string(), "message": message, "errors": problems},
        "request_tracking_id": tracking_id,
    })
}
