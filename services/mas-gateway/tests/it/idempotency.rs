//! The same request is accepted once, whenever and however often it comes (contract, section 4).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Line, TICKETS, basic, draft, with};

/// Posts as somebody else, and gives the transaction.
async fn post_as(line: &Line, (user, password, profile): (&str, &str, &str), path: &str, body: &Value) -> i64 {
    let request = line.app.request(Method::POST, path).header("Authorization", basic(user, password));
    let request = request.header("ProfileId", profile).header("Request-Tracking-Id", "456");
    let answer = line.app.send(request.json(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["transaction_id"].as_i64().unwrap()
}

const SIEBEL: (&str, &str, &str) = ("ocsuser", "ocsuser", "Siebel_201");

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_says_the_same_is_the_same_request() {
    let line = Line::start().await;
    let first = post_as(&line, SIEBEL, TICKETS, &draft()).await;
    for (what, path, body) in [
        ("again", TICKETS, draft()),
        ("without customer_id", TICKETS, with(&[("customer_id", Value::Null)])),
        ("customer_id as text", TICKETS, with(&[("customer_id", json!("0104127993008"))])),
        ("leading zeros in the path", "/api/v1/customers/00104127993008/tickets", draft()),
        ("phone as text", TICKETS, with(&[("requestor_info.phone", json!("9874564566"))])),
        ("phone as float", TICKETS, with(&[("requestor_info.phone", json!(9_874_564_566.0))])),
        ("service.id as number", TICKETS, with(&[("service.id", json!(1))])),
        ("the same instant", TICKETS, with(&[("dispatch_date_time", json!("2016-03-22T06:50:35-05:00"))])),
        ("an unknown member", TICKETS, with(&[("surprise", json!(1)), ("service.surprise", json!(1))])),
    ] {
        assert_eq!(post_as(&line, SIEBEL, path, &body).await, first, "{what}");
    }
    assert_eq!(line.app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(line.app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    assert_eq!(line.app.database.count("SELECT count(*) FROM outgoing_messages").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_and_null_are_equal() {
    let line = Line::start().await;
    let mut absent = draft();
    absent.as_object_mut().unwrap().remove("reason");
    absent["service"].as_object_mut().unwrap().remove("id");
    absent["requestor_info"].as_object_mut().unwrap().remove("email");
    let null = with(&[("reason", Value::Null), ("service.id", Value::Null), ("requestor_info.email", Value::Null)]);
    let first = post_as(&line, SIEBEL, TICKETS, &absent).await;
    assert_eq!(post_as(&line, SIEBEL, TICKETS, &null).await, first);
    let empty = with(&[("reason", json!("")), ("service.id", Value::Null), ("requestor_info.email", Value::Null)]);
    assert_ne!(post_as(&line, SIEBEL, TICKETS, &empty).await, first, "an empty text is something else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_differs_in_one_of_the_five_is_another_one() {
    let line = Line::start().await;
    let elsewhere = "/api/v1/customers/104127993009/tickets";
    let free = with(&[("customer_id", Value::Null)]);
    let mut seen = BTreeSet::new();
    for (who, path, body) in [
        (SIEBEL, TICKETS, free.clone()),
        (("ocsuser", "ocsuser", "Siebel_202"), TICKETS, free.clone()),
        (("mdm", "mdm:other", "Siebel_201"), TICKETS, free.clone()),
        (SIEBEL, elsewhere, free.clone()),
        (SIEBEL, TICKETS, with(&[("reason_code", json!("REX"))])),
        (SIEBEL, TICKETS, with(&[("service.id", json!("01"))])),
        (SIEBEL, TICKETS, with(&[("requestor_info.phone", json!("09874564566"))])),
        (SIEBEL, TICKETS, with(&[("dispatch_date_time", json!("2016-03-22T11:50:35.001Z"))])),
        (SIEBEL, TICKETS, with(&[("assigned_to_user", json!("CSR2"))])),
    ] {
        assert!(seen.insert(post_as(&line, who, path, &body).await), "{who:?} {path} {body}");
    }
    let other_id = line.post(TICKETS, "457", &free).await.body["transaction_id"].as_i64().unwrap();
    assert!(seen.insert(other_id));
    assert_eq!(line.app.database.count("SELECT count(DISTINCT message_id) FROM outgoing_messages").await, 10);
    let newest = seen.last().copied();
    assert_eq!(newest, Some(other_id), "numbers go up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_at_the_same_time_is_one() {
    let line = Line::start().await;
    let body = draft();
    let posts = (0..16).map(|_| line.post(TICKETS, "456", &body));
    let answers = futures_util::future::join_all(posts).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (200, &answers[0].text));
        assert_eq!(answer.header("request-tracking-id"), "456");
    }
    assert_eq!(line.app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(line.app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    assert_eq!(line.app.database.count("SELECT count(*) FROM outgoing_messages").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_who_comes_second_waits_and_gets_the_number_of_the_first() {
    let line = Line::start().await;
    // The first is held between its look at the index and its commit, so the second finds nothing to read.
    line.app
        .database
        .run(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'; \
             CREATE TRIGGER hold AFTER INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION hold()",
        )
        .await;
    let body = draft();
    let (first, second) = tokio::join!(line.post(TICKETS, "456", &body), line.post(TICKETS, "456", &body));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.text, second.text);
    assert_eq!(
        line.app.database.count("SELECT last_value - 100000455 AS count FROM transaction_ids").await,
        3,
        "both tried"
    );
    assert_eq!(line.app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn different_requests_at_the_same_time_are_many() {
    let line = Line::start().await;
    let body = draft();
    let ids: Vec<String> = (0..20).map(|number| format!("id-{number}")).collect();
    let answers = futures_util::future::join_all(ids.iter().map(|id| line.post(TICKETS, id, &body))).await;
    let numbers: BTreeSet<i64> = answers.iter().map(|answer| answer.body["transaction_id"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_same_request_also_after_it_was_closed() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    line.app.put(&format!("{place}/status"), &line.agent, json!({"status": "closed"})).await;
    assert_eq!(line.accepted("456").await, transaction);
    assert_eq!(line.detail(transaction).await["status"], "VOID");
    assert_eq!(line.app.database.count("SELECT count(*) FROM outgoing_messages").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_means_nothing_here() {
    let line = Line::start().await;
    let mut numbers = BTreeSet::new();
    for code in ["A", "B"] {
        let request = line.request(Method::POST, TICKETS, "456").header("Idempotency-Key", "\"same\"");
        let answer = line.app.send(request.json(&with(&[("reason_code", json!(code))]))).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (200, ""));
        numbers.insert(answer.body["transaction_id"].as_i64().unwrap());
    }
    assert_eq!(numbers.len(), 2);
}
