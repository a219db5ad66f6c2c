//! Create, read, write, close: the document's examples and rules.

use domain::Role;
use serde_json::{Value, json};

use crate::{draft, error, opened, start};

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_a_ticket_answers_200_with_exactly_the_documented_members() {
    let (app, customer, _) = start().await;
    let answer = app.post("/support/tickets", &customer, draft()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(members(&answer.body), ["data", "error", "statusCode", "success"]);
    assert_eq!((&answer.body["success"], &answer.body["statusCode"]), (&json!(true), &json!(200)));
    assert_eq!(answer.body["error"], Value::Null);
    let data = &answer.body["data"];
    assert_eq!(members(data), ["createdAt", "priority", "status", "subject", "ticketId"]);
    let id = data["ticketId"].as_str().unwrap().strip_prefix("ticket_").unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(data["status"], "Open");
    assert_eq!(data["priority"], "High");
    let created = data["createdAt"].as_str().unwrap();
    assert!(created.len() == 20 && created.ends_with('Z') && !created.contains('.'), "{created}");
    assert_eq!(answer.header("location"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_ticket_reads_as_documented() {
    let (app, customer, _) = start().await;
    let path = opened(&app, &customer).await;
    let data = app.get(&path, &customer).await.body["data"].clone();
    assert_eq!(
        members(&data),
        [
            "assignedAgent",
            "categoryId",
            "createdAt",
            "description",
            "messages",
            "priority",
            "status",
            "subject",
            "ticketId",
            "userId"
        ]
    );
    assert_eq!(data["userId"], "user_123");
    assert_eq!(data["assignedAgent"], Value::Null);
    assert_eq!(data["messages"], json!([]));
    assert_eq!(data["description"], draft()["description"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_read_oldest_first_and_the_agent_gets_the_ticket() {
    let (app, customer, agent) = start().await;
    let path = opened(&app, &customer).await;
    let first = app.post(&format!("{path}/messages"), &customer, json!({"message": "I can't make a payment"})).await;
    assert_eq!(members(&first.body["data"]), ["content", "messageId", "ticketId", "timestamp"]);
    assert_eq!(app.get(&path, &customer).await.body["data"]["status"], "Open", "a customer's message opens nothing");
    app.post(&format!("{path}/messages"), &agent, json!({"message": "Try again"})).await;
    let data = app.get(&path, &customer).await.body["data"].clone();
    assert_eq!((&data["status"], &data["assignedAgent"]), (&json!("In Progress"), &json!("agent_123")));
    let told: Vec<_> = data["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["sender"].as_str().unwrap(), message["content"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("user_123", "I can't make a payment"), ("agent_123", "Try again")]);
    assert_eq!(members(&data["messages"][0]), ["content", "messageId", "sender", "timestamp"]);
    assert_eq!(data["messages"][0]["messageId"], first.body["data"]["messageId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_comes_back_exactly_as_it_was_sent() {
    let (app, customer, _) = start().await;
    let odd = " \u{1}\t<b>&amp; e\u{301} \u{1F600}\u{200F} \"\\/ \r\n ";
    let mut body = draft();
    body["subject"] = json!(odd);
    let answer = app.post("/support/tickets", &customer, body).await;
    assert_eq!(answer.body["data"]["subject"], odd);
    let path = format!("/support/tickets/{}", answer.body["data"]["ticketId"].as_str().unwrap());
    app.post(&format!("{path}/messages"), &customer, json!({"message": odd})).await;
    let data = app.get(&path, &customer).await.body["data"].clone();
    assert_eq!((&data["subject"], &data["messages"][0]["content"]), (&json!(odd), &json!(odd)));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_answers_the_time_and_closing_again_the_same_time() {
    let (app, customer, _) = start().await;
    let path = opened(&app, &customer).await;
    let close = format!("{path}/close");
    let first = app.post(&close, &customer, json!({"resolution": "Fixed"})).await;
    assert_eq!(first.status, 200);
    assert_eq!(members(&first.body["data"]), ["closedAt", "status", "ticketId"]);
    assert_eq!(first.body["data"]["status"], "Closed");
    let second = app.post(&close, &customer, json!({"resolution": "Again"})).await;
    assert_eq!(second.body, first.body);
    assert_eq!(app.post(&close, &customer, json!({"resolution": 5})).await.status, 400, "still validated");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets WHERE resolution = 'Fixed'").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events WHERE kind = 'ticket.closed'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn close_needs_neither_body_nor_content_type() {
    let (app, customer, _) = start().await;
    for body in [None, Some("{}"), Some("{\"resolution\":null}"), Some("{\"resolution\":\"\"}")] {
        let path = opened(&app, &customer).await;
        let mut request = app.request(reqwest::Method::POST, &format!("{path}/close")).bearer_auth(&customer);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        assert_eq!(app.send(request).await.status, 200, "{body:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_closes_answer_the_same_time_and_tell_one_event() {
    let (app, customer, _) = start().await;
    let close = format!("{}/close", opened(&app, &customer).await);
    let closes = (0..12).map(|_| app.post(&close, &customer, json!({})));
    let answers = futures_util::future::join_all(closes).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events WHERE kind = 'ticket.closed'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_tickets_refuse_messages_of_everybody() {
    let (app, customer, agent) = start().await;
    let path = opened(&app, &customer).await;
    app.post(&format!("{path}/close"), &customer, json!({})).await;
    for token in [&customer, &agent] {
        let answer = app.post(&format!("{path}/messages"), token, json!({"message": "hello"})).await;
        assert_eq!((answer.status, answer.body), (400, error(400, "Ticket is closed")));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_ticket_is_answered_exactly_like_none() {
    let (app, customer, _) = start().await;
    let path = opened(&app, &customer).await;
    let stranger = app.token("stranger", Role::Customer);
    let machine = app.token("machine", Role::Service);
    let unknown = "/support/tickets/ticket_00000000000070008000000000000000";
    for token in [&stranger, &machine] {
        for (suffix, body) in [("", None), ("/messages", Some(json!({"message": "m"}))), ("/close", Some(json!({})))] {
            let mut answers = Vec::new();
            for base in [path.as_str(), unknown, "/support/tickets/nonsense", "/support/tickets/TICKET_x"] {
                let place = format!("{base}{suffix}");
                answers.push(match &body {
                    Some(body) => app.post(&place, token, body.clone()).await,
                    None => app.get(&place, token).await,
                });
            }
            for answer in answers {
                assert_eq!((answer.status, answer.body), (404, error(404, "Ticket not found")), "{suffix}");
            }
        }
    }
    assert_eq!(app.database.count("SELECT count(*) FROM messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn support_reads_answers_and_closes_any_ticket() {
    let (app, customer, agent) = start().await;
    let admin = app.token("admin_1", Role::Admin);
    for token in [&agent, &admin] {
        let path = opened(&app, &customer).await;
        assert_eq!(app.get(&path, token).await.status, 200);
        assert_eq!(app.post(&format!("{path}/messages"), token, json!({"message": "m"})).await.status, 200);
        assert_eq!(app.post(&format!("{path}/close"), token, json!({})).await.status, 200);
    }
}
