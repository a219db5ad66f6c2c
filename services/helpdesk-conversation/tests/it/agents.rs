//! The agent's side, as the desk uses it.

use domain::{Line, Role};
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{number, open, paths, start, write};

/// Opens a ticket and gives its place for agents.
async fn ticket(app: &TestApp, customer: &str) -> (Value, String) {
    let ticket = open(app, customer).await;
    let key = app.events(1).await[0].data.ticket_key;
    (ticket, format!("/internal/v1/tickets/{key}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn any_agent_sees_the_whole_ticket_without_joining() {
    let (app, customer, agent) = start().await;
    let (ticket, place) = ticket(&app, &customer).await;
    let sent = write(&app, &ticket, &customer, "Hello\nyou").await.body;
    let seen = app.get(&place, &agent).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let head = ["ticket_id", "subject", "status", "line_status", "priority", "requester", "description", "line"];
    let head: Vec<&Value> = head.iter().map(|name| &seen.body[*name]).collect();
    let expected =
        json!([ticket["id"].to_string(), "Cannot open my draft", "new", null, "normal", "user_123", null, "helpdesk"]);
    assert_eq!(json!(head), expected);
    let messages = json!([{"id": sent["id"].to_string(), "author": "user_123", "body": "Hello\nyou",
        "attachments": [], "at": seen.body["messages"][0]["at"]}]);
    assert_eq!(seen.body["messages"], messages);
    let fields = json!({"conversation": ticket["conversation"]["id"], "members": ticket["conversation"]["members"]});
    assert_eq!(seen.body["line_fields"], fields);
    assert_eq!(app.get(&place, &customer).await.body, seen.body, "customers see their own");
    assert_eq!(app.get("/api/v1/conversations", &agent).await.body, json!([]), "seeing is not joining");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_joins_the_agent_and_then_is_a_message_and_happens_once() {
    let (app, customer, agent) = start().await;
    let (ticket, place) = ticket(&app, &customer).await;
    for _ in 0..2 {
        let request = app.request(reqwest::Method::POST, &format!("{place}/messages")).bearer_auth(&agent);
        let answer = app.send(request.json(&json!({"body": "Hello"})).header("Idempotency-Key", "r1")).await;
        assert_eq!((answer.status, &answer.body["status"], &answer.body["version"]), (200, &json!("open"), &json!(4)));
    }
    let kinds: Vec<String> = app.events(4).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.updated", "ticket.status_changed", "ticket.message_added"]);
    let conversation = paths(&ticket).1;
    let entries = app.get(&format!("{conversation}/messages"), &customer).await.body;
    let them = number(&app, &agent).await;
    assert_eq!((&entries[0]["text"], &entries[0]["author"]), (&json!("Hello"), &json!(them)));
    assert_eq!((&entries[1]["kind"], &entries[1]["users"]), (&json!("user-joined"), &json!([them])));
    assert_eq!(entries.as_array().map(Vec::len), Some(2));
    let told = app.get("/api/v1/notifications", &customer).await.body;
    assert_eq!((&told[0]["message"], &told[1]), (&entries[0]["id"], &Value::Null));
    app.post(&format!("{place}/messages"), &agent, json!({"body": "Again"})).await;
    assert_eq!(app.events(5).await.len(), 5, "a second reply does not join again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_a_closed_ticket_is_allowed_and_leaves_it_closed() {
    let (app, customer, agent) = start().await;
    let (_, place) = ticket(&app, &customer).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "closed"})).await;
    let answer = app.post(&format!("{place}/messages"), &agent, json!({"body": "Hello"})).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("closed")));
    assert_eq!(app.events(2).await[1].kind, "ticket.closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_replies_in_the_own_conversation() {
    let (app, customer, _) = start().await;
    let (ticket, place) = ticket(&app, &customer).await;
    let answer = app.post(&format!("{place}/messages"), &customer, json!({"body": "Hello"})).await;
    assert_eq!((answer.status, &answer.body["version"]), (200, &json!(2)));
    assert_eq!(app.get(&format!("{}/messages", paths(&ticket).1), &customer).await.body[0]["text"], "Hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_set_status_priority_and_assignee_and_the_line_shows_nothing_of_it() {
    let (app, customer, agent) = start().await;
    let (ticket, place) = ticket(&app, &customer).await;
    let pending = app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    assert_eq!(
        (pending.status, &pending.body["status"], &pending.body["line_status"]),
        (200, &json!("pending"), &Value::Null)
    );
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "urgent"})).await;
    let head = app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    assert_eq!(
        (&head.body["version"], &head.body["assignee"], &head.body["priority"]),
        (&json!(4), &json!("agent_9"), &json!("urgent"))
    );
    for (member, same) in [("status", "pending"), ("priority", "urgent"), ("assignee", "agent_9")] {
        let again = app.put(&format!("{place}/{member}"), &agent, json!({member: same})).await;
        assert_eq!((again.status, &again.body["version"]), (200, &json!(4)), "nothing changed, nothing told");
    }
    assert_eq!(app.get(&paths(&ticket).0, &customer).await.body, ticket);
    let nobody = app.put(&format!("{place}/assignee"), &agent, json!({"assignee": null})).await;
    assert_eq!(nobody.body["assignee"], Value::Null);
    let kinds: Vec<String> = app.events(5).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds[1..], ["ticket.status_changed", "ticket.updated", "ticket.assigned", "ticket.assigned"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_moves_are_those_of_the_mapping() {
    let (app, customer, agent) = start().await;
    let (_, place) = ticket(&app, &customer).await;
    for (status, expected) in [
        ("new", 409),
        ("resolved", 200),
        ("pending", 409),
        ("closed", 200),
        ("resolved", 409),
        ("open", 200),
        ("open", 200),
        ("new", 409),
    ] {
        let answer = app.put(&format!("{place}/status"), &agent, json!({"status": status})).await;
        assert_eq!(answer.status, expected, "{status}");
        if expected == 409 {
            assert_eq!(answer.body["code"], "illegal-in-current-state");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_agents_of_other_lines_and_customers_manage_nothing() {
    let (app, customer, agent) = start().await;
    let (ticket, place) = ticket(&app, &customer).await;
    let stranger = app.token("stranger", Role::Customer);
    let elsewhere = app.tokens.for_lines("agent_2", Role::Agent, &[Line::Tours]);
    let requests: [(&str, &str, Value); 5] = [
        ("GET", "", Value::Null),
        ("POST", "/messages", json!({"body": "m"})),
        ("PUT", "/status", json!({"status": "closed"})),
        ("PUT", "/priority", json!({"priority": "low"})),
        ("PUT", "/assignee", json!({"assignee": "agent_2"})),
    ];
    // A customer who was brought into the conversation is still not the ticket's author.
    let brought_in = number(&app, &stranger).await;
    app.database.run(&format!("INSERT INTO members VALUES ({}, {brought_in}, 0)", ticket["conversation"]["id"])).await;
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
    let unknown = "/internal/v1/tickets/00000000-0000-7000-8000-000000000000";
    assert_eq!(app.post(&format!("{unknown}/messages"), &agent, json!({"body": "m"})).await.status, 404);
    assert_eq!(app.get(unknown, &agent).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_have_the_line_s_limits() {
    let (app, customer, agent) = start().await;
    let (_, place) = ticket(&app, &customer).await;
    for body in
        [json!({"body": "x".repeat(8193)}), json!({"body": " "}), json!({"body": "m", "attachments": ["file_1"]})]
    {
        let answer = app.post(&format!("{place}/messages"), &agent, body).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid-request")));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 0);
    assert_eq!(app.database.count("SELECT count(*) FROM members").await, 1, "nobody joined for a refused reply");
}

/// Messages of so many bytes each, as members write them on a socket.
async fn fill(app: &TestApp, ticket: &Value, messages: usize, bytes: usize, byte: u8) {
    let frame = |kind: u8, body: Vec<u8>| {
        let length = [body.len() & 0x7f | 0x80, body.len() >> 7 & 0x7f | 0x80, body.len() >> 14];
        [vec![kind], length.map(|byte| u8::try_from(byte).unwrap()).to_vec(), body].concat()
    };
    let body = frame(0, frame(1, frame(2, vec![byte; bytes])));
    let hex: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
    let insert = format!(
        "INSERT INTO entries (conversation_id, id, at, author, body) SELECT {}, nextval('entry_ids'), now(), {}, \
         '\\x{hex}' FROM generate_series(1, {messages})",
        ticket["conversation"]["id"], ticket["authors"][0]
    );
    app.database.run(&insert).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_conversation_an_agent_sees_the_newest_500_messages_and_at_most_4_mib() {
    let (app, customer, agent) = start().await;
    for (messages, bytes, byte, shown) in [
        (500, 10, b'x', 500),
        (700, 10, b'x', 500),
        // 65,536 bytes each as they are stored: 64 fit.
        (300, 65_524, b'x', 64),
        // A control character has six bytes in JSON.
        (300, 65_524, 1, 11),
    ] {
        let ticket = open(&app, &customer).await;
        let id = ticket["id"].to_string();
        let key = testkit::eventually("the ticket's event", async || {
            let told = app.events(1).await;
            told.iter().find(|event| event.data.ticket_id == id).map(|event| event.data.ticket_key)
        })
        .await;
        let place = format!("/internal/v1/tickets/{key}");
        fill(&app, &ticket, messages, bytes, byte).await;
        let newest = write(&app, &ticket, &customer, "the newest").await.body;
        let seen = app.get(&place, &agent).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        assert!(seen.text.len() < 5 * 1024 * 1024, "{}", seen.text.len());
        let there = seen.body["messages"].as_array().unwrap();
        assert_eq!(there.len(), shown, "{messages} of {bytes}");
        let last = there.last().unwrap();
        assert_eq!((&last["body"], &last["id"]), (&json!("the newest"), &json!(newest["id"].to_string())));
        let ids: Vec<i64> = there.iter().map(|message| message["id"].as_str().unwrap().parse().unwrap()).collect();
        assert!(ids.is_sorted(), "oldest first");
        assert_eq!(seen.body["line_fields"]["messagesOmitted"], json!(messages + 1 - shown));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_adds_a_column_disturbs_nobody() {
    let (app, customer, agent) = start().await;
    let (ticket, place) = ticket(&app, &customer).await;
    for column in ["", "ALTER TABLE tickets ADD COLUMN later text; ALTER TABLE users ADD COLUMN later text"] {
        app.database.run(column).await;
        // More often than there are connections: what is prepared stays prepared.
        for _ in 0..12 {
            assert_eq!(app.get(&place, &agent).await.status, 200, "{column}");
            assert_eq!(write(&app, &ticket, &customer, "again").await.status, 201, "{column}");
        }
    }
}
