//! The agent's side, as the desk uses it.

use domain::{Line, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{draft, guest, opened, opened_by_guest, start, with};

/// The ticket that was opened last, for agents.
async fn place(app: &TestApp, number: usize) -> String {
    format!("/internal/v1/tickets/{}", app.events(number).await[number - 1].data.ticket_key)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_whole_ticket() {
    let app = start().await;
    let agent = app.token("agent_123", Role::Agent);
    opened(&app, &app.token("42", Role::Customer), with("createdAt", "2026-03-11T10:30:00.5")).await;
    let seen = app.get(&place(&app, 1).await, &agent).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!((&seen.body["line"], &seen.body["ticket_id"]), (&json!("tours"), &json!("1")));
    assert_eq!((&seen.body["status"], &seen.body["line_status"]), (&json!("new"), &json!("OPEN")));
    assert_eq!((&seen.body["priority"], &seen.body["assignee"]), (&json!("normal"), &Value::Null));
    assert_eq!((&seen.body["subject"], &seen.body["requester"]), (&draft()["subject"], &json!("42")));
    assert_eq!(seen.body["description"], draft()["message"]);
    let fields = json!({"roleContext": "TOURIST", "fullName": "María González", "email": "maria@example.com",
        "category": "RESERVAS_VIAJES", "userId": 42, "userIdIsClaim": false, "createdAt": "2026-03-11T10:30:00.5"});
    assert_eq!(seen.body["line_fields"], fields);
    assert_eq!(app.get(&place(&app, 1).await, &app.token("42", Role::Customer)).await.status, 200, "so does its owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_kept_opens_the_ticket_and_happens_once() {
    let app = start().await;
    let agent = app.token("agent_123", Role::Agent);
    let path = opened_by_guest(&app, with("updatedAt", "2020-01-01T00:00:00")).await;
    let place = place(&app, 1).await;
    for _ in 0..2 {
        let request = app.request(Method::POST, &format!("{place}/messages")).bearer_auth(&agent);
        let body = json!({"body": "Hola, María", "attachments": ["file_1"]});
        let answer = app.send(request.json(&body).header("Idempotency-Key", "r1")).await;
        assert_eq!((answer.status, &answer.body["status"], &answer.body["version"]), (200, &json!("open"), &json!(3)));
    }
    let ticket = guest(&app, Method::GET, &path, None).await.body;
    assert_eq!(ticket["status"], "IN_PROGRESS");
    let updated_at = ticket["updatedAt"].as_str().unwrap();
    assert!(updated_at > "2026" && !updated_at.contains('.'), "{updated_at}");
    let seen = app.get(&place, &agent).await.body;
    assert_eq!(seen["messages"].as_array().map(Vec::len), Some(1));
    let message = &seen["messages"][0];
    assert_eq!((&message["author"], &message["body"]), (&json!("agent_123"), &json!("Hola, María")));
    assert_eq!(message["attachments"], json!(["file_1"]));
    let events = app.events(3).await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.message_added", "ticket.status_changed"]);
    let added = serde_json::to_value(&events[1].data).unwrap();
    assert_eq!((&added["messageId"], &added["status"]), (&message["id"], &json!("new")));
    assert_eq!(added["actor"], json!({"id": "agent_123", "role": "agent"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_has_the_newest_500_replies_oldest_first() {
    let app = start().await;
    let customer = app.token("42", Role::Customer);
    opened(&app, &customer, draft()).await;
    app.database
        .run(
            "INSERT INTO replies SELECT gen_random_uuid(), ticket_id, 'agent_123', 'reply ' || number, '{}', \
             now() + number * interval '1 second' FROM tickets, generate_series(1, 502) AS number",
        )
        .await;
    let seen = app.get(&place(&app, 1).await, &customer).await;
    let bodies: Vec<&str> =
        seen.body["messages"].as_array().unwrap().iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, (3..=502).map(|number| format!("reply {number}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_ticket_takes_a_reply_and_stays_closed() {
    let app = start().await;
    let agent = app.token("agent_123", Role::Agent);
    let path = opened_by_guest(&app, with("status", "CLOSED")).await;
    let answer = app.post(&format!("{}/messages", place(&app, 1).await), &agent, json!({"body": "One more"})).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("closed")));
    assert_eq!(guest(&app, Method::GET, &path, None).await.body["status"], "CLOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_set_the_status_and_the_line_shows_the_nearest_word() {
    let app = start().await;
    let agent = app.token("agent_123", Role::Agent);
    let path = opened_by_guest(&app, with("updatedAt", "2020-01-01T00:00:00")).await;
    let place = place(&app, 1).await;
    for (status, word) in [
        ("pending", "IN_PROGRESS"),
        ("open", "IN_PROGRESS"),
        ("resolved", "RESOLVED"),
        ("closed", "CLOSED"),
        ("open", "IN_PROGRESS"),
    ] {
        let head = app.put(&format!("{place}/status"), &agent, json!({"status": status})).await;
        assert_eq!((head.status, &head.body["line_status"]), (200, &json!(word)), "{status}");
        let ticket = guest(&app, Method::GET, &path, None).await.body;
        assert_eq!(ticket["status"], word);
        assert_ne!(ticket["updatedAt"], "2020-01-01T00:00:00");
    }
    for illegal in ["new"] {
        let refused = app.put(&format!("{place}/status"), &agent, json!({"status": illegal})).await;
        assert_eq!((refused.status, &refused.body["code"]), (409, &json!("illegal-in-current-state")));
    }
    app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    let refused = app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    assert_eq!(refused.status, 409, "a resolved ticket waits for nobody");
    // A client's word leaves a pending ticket pending.
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    guest(&app, Method::PUT, &path, Some(with("status", "IN_PROGRESS"))).await;
    assert_eq!(app.get(&place, &agent).await.body["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn priority_and_assignee_are_the_desk_s_alone() {
    let app = start().await;
    let agent = app.token("agent_123", Role::Agent);
    let path = opened_by_guest(&app, with("updatedAt", "2020-01-01T00:00:00")).await;
    let place = place(&app, 1).await;
    let before = guest(&app, Method::GET, &path, None).await.text;
    let head = app.put(&format!("{place}/priority"), &agent, json!({"priority": "urgent"})).await;
    assert_eq!(head.body["priority"], "urgent");
    let head = app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    assert_eq!((&head.body["assignee"], &head.body["version"]), (&json!("agent_9"), &json!(3)));
    assert_eq!(guest(&app, Method::GET, &path, None).await.text, before, "the line shows neither");
    app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "urgent"})).await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 3, "nothing changed, nothing told");
    // A client's replacement leaves them as they are.
    guest(&app, Method::PUT, &path, Some(with("subject", "Another"))).await;
    let seen = app.get(&place, &agent).await.body;
    assert_eq!((&seen["priority"], &seen["assignee"]), (&json!("urgent"), &json!("agent_9")));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_agents_of_other_lines_and_customers_manage_nothing() {
    let app = start().await;
    let customer = app.token("42", Role::Customer);
    opened(&app, &customer, draft()).await;
    let place = place(&app, 1).await;
    let stranger = app.token("stranger", Role::Customer);
    let elsewhere = app.tokens.for_lines("agent_2", Role::Agent, &[Line::Loan]);
    let requests: [(&str, &str, Value); 5] = [
        ("GET", "", Value::Null),
        ("POST", "/messages", json!({"body": "m"})),
        ("PUT", "/status", json!({"status": "closed"})),
        ("PUT", "/priority", json!({"priority": "low"})),
        ("PUT", "/assignee", json!({"assignee": "agent_2"})),
    ];
    for (method, suffix, body) in &requests {
        for (who, token) in [("stranger", Some(&stranger)), ("elsewhere", Some(&elsewhere)), ("guest", None)] {
            let mut request = app.request(method.parse().unwrap(), &format!("{place}{suffix}")).json(body);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let expected = if who == "guest" { 401 } else { 404 };
            assert_eq!(app.send(request).await.status, expected, "{who} {method} {suffix}");
        }
    }
    assert_eq!(app.post(&format!("{place}/messages"), &customer, json!({"body": "m"})).await.status, 403);
    for (_, suffix, body) in &requests[2..] {
        assert_eq!(app.put(&format!("{place}{suffix}"), &customer, body.clone()).await.status, 403, "{suffix}");
    }
    let agent = app.token("agent_123", Role::Agent);
    assert_eq!(app.get(&place, &agent).await.body["version"], 1, "nothing happened");
    let bad = json!({"body": "m", "attachments": vec!["f"; 21]});
    assert_eq!(app.post(&format!("{place}/messages"), &agent, bad).await.status, 400);
}
