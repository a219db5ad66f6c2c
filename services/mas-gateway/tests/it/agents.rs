//! The agent's side, as the desk uses it.

use domain::{Line as TicketLine, Role};
use serde_json::{Value, json};

use crate::{Line, TICKETS, with};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_whole_ticket() {
    let line = Line::start().await;
    let (_, place) = line.ticket("456").await;
    let seen = line.app.get(&place, &line.agent).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let body = seen.body;
    assert_eq!((&body["line"], &body["ticket_id"]), (&json!("mas"), &json!("100000457")));
    assert_eq!(body["subject"], "Resume Service (6FL) for customer 104127993008");
    assert_eq!((&body["requester"], &body["description"]), (&Value::Null, &json!("6 Yard FEL")));
    assert_eq!(
        (&body["status"], &body["line_status"], &body["priority"]),
        (&json!("new"), &json!("OPEN"), &json!("normal"))
    );
    let fields = &body["line_fields"];
    assert_eq!(
        fields["requestor_info"],
        json!({"name": "TESTMAN1", "phone": "9874564566", "email": "abc@example.com"})
    );
    assert_eq!(fields["service"], json!({"id": "1", "code": "6FL", "description": "6 Yard FEL"}));
    assert_eq!((&fields["reason_code"], &fields["reason"]), (&json!("RES"), &json!("Resume Service")));
    assert_eq!((&fields["profile_id"], &fields["customer_id"]), (&json!("Siebel_201"), &json!("104127993008")));
    assert_eq!((&fields["outcome"], &fields["closed_by"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_without_a_reason_has_its_code() {
    let line = Line::start().await;
    let answer = line.post(TICKETS, "1", &with(&[("reason", json!(" "))])).await;
    let id = answer.body["transaction_id"].to_string();
    let key = line.app.events(1).await[0].data.ticket_key;
    let seen = line.app.get(&format!("/internal/v1/tickets/{key}"), &line.agent).await.body;
    assert_eq!((&seen["ticket_id"], &seen["subject"]), (&json!(id), &json!("RES (6FL) for customer 104127993008")));
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_comments_and_the_latest_is_shown() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    for (key, text) in [("r1", "We are on it"), ("r1", "We are on it"), ("r2", "Truck 7 comes tomorrow")] {
        let request = line.app.request(reqwest::Method::POST, &format!("{place}/messages")).bearer_auth(&line.agent);
        let answer = line.app.send(request.json(&json!({"body": text})).header("Idempotency-Key", key)).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("open")), "{}", answer.text);
    }
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["comments"], &detail["status"]), (&json!("Truck 7 comes tomorrow"), &json!("OPEN")));
    let messages = line.app.get(&place, &line.agent).await.body["messages"].clone();
    let told: Vec<(&str, &str)> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["author"].as_str().unwrap(), message["body"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("agent_123", "We are on it"), ("agent_123", "Truck 7 comes tomorrow")]);
    let kinds: Vec<String> = line.app.events(4).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.message_added", "ticket.status_changed", "ticket.message_added"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_needs_an_open_ticket_and_takes_no_files() {
    let line = Line::start().await;
    let (_, place) = line.ticket("456").await;
    let reply = format!("{place}/messages");
    let files = line.app.post(&reply, &line.agent, json!({"body": "m", "attachments": ["f"]})).await;
    assert_eq!((files.status, &files.body["code"]), (400, &json!("invalid-request")));
    line.app.put(&format!("{place}/status"), &line.agent, json!({"status": "resolved"})).await;
    assert_eq!(line.app.post(&reply, &line.agent, json!({"body": "m"})).await.body["status"], "resolved");
    line.app.put(&format!("{place}/status"), &line.agent, json!({"status": "closed"})).await;
    let closed = line.app.post(&reply, &line.agent, json!({"body": "m"})).await;
    assert_eq!((closed.status, &closed.body["code"]), (409, &json!("illegal-in-current-state")));
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_set_status_priority_and_assignee_and_the_line_shows_its_word() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    let set = async |what: &str, body: Value| line.app.put(&format!("{place}/{what}"), &line.agent, body).await;
    for status in ["open", "pending"] {
        let head = set("status", json!({"status": status})).await;
        assert_eq!((head.status, &head.body["line_status"]), (200, &json!("OPEN")));
    }
    set("priority", json!({"priority": "urgent"})).await;
    let head = set("assignee", json!({"assignee": "agent_9"})).await;
    assert_eq!((&head.body["version"], &head.body["assignee"]), (&json!(5), &json!("agent_9")));
    assert_eq!(line.detail(transaction).await["closed_date_time"], "");
    let resolved = set("status", json!({"status": "resolved"})).await;
    assert_eq!(resolved.body["line_status"], "CLOSED");
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["status"], &detail["closed_by"]), (&json!("CLOSED"), &json!("agent_123")));
    for status in ["open", "pending", "new"] {
        let answer = set("status", json!({"status": status})).await;
        assert_eq!((answer.status, &answer.body["code"]), (409, &json!("illegal-in-current-state")), "{status}");
    }
    let closed = set("status", json!({"status": "closed"})).await;
    assert_eq!((&closed.body["status"], &closed.body["line_status"]), (&json!("closed"), &json!("CLOSED")));
    assert_eq!(line.detail(transaction).await, detail, "the line sees no difference");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_closed_without_completion_is_void() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    let head = line.app.put(&format!("{place}/status"), &line.agent, json!({"status": "closed"})).await;
    assert_eq!(head.body["line_status"], "VOID");
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["status"], &detail["completion_code"]), (&json!("VOID"), &json!("")));
    assert_eq!(line.get(TICKETS).await.body["tickets"][0]["status"], "VOID");
    let events = line.app.events(2).await;
    let data = serde_json::to_value(&events[1]).unwrap()["data"].clone();
    assert_eq!(
        data,
        json!({
            "line": "mas", "ticketKey": events[1].data.ticket_key, "ticketId": "100000457", "version": 2,
            "actor": {"id": "agent_123", "role": "agent"}, "status": "closed", "lineStatus": "VOID",
            "priority": "normal", "from": "new", "lineFrom": "OPEN", "lineTo": "VOID",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_agents_of_the_line_gets_anywhere() {
    let line = Line::start().await;
    let (_, place) = line.ticket("456").await;
    let app = &line.app;
    let strangers = [
        ("customer", Some(app.token("user_123", Role::Customer))),
        ("a customer called like the Basic user", Some(app.token("ocsuser", Role::Customer))),
        ("a service called like the profile", Some(app.token("Siebel_201", Role::Service))),
        ("an agent of another line", Some(app.tokens.for_lines("agent_2", Role::Agent, &[TicketLine::Tours]))),
        ("forged", Some(app.tokens.forged("agent_123", Role::Agent))),
        ("expired", Some(app.tokens.expired("agent_123", Role::Agent))),
        ("nobody", None),
    ];
    let unknown = "/internal/v1/tickets/00000000-0000-7000-8000-000000000000";
    for (method, suffix, body) in [
        ("GET", "", Value::Null),
        ("POST", "/messages", json!({"body": "m"})),
        ("PUT", "/status", json!({"status": "closed"})),
        ("PUT", "/priority", json!({"priority": "low"})),
        ("PUT", "/assignee", json!({"assignee": "agent_2"})),
    ] {
        for (who, token) in &strangers {
            let attempt = async |place: &str| {
                let mut request = app.request(method.parse().unwrap(), &format!("{place}{suffix}")).json(&body);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                app.send(request).await
            };
            let answer = attempt(&place).await;
            let expected = if matches!(*who, "nobody" | "forged" | "expired") { 401 } else { 404 };
            assert_eq!(answer.status, expected, "{who} {method} {suffix}");
            assert_eq!(attempt(unknown).await.body, answer.body, "foreign and absent look the same");
        }
        let basic = line.request(method.parse().unwrap(), &format!("{place}{suffix}"), "1").json(&body);
        assert_eq!(app.send(basic).await.status, 401, "Basic credentials are for the line's own operations");
    }
    assert_eq!(app.get(&place, &line.agent).await.body["version"], 1, "nothing happened");
    assert_eq!(app.get(&place, &app.token("boss", Role::Admin)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_replies_an_agent_sees_the_newest_500() {
    let line = Line::start().await;
    let (_, place) = line.ticket("456").await;
    let fill = "INSERT INTO messages SELECT gen_random_uuid(), ticket_key, 'agent_1', 'reply ' || n, \
        now() + n * interval '1 second' FROM tickets, generate_series(1, 502) AS n";
    line.app.database.run(fill).await;
    let seen = line.app.get(&place, &line.agent).await.body;
    let replies = seen["messages"].as_array().unwrap();
    assert_eq!((replies.len(), &seen["line_fields"]["messagesOmitted"]), (500, &json!(2)));
    assert_eq!((&replies[0]["body"], &replies[499]["body"]), (&json!("reply 3"), &json!("reply 502")));
}
