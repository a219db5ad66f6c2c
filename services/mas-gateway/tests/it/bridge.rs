//! The bridge, between a queue and a MAS.

mod breaker;
mod burst;
mod crash;
mod delivery;
mod duplicates;
mod operators;
mod privacy;
mod refusals;
mod retries;

use std::sync::Arc;

use mas_gateway::bridge::MasBridge;
use messaging::bus::{Bus, Message, Properties};
use messaging::topology::{Exchange, Queue};
use serde_json::{Value, json};
use testkit::{Builder, TestApp, eventually};
use uuid::Uuid;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, Request, ResponseTemplate};

/// The document's example, word for word.
pub(crate) const EXAMPLE: &str = r#"{"schema":"crossdesk.mas.resume-request/1","transaction_id":100000457,"request_tracking_id":"456","profile_id":"Siebel_201","customer_id":"104127993008","reason_code":"RES","reason":"Resume Service","dispatch_date_time":"2016-03-22T11:50:35.000Z","service":{"id":"1","code":"6FL","description":"6 Yard FEL"},"requestor_info":{"name":"TESTMAN1","phone":"9874564566","email":"abc@example.com"},"assigned_to_user":"CSR1","accepted_at":"2016-03-22T11:45:00.000Z"}"#;

/// The trace that the example's message carries.
pub(crate) const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A command like the example, with this transaction id.
pub(crate) fn command(transaction_id: i64) -> Value {
    let mut command: Value = serde_json::from_str(EXAMPLE).unwrap();
    command["transaction_id"] = json!(transaction_id);
    command
}

/// A message as mas-gateway publishes it.
pub(crate) fn message(body: &[u8]) -> Message {
    Message {
        exchange: Exchange::MasCommands,
        routing_key: "resume-request".to_owned(),
        properties: Properties {
            message_id: Uuid::from_u128(1),
            kind: "mas.resume-request".to_owned(),
            app_id: "mas-gateway".to_owned(),
            timestamp: chrono::DateTime::UNIX_EPOCH,
            content_type: "application/json".to_owned(),
            correlation_id: None,
            reply_to: Some("mas.resume-results".to_owned()),
            headers: vec![("traceparent".to_owned(), TRACE.to_owned())],
        },
        body: body.into(),
    }
}

/// Queues a command and waits until the bridge has acked it.
pub(crate) async fn queue(app: &TestApp, transaction_id: i64) {
    queue_body(app, &command(transaction_id).to_string()).await;
}

/// Queues a message and waits until the bridge has answered for it. The first may come before the bridge reads.
pub(crate) async fn queue_body(app: &TestApp, body: &str) {
    eventually("a reader", async || app.bus.publish(message(body.as_bytes())).await.ok()).await;
}

/// A bridge that is impatient, to be started in front of `mas`.
pub(crate) fn impatient(mas: &str) -> Builder {
    TestApp::builder()
        .address("mas-simulator", mas)
        .setting("CROSSDESK__MAS__BRIDGE__RETRY_BASE_MS", "20")
        .setting("CROSSDESK__MAS__BRIDGE__RETRY_CAP_MS", "100")
        .setting("CROSSDESK__MAS__BRIDGE__BREAKER_PAUSE_MS", "50")
        .setting("CROSSDESK__MAS__BRIDGE__BREAKER_LONGEST_PAUSE_MS", "100")
}

/// A bridge in front of `mas`, and a reader of what it publishes.
pub(crate) async fn start(builder: Builder) -> TestApp {
    let app = builder.start::<MasBridge>().await;
    read_results(app.bus.as_ref()).await;
    app
}

/// Takes results from the queue as mas-gateway would, so that publishing them is confirmed.
pub(crate) async fn read_results(bus: &dyn Bus) {
    let mut results = bus.subscribe(Queue::MasResumeResults, 100).await.unwrap();
    tokio::spawn(async move {
        while let Some(delivery) = results.next().await {
            delivery.ack().await;
        }
    });
}

/// The results that were published so far.
pub(crate) fn results(app: &TestApp) -> Vec<Message> {
    app.bus.messages().into_iter().filter(|message| message.exchange == Exchange::MasResults).collect()
}

/// Waits until so many results were published.
pub(crate) async fn published(app: &TestApp, count: usize) -> Vec<Message> {
    eventually(&format!("{count} results"), async || {
        let results = results(app);
        (results.len() >= count).then_some(results)
    })
    .await
}

/// Waits until so many requests are in a state.
pub(crate) async fn in_state(app: &TestApp, count: i64, query: &'static str) {
    eventually(&format!("{count} by {query}"), async || (app.database.count(query).await == count).then_some(())).await;
}

pub(crate) const PENDING: &str = "SELECT count(*) FROM resume_requests WHERE state = 'pending'";
pub(crate) const DONE: &str = "SELECT count(*) FROM resume_requests WHERE state = 'done'";
pub(crate) const DEAD: &str = "SELECT count(*) FROM resume_requests WHERE state = 'dead'";

/// A request to MAS.
pub(crate) fn resume() -> MockBuilder {
    Mock::given(method("POST")).and(path("/resume-requests"))
}

/// The same for one transaction.
pub(crate) fn resume_of(transaction_id: i64) -> MockBuilder {
    resume().and(header("idempotency-key", transaction_id.to_string()))
}

pub(crate) fn completed() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"outcome": "completed", "detail": "Service resumed"}))
}

/// A MAS that gives the same answer to everything.
pub(crate) async fn mas_that_answers(answer: ResponseTemplate) -> MockServer {
    let mas = MockServer::start().await;
    resume().respond_with(answer).mount(&mas).await;
    mas
}

pub(crate) async fn asked(mas: &MockServer) -> Vec<Request> {
    mas.received_requests().await.unwrap()
}

pub(crate) fn body_of(message: &Message) -> &str {
    std::str::from_utf8(&message.body).unwrap()
}

/// A bus that others share.
pub(crate) type SharedBus = Arc<dyn Bus>;
