//! The command to MAS, as it leaves the outbox (events, section 6.1).

use domain::Clock as _;
use jsonschema::Validator;
use messaging::bus::Message;
use messaging::topology::Exchange;
use serde_json::{Value, json};

use crate::{Line, TICKETS, draft, with};

/// The schema of the document.
pub(crate) fn schema() -> Validator {
    let text = |max: u32| json!({"type": ["string", "null"], "maxLength": max});
    let needed = |max: u32| json!({"type": "string", "minLength": 1, "maxLength": max});
    let time =
        json!({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"});
    let members = json!({
        "schema": {"const": "crossdesk.mas.resume-request/1"},
        "transaction_id": {"type": "integer", "minimum": 1, "maximum": 9_007_199_254_740_991_i64},
        "request_tracking_id": needed(128),
        "profile_id": needed(100),
        "customer_id": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "reason_code": needed(20),
        "reason": text(200),
        "dispatch_date_time": time,
        "service": {
            "type": "object",
            "required": ["id", "code", "description"],
            "properties": {"id": text(50), "code": needed(20), "description": text(200)},
        },
        "requestor_info": {
            "type": "object",
            "required": ["name", "phone", "email"],
            "properties": {
                "name": needed(100),
                "phone": {"type": ["string", "null"], "pattern": "^[0-9]{1,18}$"},
                "email": text(254),
            },
        },
        "assigned_to_user": text(100),
        "accepted_at": time,
    });
    let required: Vec<&String> = members.as_object().unwrap().keys().collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:crossdesk:mas:resume-request:1",
        "type": "object",
        "required": required,
        "properties": members,
    });
    jsonschema::validator_for(&schema).unwrap()
}

/// The commands that were delivered, when there are so many.
async fn commands(line: &Line, count: usize) -> Vec<Message> {
    testkit::eventually(&format!("{count} commands"), async || {
        let messages = line.app.bus.messages();
        (messages.len() >= count).then_some(messages)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_request_becomes_one_command_with_the_documented_properties() {
    let line = Line::start().await;
    line.attach().await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = line.request(reqwest::Method::POST, TICKETS, "456").header("traceparent", parent);
    assert_eq!(line.app.send(request.json(&draft())).await.status, 200);
    let command = commands(&line, 1).await.remove(0);
    let body: Value = serde_json::from_slice(&command.body).unwrap();
    assert_eq!((command.exchange, command.routing_key.as_str()), (Exchange::MasCommands, "resume-request"));
    let properties = command.properties;
    assert_eq!(properties.message_id.to_string(), "5e3b4036-7ca2-5e02-b4e3-d1822369bc95");
    assert_eq!((properties.kind.as_str(), properties.app_id.as_str()), ("mas.resume-request", "mas-gateway"));
    assert_eq!(properties.content_type, "application/json");
    assert_eq!(properties.correlation_id.as_deref(), Some("100000457"));
    assert_eq!(properties.reply_to.as_deref(), Some("mas.resume-results"));
    let accepted = properties.timestamp.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    assert_eq!(body["accepted_at"], accepted);
    assert_eq!(properties.headers.len(), 1);
    let (name, traceparent) = &properties.headers[0];
    assert!(name == "traceparent" && traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    let event = line.app.events(1).await.remove(0);
    assert_eq!(&event.traceparent, traceparent, "one trace from the request to both");
    let expected = json!({
        "schema": "crossdesk.mas.resume-request/1",
        "transaction_id": 100_000_457,
        "request_tracking_id": "456",
        "profile_id": "Siebel_201",
        "customer_id": "104127993008",
        "reason_code": "RES",
        "reason": "Resume Service",
        "dispatch_date_time": "2016-03-22T11:50:35.000Z",
        "service": {"id": "1", "code": "6FL", "description": "6 Yard FEL"},
        "requestor_info": {"name": "TESTMAN1", "phone": "9874564566", "email": "abc@example.com"},
        "assigned_to_user": "CSR1",
        "accepted_at": accepted,
    });
    assert_eq!(body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_keeps_the_schema_whatever_was_sent() {
    let line = Line::start().await;
    line.attach().await;
    let schema = schema();
    let minimal = json!({
        "reason_code": "R", "dispatch_date_time": "2016-03-22T11:50:35.123987-05:00",
        "service": {"code": "6"}, "requestor_info": {"name": "T"},
    });
    let largest = with(&[
        ("customer_id", Value::Null),
        ("reason_code", json!("é".repeat(20))),
        ("reason", json!("é".repeat(200))),
        ("dispatch_date_time", json!("9999-12-31T23:59:59.999999999Z")),
        ("service.id", json!("é".repeat(50))),
        ("requestor_info.phone", json!("000000000000000000")),
        ("requestor_info.email", json!("é".repeat(254))),
        ("assigned_to_user", json!("é".repeat(100))),
    ]);
    let long_id = "x".repeat(128);
    for (path, tracking_id, body, member, expected) in [
        (TICKETS, "1", &minimal, "dispatch_date_time", json!("2016-03-22T16:50:35.123Z")),
        (
            "/api/v1/customers/000000000000000007/tickets",
            &long_id,
            &largest,
            "customer_id",
            json!("000000000000000007"),
        ),
        (
            TICKETS,
            "3",
            &with(&[("service.id", json!(7))]),
            "service",
            json!({"id": "7", "code": "6FL", "description": "6 Yard FEL"}),
        ),
        (TICKETS, "4", &with(&[("requestor_info.phone", json!("0987"))]), "request_tracking_id", json!("4")),
    ] {
        let transaction = line.post(path, tracking_id, body).await.body["transaction_id"].clone();
        let command = testkit::eventually("the command", async || {
            let bodies =
                line.app.bus.messages().into_iter().map(|message| serde_json::from_slice::<Value>(&message.body));
            bodies.flatten().find(|body| body["transaction_id"] == transaction)
        })
        .await;
        let problems: Vec<String> = schema.iter_errors(&command).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{command}: {problems:?}");
        assert_eq!(command[member], expected);
    }
    let without: Vec<Value> =
        line.app.bus.messages().iter().map(|message| serde_json::from_slice(&message.body).unwrap()).collect();
    let minimal = without.iter().find(|command| command["request_tracking_id"] == "1").unwrap();
    assert_eq!(minimal["service"], json!({"id": null, "code": "6", "description": null}));
    assert_eq!(minimal["requestor_info"], json!({"name": "T", "phone": null, "email": null}));
    assert_eq!((&minimal["reason"], &minimal["assigned_to_user"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_schema_of_these_tests_can_refuse() {
    let schema = schema();
    let good = json!({"schema": "crossdesk.mas.resume-request/1"});
    assert!(!schema.is_valid(&good));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_as_long_as_no_integration_is_attached() {
    let line = Line::start().await;
    let (_, place) = line.ticket("456").await;
    let delivery = |snapshot: &Value| snapshot["line_fields"]["delivery"].clone();
    assert_eq!(delivery(&line.app.get(&place, &line.agent).await.body), "waiting");
    line.attach().await;
    let snapshot = testkit::eventually("the command is queued", async || {
        let snapshot = line.app.get(&place, &line.agent).await.body;
        (delivery(&snapshot) == "queued").then_some(snapshot)
    })
    .await;
    let queued_at: chrono::DateTime<chrono::Utc> =
        snapshot["line_fields"]["queued_at"].as_str().unwrap().parse().unwrap();
    assert!((domain::SystemClock.now() - queued_at).num_minutes() < 5);
    assert_eq!(line.app.bus.messages().len(), 1, "once");
}
