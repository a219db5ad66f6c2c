//! Bad input of every kind: the line's own error, a 4xx, and nothing written.

use serde_json::{Value, json};

use crate::{draft, error, opened, start};

fn with(member: &str, value: Value) -> Value {
    let mut body = draft();
    body[member] = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_of_the_document_is_given_exactly() {
    let (app, customer, _) = start().await;
    let priorities = "priority must be one of Low, Medium, High, Critical";
    let not_strings = "attachments must be an array of strings";
    for (body, reason) in [
        (json!([]), "malformed JSON"),
        (json!("x"), "malformed JSON"),
        (with("subject", json!("a\u{0}b")), "malformed JSON"),
        (json!({}), "subject is required"),
        (with("subject", Value::Null), "subject is required"),
        (with("subject", json!("   ")), "subject is required"),
        (with("subject", json!("\u{2003}\n")), "subject is required"),
        (with("subject", json!(5)), "subject must be a string"),
        (with("subject", json!("é".repeat(201))), "subject is too long"),
        (with("description", json!("x".repeat(10_001))), "description is too long"),
        (with("description", json!({})), "description must be a string"),
        (with("categoryId", json!("category_999")), "unknown categoryId"),
        (with("categoryId", Value::Null), "categoryId is required"),
        (with("priority", json!("high")), priorities),
        (with("priority", json!("")), priorities),
        (with("attachments", json!([1])), not_strings),
        (with("attachments", json!("file")), not_strings),
        (with("attachments", json!(vec!["f"; 21])), "too many attachments"),
        (json!({"description": 5, "priority": "no"}), "subject is required"),
    ] {
        let answer = app.post("/support/tickets", &customer, body.clone()).await;
        let expected = error(400, &format!("Invalid ticket data: {reason}"));
        assert_eq!((answer.status, answer.body), (400, expected), "{body}");
    }
    for (member, value) in [
        ("subject", json!("é".repeat(200))),
        ("description", json!("x".repeat(10_000))),
        ("priority", Value::Null),
        ("attachments", json!([])),
        ("attachments", json!(vec!["f"; 20])),
        ("surprise", json!({"a": [1, 2]})),
    ] {
        let answer = app.post("/support/tickets", &customer, with(member, value)).await;
        assert_eq!(answer.status, 200, "{member}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_priority_is_medium() {
    let (app, customer, _) = start().await;
    let mut body = draft();
    body.as_object_mut().unwrap().remove("priority");
    let answer = app.post("/support/tickets", &customer, body).await;
    assert_eq!(answer.body["data"]["priority"], "Medium");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_are_refused_and_nothing_is_written() {
    let (app, customer, _) = start().await;
    let deep = format!("{{\"subject\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"subject\":\"{}\"}}", "x".repeat(1_100_000));
    let invalid_utf8 = b"{\"subject\":\"\xff\xfe\"}".to_vec();
    for (body, content_type, status, message) in [
        (b"{".to_vec(), "application/json", 400, "Invalid ticket data: malformed JSON"),
        (Vec::new(), "application/json", 400, "Invalid ticket data: malformed JSON"),
        (Vec::new(), "", 400, "Invalid ticket data: malformed JSON"),
        (invalid_utf8, "application/json", 400, "Invalid ticket data: malformed JSON"),
        (deep.into_bytes(), "application/json", 400, "Invalid ticket data: malformed JSON"),
        (huge.into_bytes(), "application/json", 413, "Request too large"),
        (b"{}".to_vec(), "", 415, "Unsupported media type"),
        (b"{}".to_vec(), "text/plain", 415, "Unsupported media type"),
        (b"subject=x".to_vec(), "application/x-www-form-urlencoded", 415, "Unsupported media type"),
        (b"{}".to_vec(), "application/jsonx", 415, "Unsupported media type"),
        (vec![b'x'; 1_100_000], "text/plain", 415, "Unsupported media type"),
    ] {
        let mut request = app.request(reqwest::Method::POST, "/support/tickets").bearer_auth(&customer).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.body), (status, error(status, message)), "{content_type}");
    }
    for accepted in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.loan+json"] {
        let request = app.request(reqwest::Method::POST, "/support/tickets").bearer_auth(&customer);
        let answer = app.send(request.header("content-type", accepted).body(draft().to_string())).await;
        assert_eq!(answer.status, 200, "{accepted}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 3);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_of_an_agent_s_reply_have_the_line_s_limits() {
    let (app, customer, agent) = start().await;
    let hex = opened(&app, &customer).await.replace("/support/tickets/ticket_", "");
    let place = format!("/internal/v1/tickets/{hex}/messages");
    for attachments in [json!(vec!["f"; 21]), json!([""]), json!(["x".repeat(201)])] {
        let answer = app.post(&place, &agent, json!({"body": "m", "attachments": attachments})).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid-request")));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_above_the_limit_is_413() {
    let (app, customer, _) = start().await;
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 32 * 1024]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = app.request(reqwest::Method::POST, "/support/tickets").bearer_auth(&customer);
    let answer = app.send(request.header("content-type", "application/json").body(body)).await;
    assert_eq!((answer.status, answer.body), (413, error(413, "Request too large")));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_are_refused_before_the_ticket_is_looked_at() {
    let (app, customer, _) = start().await;
    let path = opened(&app, &customer).await;
    let unknown = "/support/tickets/ticket_00000000000070008000000000000000";
    for (body, reason) in [
        (json!({"message": ""}), "message is required"),
        (json!({"message": "x".repeat(10_001)}), "message is too long"),
        (json!({"message": ["x"]}), "message must be a string"),
        (json!({"message": "m", "attachments": {}}), "attachments must be an array of strings"),
    ] {
        for place in [path.as_str(), unknown] {
            let answer = app.post(&format!("{place}/messages"), &customer, body.clone()).await;
            assert_eq!((answer.status, answer.body), (400, error(400, &format!("Invalid message: {reason}"))));
        }
    }
    let long = app.post(&format!("{path}/close"), &customer, json!({"resolution": "x".repeat(2_001)})).await;
    assert_eq!(long.body, error(400, "Invalid close request: resolution is too long"));
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}
