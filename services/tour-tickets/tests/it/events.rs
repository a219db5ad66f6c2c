//! Each change tells its events, in order, with ids and enums only.

use domain::{Envelope, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{TICKETS, draft, guest, opened, opened_by_guest, send, start, with};

/// What an event says beyond what all events of the ticket say.
fn told(event: &Envelope) -> (String, Value) {
    let mut data = serde_json::to_value(&event.data).unwrap();
    let members = data.as_object_mut().unwrap();
    assert_eq!(members.remove("line"), Some(json!("tours")));
    assert_eq!(members.remove("ticketId"), Some(json!("1")));
    assert_eq!(members.remove("ticketKey"), Some(json!(event.partitionkey.as_str())));
    assert_eq!(members.remove("priority"), Some(json!("normal")));
    assert_eq!(event.subject, "tours/1");
    assert_eq!(event.source, "/crossdesk/tour-tickets");
    (event.kind.clone(), data)
}

async fn kinds(app: &TestApp, count: usize) -> Vec<String> {
    app.events(count).await.into_iter().map(|event| event.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_customer_s_ticket_is_told_member_by_member() {
    let app = start().await;
    let customer = app.token("user_123", Role::Customer);
    let path = opened(&app, &customer, draft()).await;
    let mut body = with("status", "IN_PROGRESS");
    body["message"] = json!("secret words");
    body["roleContext"] = json!("GUIDE");
    app.put(&path, &customer, body.clone()).await;
    body["status"] = json!("CLOSED");
    app.put(&path, &customer, body).await;
    send(&app, Method::DELETE, &path, &customer).await;
    let events = app.events(5).await;
    let actor = json!({"id": "user_123", "role": "customer"});
    let expected = [
        (
            "ticket.opened",
            json!({"version": 1, "actor": actor, "status": "new", "lineStatus": "OPEN", "requester": "user_123",
                "category": "RESERVAS_VIAJES"}),
        ),
        (
            "ticket.updated",
            json!({"version": 2, "actor": actor, "status": "new", "lineStatus": "OPEN",
                "fields": ["roleContext", "message"]}),
        ),
        (
            "ticket.status_changed",
            json!({"version": 3, "actor": actor, "status": "open", "lineStatus": "IN_PROGRESS", "from": "new",
                "to": "open", "lineFrom": "OPEN", "lineTo": "IN_PROGRESS"}),
        ),
        (
            "ticket.closed",
            json!({"version": 4, "actor": actor, "status": "closed", "lineStatus": "CLOSED", "from": "open",
                "lineFrom": "IN_PROGRESS", "lineTo": "CLOSED"}),
        ),
        ("ticket.deleted", json!({"version": 5, "actor": actor, "status": "closed", "lineStatus": "CLOSED"})),
    ];
    let found: Vec<(String, Value)> = events.iter().map(told).collect();
    assert_eq!(found, expected.map(|(kind, data)| (kind.to_owned(), data)));
    let text = serde_json::to_string(&events).unwrap();
    for personal in ["secret", "María", "example.com", "booking"] {
        assert!(!text.contains(personal), "events carry no personal data: {personal}");
    }
    let keys: Vec<String> = app.bus.published().into_iter().map(|(key, _)| key).collect();
    assert_eq!((keys[0].as_str(), keys[4].as_str()), ("tours.ticket.opened", "tours.ticket.deleted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_s_ticket_has_no_requester_and_starts_where_it_starts() {
    let app = start().await;
    let mut body = with("status", "RESOLVED");
    body["userId"] = json!(42);
    let path = opened_by_guest(&app, body).await;
    guest(&app, Method::DELETE, &path, None).await;
    let events = app.events(2).await;
    let actor = json!({"id": null, "role": "guest"});
    let opened = json!({"version": 1, "actor": actor, "status": "resolved", "lineStatus": "RESOLVED",
        "requester": null, "category": "RESERVAS_VIAJES"});
    assert_eq!(told(&events[0]), ("ticket.opened".to_owned(), opened));
    let deleted = json!({"version": 2, "actor": actor, "status": "resolved", "lineStatus": "RESOLVED"});
    assert_eq!(told(&events[1]), ("ticket.deleted".to_owned(), deleted));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_changed_member_is_named_by_the_name_it_has_on_the_line() {
    let app = start().await;
    let path = opened_by_guest(&app, draft()).await;
    let body = json!({"userId": 9, "roleContext": "GUIDE", "fullName": "x", "email": "x", "subject": "x",
        "category": "OTRO", "message": "x", "status": "OPEN"});
    guest(&app, Method::PUT, &path, Some(body)).await;
    let fields = ["userId", "roleContext", "fullName", "email", "subject", "category", "message"];
    assert_eq!(told(&app.events(2).await[1]).1["fields"], json!(fields));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_that_changes_nothing_moves_updated_at_and_tells_nothing() {
    let app = start().await;
    let path = opened_by_guest(&app, with("updatedAt", "2020-01-01T00:00:00")).await;
    let before = guest(&app, Method::GET, &path, None).await;
    let answer = guest(&app, Method::PUT, &path, Some(draft())).await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.body["updatedAt"], before.body["updatedAt"]);
    assert_eq!(guest(&app, Method::GET, &path, None).await.text, answer.text, "it is stored");
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    guest(&app, Method::PUT, &path, Some(with("status", "CLOSED"))).await;
    assert_eq!(kinds(&app, 2).await, ["ticket.opened", "ticket.closed"], "no gap in the versions either");
    assert_eq!(app.events(2).await[1].data.version, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn reopening_is_a_change_of_status() {
    let app = start().await;
    let path = opened_by_guest(&app, with("status", "CLOSED")).await;
    guest(&app, Method::PUT, &path, Some(draft())).await;
    assert_eq!(kinds(&app, 2).await, ["ticket.opened", "ticket.status_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_tell_nothing() {
    let app = start().await;
    let customer = app.token("42", Role::Customer);
    let path = opened(&app, &customer, draft()).await;
    app.put(&path, &customer, with("userId", 43)).await;
    app.post(TICKETS, &customer, with("userId", 43)).await;
    app.put(&path, &app.token("stranger", Role::Customer), draft()).await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}
