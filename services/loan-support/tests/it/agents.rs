//! The agent's side, as the desk uses it.

use domain::{Line, Role};
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{opened, start};

/// Opens a ticket and gives its path on the line and for agents.
async fn ticket(app: &TestApp, customer: &str) -> (String, String) {
    let path = opened(app, customer).await;
    let hex = path.trim_start_matches("/support/tickets/ticket_").to_owned();
    (path, format!("/internal/v1/tickets/{hex}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_whole_ticket() {
    let (app, customer, agent) = start().await;
    let (path, place) = ticket(&app, &customer).await;
    app.post(&format!("{path}/messages"), &customer, json!({"message": "more", "attachments": ["file_2"]})).await;
    let seen = app.get(&place, &agent).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!((&seen.body["subject"], &seen.body["status"]), (&json!("Unable to make payment"), &json!("new")));
    assert_eq!(seen.body["attachments"], json!(["file_id_123"]));
    assert_eq!(seen.body["messages"][0]["attachments"], json!(["file_2"]));
    assert_eq!(seen.body["line_fields"]["categoryId"], "category_001");
    assert_eq!(app.get(&place, &customer).await.body["requester"], "user_123", "customers see their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_set_status_priority_and_assignee_and_the_line_shows_it() {
    let (app, customer, agent) = start().await;
    let (path, place) = ticket(&app, &customer).await;
    let pending = app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    assert_eq!((pending.status, &pending.body["line_status"]), (200, &json!("In Progress")));
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "urgent"})).await;
    let head = app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    assert_eq!(head.body["version"], 4);
    let data = app.get(&path, &customer).await.body["data"].clone();
    assert_eq!(data["status"], "In Progress");
    assert_eq!(data["priority"], "Critical");
    assert_eq!(data["assignedAgent"], "agent_9");
    app.put(&format!("{place}/status"), &agent, json!({"status": "closed"})).await;
    assert_eq!(app.get(&path, &customer).await.body["data"]["status"], "Closed");
    let again = app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    assert_eq!((again.status, &again.body["code"]), (409, &json!("illegal-in-current-state")));
    assert_eq!(again.header("content-type"), "application/problem+json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_a_message_of_the_line_and_happens_once() {
    let (app, customer, agent) = start().await;
    let (path, place) = ticket(&app, &customer).await;
    for _ in 0..2 {
        let request = app.request(reqwest::Method::POST, &format!("{place}/messages")).bearer_auth(&agent);
        let answer = app.send(request.json(&json!({"body": "Hello"})).header("Idempotency-Key", "r1")).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("open")));
    }
    let data = app.get(&path, &customer).await.body["data"].clone();
    assert_eq!(data["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!((&data["messages"][0]["sender"], &data["assignedAgent"]), (&json!("agent_123"), &json!("agent_123")));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_agents_of_other_lines_and_customers_manage_nothing() {
    let (app, customer, agent) = start().await;
    let (_, place) = ticket(&app, &customer).await;
    let stranger = app.token("stranger", Role::Customer);
    let elsewhere = app.tokens.for_lines("agent_2", Role::Agent, &[Line::Tours]);
    let requests: [(&str, &str, Value); 5] = [
        ("GET", "", Value::Null),
        ("POST", "/messages", json!({"body": "m"})),
        ("PUT", "/status", json!({"status": "closed"})),
        ("PUT", "/priority", json!({"priority": "low"})),
        ("PUT", "/assignee", json!({"assignee": "agent_2"})),
    ];
    for (method, suffix, body) in &requests {
        for (who, token) in [("stranger", Some(&stranger)), ("elsewhere", Some(&elsewhere)), ("nobody", None)] {
            let mut request = app.request(method.parse().unwrap(), &format!("{place}{suffix}")).json(body);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let expected = if who == "nobody" { 401 } else { 404 };
            assert_eq!(app.send(request).await.status, expected, "{who} {method} {suffix}");
        }
    }
    for (_, suffix, body) in &requests[2..] {
        assert_eq!(app.put(&format!("{place}{suffix}"), &customer, body.clone()).await.status, 403, "{suffix}");
    }
    assert_eq!(app.get(&place, &agent).await.body["version"], 1, "nothing happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_of_agents_are_problems() {
    let (app, customer, agent) = start().await;
    let (_, place) = ticket(&app, &customer).await;
    for (suffix, body) in [
        ("/status", json!({"status": "Open"})),
        ("/status", json!({})),
        ("/status", json!({"status": "open", "extra": 1})),
        ("/priority", json!({"priority": 5})),
        ("/assignee", json!({})),
        ("/assignee", json!({"assignee": ""})),
    ] {
        let answer = app.put(&format!("{place}{suffix}"), &agent, body.clone()).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid-request")), "{suffix} {body}");
    }
    assert_eq!(app.put(&format!("{place}/status"), &agent, json!({"status": "new"})).await.status, 409);
    assert_eq!(app.get("/internal/v1/tickets/nonsense", &agent).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_messages_an_agent_sees_the_newest_500_and_the_customer_all() {
    let (app, customer, agent) = start().await;
    let (path, place) = ticket(&app, &customer).await;
    let fill = "INSERT INTO messages SELECT gen_random_uuid(), ticket_key, 'user_123', 'message ' || n, '{}', \
        now() + n * interval '1 second' FROM tickets, generate_series(1, 502) AS n";
    app.database.run(fill).await;
    let seen = app.get(&place, &agent).await.body;
    let messages = seen["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &seen["line_fields"]["messagesOmitted"]), (500, &json!(2)));
    assert_eq!((&messages[0]["body"], &messages[499]["body"]), (&json!("message 3"), &json!("message 502")));
    let data = app.get(&path, &customer).await.body["data"].clone();
    assert_eq!(data["messages"].as_array().map(Vec::len), Some(502));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_adds_a_column_disturbs_nobody() {
    let (app, customer, agent) = start().await;
    let (path, place) = ticket(&app, &customer).await;
    for migration in ["", "ALTER TABLE tickets ADD COLUMN later text"] {
        app.database.run(migration).await;
        // More often than there are connections: what is prepared stays prepared.
        for _ in 0..12 {
            assert_eq!(app.get(&path, &customer).await.status, 200, "{migration}");
            assert_eq!(app.get(&place, &agent).await.status, 200, "{migration}");
        }
    }
}
