//! Each change tells its events, in order.

use domain::Envelope;
use serde_json::{Value, json};

use crate::{TICKET, execute, opened, start, ticket, with};

fn kinds(events: &[Envelope]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

fn data(event: &Envelope) -> Value {
    serde_json::to_value(event).unwrap()["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_tells_who_asked_and_for_what() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, with(json!({"priority": "QUESTION"}))).await;
    let events = app.events(1).await;
    let event = serde_json::to_value(&events[0]).unwrap();
    let key = event["partitionkey"].clone();
    assert_eq!(
        event["data"],
        json!({"line": "mobility", "ticketKey": key, "ticketId": TICKET, "version": 1,
            "actor": {"id": "mp-amsterdam", "role": "customer"}, "status": "new", "lineStatus": "ISSUE_REQUESTED",
            "priority": "low", "requester": "mp-amsterdam", "category": "BROKEN_DOWN"})
    );
    assert_eq!(event["type"], "ticket.opened");
    assert_eq!(event["source"], "/crossdesk/mobility-support");
    assert_eq!(event["subject"], format!("mobility/{TICKET}"));
    assert_eq!(event["sequence"], "00000000000000000001");
    assert_eq!(app.bus.published()[0].0, "mobility.ticket.opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_with_another_time_is_an_update_and_a_close() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    let inputs = with(json!({"status": "ISSUE_REVOKED", "timestamp": "2024-01-15T10:45:00Z", "comment": "secret"}));
    execute(&app, &provider, inputs).await;
    let events = app.events(3).await;
    assert_eq!(kinds(&events), ["ticket.opened", "ticket.updated", "ticket.closed"]);
    let (updated, closed) = (data(&events[1]), data(&events[2]));
    assert_eq!(updated["fields"], json!(["timestamp", "comment"]));
    assert_eq!((&updated["status"], &updated["lineStatus"]), (&json!("new"), &json!("ISSUE_REQUESTED")));
    assert_eq!((&closed["status"], &closed["lineStatus"]), (&json!("closed"), &json!("ISSUE_REVOKED")));
    assert_eq!(
        (&closed["from"], &closed["lineFrom"], &closed["lineTo"]),
        (&json!("new"), &json!("ISSUE_REQUESTED"), &json!("ISSUE_REVOKED"))
    );
    let versions: Vec<i64> = events.iter().map(|event| event.data.version).collect();
    assert_eq!(versions, [1, 2, 3]);
    let text = serde_json::to_string(&events).unwrap();
    for personal in ["secret", "GPS", "TI:AMS"] {
        assert!(!text.contains(personal), "events carry no personal data: {personal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_status_alone_is_one_event() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    execute(&app, &provider, with(json!({"status": "ISSUE_RESOLVED"}))).await;
    let events = app.events(2).await;
    assert_eq!(kinds(&events), ["ticket.opened", "ticket.status_changed"]);
    let changed = data(&events[1]);
    assert_eq!((&changed["from"], &changed["to"]), (&json!("new"), &json!("resolved")));
    assert_eq!((&changed["lineFrom"], &changed["lineTo"]), (&json!("ISSUE_REQUESTED"), &json!("ISSUE_RESOLVED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_tells_nothing() {
    let (app, provider, _) = start().await;
    for _ in 0..3 {
        execute(&app, &provider, ticket()).await;
    }
    execute(&app, &provider, with(json!({"status": "ISSUE_OPEN"}))).await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM executions").await, 1, "what was refused is not remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_do_is_told_with_the_agent_as_actor() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    app.post(&format!("{place}/messages"), &agent, json!({"body": "Coming"})).await;
    app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "urgent"})).await;
    app.put(&format!("{place}/expected-resolution"), &agent, json!({"minutes": 20})).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "closed"})).await;
    let events = app.events(8).await;
    assert_eq!(
        kinds(&events),
        [
            "ticket.opened",
            "ticket.message_added",
            "ticket.status_changed",
            "ticket.assigned",
            "ticket.updated",
            "ticket.updated",
            "ticket.status_changed",
            "ticket.closed"
        ]
    );
    assert!(events[1..].iter().all(|event| data(event)["actor"] == json!({"id": "agent_123", "role": "agent"})));
    assert_eq!(data(&events[1])["lineStatus"], "ISSUE_REQUESTED", "before the next event of the same operation");
    assert_eq!(data(&events[4])["fields"], json!(["priority"]));
    assert_eq!(data(&events[4])["priority"], "urgent");
    assert_eq!(data(&events[5])["fields"], json!(["timeToResolution"]));
    let closed = data(&events[7]);
    assert_eq!((&closed["lineFrom"], &closed["lineTo"]), (&json!("ISSUE_RESOLVED"), &json!("ISSUE_RESOLVED")));
}
