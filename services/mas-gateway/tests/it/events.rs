//! Each change tells its events, and neither they nor logs nor metrics tell who asked for what.

use reqwest::Method;
use serde_json::{Value, json};

use crate::log_book;
use crate::{Line, TICKETS, with};

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_request_is_told_as_documented() {
    let line = Line::start().await;
    let transaction = line.accepted("456").await;
    let event = line.app.events(1).await.remove(0);
    let told = serde_json::to_value(&event).unwrap();
    assert_eq!(
        told,
        json!({
            "specversion": "1.0", "id": event.id, "source": "/crossdesk/mas-gateway", "type": "ticket.opened",
            "subject": format!("mas/{transaction}"), "time": told["time"], "datacontenttype": "application/json",
            "dataschema": "urn:crossdesk:event:ticket.opened:1", "partitionkey": event.data.ticket_key,
            "sequence": "00000000000000000001", "traceparent": event.traceparent,
            "data": {
                "line": "mas", "ticketKey": event.data.ticket_key, "ticketId": transaction.to_string(), "version": 1,
                "actor": {"id": "Siebel_201", "role": "service"}, "status": "new", "lineStatus": "OPEN",
                "priority": "normal", "requester": null, "category": "RES",
            },
        })
    );
    assert_eq!(line.app.bus.published()[0].0, "mas.ticket.opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_have_no_gaps_and_nothing_is_told_twice() {
    let line = Line::start().await;
    let (_, place) = line.ticket("456").await;
    let set = async |what: &str, body: Value| line.app.put(&format!("{place}/{what}"), &line.agent, body).await.status;
    for (what, body) in [
        ("priority", json!({"priority": "normal"})),
        ("assignee", json!({"assignee": null})),
        ("status", json!({"status": "pending"})),
        ("status", json!({"status": "pending"})),
        ("priority", json!({"priority": "low"})),
        ("assignee", json!({"assignee": "agent_9"})),
        ("assignee", json!({"assignee": "agent_9"})),
    ] {
        assert_eq!(set(what, body).await, 200);
    }
    let events = line.app.events(4).await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.status_changed", "ticket.updated", "ticket.assigned"]);
    assert!(events.iter().enumerate().all(|(index, event)| event.data.version == index as i64 + 1));
    assert_eq!(line.app.database.count("SELECT count(*) FROM ticket_events").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_in_no_event_no_log_no_metric_and_no_error() {
    let log = log_book::open();
    let metrics = telemetry::init_metrics();
    let line = Line::start().await;
    line.attach().await;
    let canaries =
        ["Canaryname Person", "318273645", "canary@example.net", "canary-reason", "canary-description", "canary-reply"];
    let body = with(&[
        ("customer_id", Value::Null),
        ("reason", json!("canary-reason")),
        ("service.description", json!("canary-description")),
        ("requestor_info.name", json!("Canaryname Person")),
        ("requestor_info.phone", json!(318_273_645)),
        ("requestor_info.email", json!("canary@example.net")),
    ]);
    let transaction = line.post(TICKETS, "456", &body).await.body["transaction_id"].clone();
    let key = line.app.events(1).await[0].data.ticket_key;
    let place = format!("/internal/v1/tickets/{key}");
    line.app.post(&format!("{place}/messages"), &line.agent, json!({"body": "canary-reply"})).await;
    line.get(&format!("{TICKETS}/{transaction}")).await;
    let mut bad = body.clone();
    bad["requestor_info"]["phone"] = json!("+318273645");
    bad["requestor_info"]["email"] = json!(["canary@example.net"]);
    bad["reason"] = json!("canary-reason".repeat(100));
    let mut answers = vec![line.post(TICKETS, "456", &bad).await];
    answers.push(line.app.send(line.request(Method::PUT, TICKETS, "456").json(&body)).await);
    // A defect in the database, whose messages could quote a row.
    line.app.database.run("ALTER TABLE tickets ADD CONSTRAINT odd CHECK (tracking_id <> 'broken')").await;
    answers.push(line.post(TICKETS, "broken", &body).await);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [400, 405, 500]);
    let events = serde_json::to_string(&line.app.events(3).await).unwrap();
    let printed = metrics.render();
    assert!(printed.contains("crossdesk_http_requests_total") && log.has("a request failed"), "the test can see both");
    for canary in canaries {
        assert!(!events.contains(canary), "{canary} in an event");
        assert!(!printed.contains(canary), "{canary} in a metric");
        assert!(!log.has(canary), "{canary} in the log");
        assert!(answers.iter().all(|answer| !answer.text.contains(canary)), "{canary} in an error");
    }
    for number in ["104127993008", "104_127"] {
        assert!(!events.contains(number), "no customer number in an event");
    }
    let kept = "SELECT count(*) FROM ticket_events WHERE data::text ~ '[Cc]anary|318273645'";
    assert_eq!(line.app.database.count(kept).await, 0);
    let commands = line.app.bus.messages();
    let command: Value = serde_json::from_slice(&commands[0].body).unwrap();
    assert_eq!(command["requestor_info"]["name"], "Canaryname Person", "the one exception");
}
