//! Each change tells its events, in order, member by member.

use domain::Envelope;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{join, number, open, paths, start, write};

/// The events' types and data, without what all have in common.
fn told(events: &[Envelope]) -> Vec<(String, Value)> {
    events
        .iter()
        .map(|event| {
            let mut data = serde_json::to_value(&event.data).unwrap();
            for common in ["line", "ticketKey", "ticketId", "version", "lineStatus", "priority"] {
                assert!(data.as_object_mut().unwrap().remove(common).is_some(), "{common}");
            }
            (event.kind.clone(), data)
        })
        .collect()
}

fn event(kind: &str, data: Value) -> (String, Value) {
    (kind.to_owned(), data)
}

/// Sets the status as the desk does.
async fn set(app: &TestApp, agent: &str, status: &str) {
    let key = app.events(1).await[0].data.ticket_key;
    let answer = app.put(&format!("/internal/v1/tickets/{key}/status"), agent, json!({"status": status})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_ticket_is_told_in_order() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    app.put(&paths(&ticket).0, &agent, json!({"title": "secret title"})).await;
    join(&app, &ticket, &agent).await;
    let first = write(&app, &ticket, &agent, "secret words").await.body["id"].to_string();
    set(&app, &agent, "pending").await;
    let second = write(&app, &ticket, &customer, "more secret words").await.body["id"].to_string();
    let events = app.events(8).await;
    let (me, them) = (json!({"id": "user_123", "role": "customer"}), json!({"id": "agent_123", "role": "agent"}));
    let moved = |actor: &Value, from: &str, to: &str| {
        event(
            "ticket.status_changed",
            json!({"actor": actor, "status": to, "from": from, "to": to, "lineFrom": null, "lineTo": null}),
        )
    };
    assert_eq!(
        told(&events),
        [
            event("ticket.opened", json!({"actor": me, "status": "new", "requester": "user_123", "category": null})),
            event("ticket.updated", json!({"actor": them, "status": "new", "fields": ["title"]})),
            event("ticket.updated", json!({"actor": them, "status": "new", "fields": ["members"]})),
            moved(&them, "new", "open"),
            event("ticket.message_added", json!({"actor": them, "status": "open", "messageId": first})),
            moved(&them, "open", "pending"),
            event("ticket.message_added", json!({"actor": me, "status": "pending", "messageId": second})),
            moved(&me, "pending", "open"),
        ]
    );
    let id = ticket["id"].to_string();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.data.version, index as i64 + 1);
        assert_eq!(event.data.ticket_id, id);
        assert_eq!(
            (event.subject.clone(), event.source.as_str()),
            (format!("helpdesk/{id}"), "/crossdesk/helpdesk-conversation")
        );
        assert_eq!(event.partitionkey.as_str(), event.data.ticket_key.to_string());
        let state = event.data.state.clone().unwrap();
        assert_eq!((state.line_status, state.priority.as_str()), (None, "normal"));
    }
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("secret") && !text.contains("draft"), "events carry no personal data");
    assert_eq!(app.bus.published()[0].0, "helpdesk.ticket.opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_open_the_ticket_as_the_contract_says() {
    for (status, by_support, events) in [
        ("pending", false, 1),
        ("resolved", false, 1),
        ("closed", false, 1),
        ("open", false, 0),
        ("pending", true, 0),
        ("resolved", true, 0),
        ("closed", true, 0),
    ] {
        let (app, customer, agent) = start().await;
        let ticket = open(&app, &customer).await;
        join(&app, &ticket, &agent).await;
        if status != "open" {
            set(&app, &agent, status).await;
        }
        let before = app.database.count("SELECT count(*) FROM ticket_events").await;
        let sent = write(&app, &ticket, if by_support { &agent } else { &customer }, "m").await;
        assert_eq!(sent.status, 201, "a ticket is never read-only");
        let after = app.database.count("SELECT count(*) FROM ticket_events").await;
        assert_eq!(after - before, 1 + events, "{status}, by support: {by_support}");
        let is_open = app.database.count("SELECT count(*) FROM tickets WHERE status = 'open'").await == 1;
        assert_eq!(is_open, !by_support || status == "open", "{status}, by support: {by_support}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_support_opens_a_new_ticket() {
    let (app, _, agent) = start().await;
    let ticket = open(&app, &agent).await;
    write(&app, &ticket, &agent, "m").await;
    let kinds: Vec<String> = app.events(3).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.message_added", "ticket.status_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_customer_leaves_a_new_ticket_new() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    write(&app, &ticket, &customer, "m").await;
    assert_eq!(app.events(2).await[1].kind, "ticket.message_added");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets WHERE status = 'new' AND version = 2").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_marking_tell_nothing() {
    let (app, customer, agent) = start().await;
    number(&app, &agent).await;
    let ticket = open(&app, &customer).await;
    app.events(1).await;
    let id = app.get("/api/v1/notifications", &agent).await.body[0]["id"].clone();
    app.put(&format!("/api/v1/notifications/{id}"), &agent, json!({"unread": false})).await;
    app.get(&format!("{}/messages", paths(&ticket).1), &customer).await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}
