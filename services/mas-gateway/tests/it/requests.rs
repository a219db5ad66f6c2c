//! Requests that are accepted: the document's examples and edge cases.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Line, TICKETS, draft, with};

#[tokio::test(flavor = "multi_thread")]
async fn the_document_s_request_is_answered_word_for_word() {
    let line = Line::start().await;
    let body = r#"{"customer_id":104127993008,"reason_code":"RES","reason":"Resume Service","dispatch_date_time":"2016-03-22T11:50:35.000Z","service":{"id":"1","code":"6FL","description":"6 Yard FEL"},"requestor_info":{"name":"TESTMAN1","phone":9874564566,"email":"abc@example.com"},"assigned_to_user":"CSR1"}"#;
    let request = line.app.request(Method::POST, TICKETS).header("Authorization", "Basic b2NzdXNlcjpvY3N1c2Vy");
    let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", "456");
    let answer = line.app.send(request.header("Content-Type", "application/json").body(body)).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"status":"SUCCESS","transaction_id":100000457}"#));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("request-tracking-id"), "456");
    assert_eq!((answer.header("location"), answer.header("www-authenticate")), ("", ""));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_only_the_required_members_is_accepted() {
    let line = Line::start().await;
    let body = json!({
        "reason_code": "RES",
        "dispatch_date_time": "2016-03-22T11:50:35Z",
        "service": {"code": "6FL"},
        "requestor_info": {"name": "TESTMAN1"},
    });
    let answer = line.post(TICKETS, "1", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let detail = line.detail(answer.body["transaction_id"].as_i64().unwrap()).await;
    assert_eq!((&detail["load_description"], &detail["services_info"][0]["description"]), (&json!(""), &json!("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_at_their_limits_are_accepted() {
    let line = Line::start().await;
    for (member, value) in [
        ("customer_id", json!("104127993008")),
        ("customer_id", json!("000000104127993008")),
        ("customer_id", json!(104_127_993_008.0)),
        ("customer_id", Value::Null),
        ("reason_code", json!("é".repeat(20))),
        ("reason", json!("é".repeat(200))),
        ("reason", json!("")),
        ("dispatch_date_time", json!("1900-01-01T00:00:00Z")),
        ("dispatch_date_time", json!("9999-12-31T23:59:59.999Z")),
        ("dispatch_date_time", json!("2016-03-22T11:50:35.000-05:00")),
        ("service.id", json!(1)),
        ("service.id", json!(-5)),
        ("service.id", json!("")),
        ("service.id", json!("x".repeat(50))),
        ("service.code", json!("x".repeat(20))),
        ("service.description", json!("x".repeat(200))),
        ("service.surprise", json!([1])),
        ("requestor_info.name", json!("x".repeat(100))),
        ("requestor_info.phone", json!(0)),
        ("requestor_info.phone", json!("9".repeat(18))),
        ("requestor_info.phone", json!(999_999_999_999_999_999_i64)),
        ("requestor_info.phone", Value::Null),
        ("requestor_info.email", json!("no address at all")),
        ("requestor_info.email", json!("x".repeat(254))),
        ("assigned_to_user", json!("x".repeat(100))),
        ("surprise", json!({"a": [1, 2]})),
    ] {
        let answer = line.post(TICKETS, "limits", &with(&[(member, value.clone())])).await;
        assert_eq!(answer.status, 200, "{member} {value}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_s_customer_counts_and_keeps_its_form() {
    let line = Line::start().await;
    let body = with(&[("customer_id", json!("000010000005008"))]);
    let answer = line.post("/api/v1/customers/10000005008/tickets", "1", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let zeros = line.post("/api/v1/customers/0010000005008/tickets", "2", &with(&[("customer_id", Value::Null)])).await;
    assert_eq!(zeros.status, 200, "{}", zeros.text);
    for path in ["/api/v1/customers/10000005008/tickets", "/api/v1/customers/000010000005008/tickets"] {
        let tickets = line.get(path).await.body["tickets"].clone();
        assert_eq!(tickets.as_array().map(Vec::len), Some(2), "the customer matches as a number");
    }
    let stored = "SELECT count(*) FROM tickets WHERE customer_id IN ('10000005008', '0010000005008')";
    assert_eq!(line.app.database.count(stored).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_types_with_json_in_them_are_accepted() {
    let line = Line::start().await;
    for kind in ["application/json", "application/json; charset=utf-8", "application/siebel+json", "APPLICATION/JSON"] {
        let request = line.request(Method::POST, TICKETS, kind.split(';').next().unwrap());
        let request = request.header("Content-Type", kind).header("Accept", "text/xml").body(draft().to_string());
        let answer = line.app.send(request).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_stored_with_ticket_event_and_command_or_not_at_all() {
    let line = Line::start().await;
    line.app
        .database
        .run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'; \
             CREATE TRIGGER refuse BEFORE INSERT ON outgoing_messages FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    let answer = line.post(TICKETS, "1", &draft()).await;
    assert_eq!((answer.status, &answer.body["error"]["errors"][0]["message"]), (500, &json!("Internal error")));
    assert_eq!(answer.header("request-tracking-id"), "1");
    let left = "SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM ticket_events) AS count";
    assert_eq!(line.app.database.count(left).await, 0);
    line.app.database.run("DROP TRIGGER refuse ON outgoing_messages").await;
    line.accepted("1").await;
    let stored = "SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM ticket_events) \
         + (SELECT count(*) FROM outgoing_messages) AS count";
    assert_eq!(line.app.database.count(stored).await, 3);
}
