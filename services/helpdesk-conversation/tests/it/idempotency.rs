//! `Idempotency-Key` on the two operations that create something.

use serde_json::{Value, json};
use testkit::{Answer, TestApp};

use crate::{TICKETS, open, paths, start};

async fn post(app: &TestApp, path: &str, token: &str, key: &str, body: Value) -> Answer {
    let request = app.request(reqwest::Method::POST, path).bearer_auth(token).json(&body);
    app.send(request.header("Idempotency-Key", key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_request_answer_the_same_and_write_once() {
    let (app, customer, agent) = start().await;
    crate::number(&app, &agent).await;
    let first = post(&app, TICKETS, &customer, "k", json!({"title": "t"})).await;
    let messages = format!("{}/messages", paths(&first.body).1);
    let said = post(&app, &messages, &customer, "k", json!({"text": "m"})).await;
    for (path, body, before) in
        [(TICKETS, json!({"title": "t"}), first), (messages.as_str(), json!({"text": "m"}), said)]
    {
        let again = post(&app, path, &customer, "k", body).await;
        assert_eq!((again.status, &again.text), (201, &before.text));
        assert_eq!(again.header("location"), before.header("location"));
        assert_eq!((before.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    }
    for (table, rows) in [
        ("SELECT count(*) FROM tickets", 1),
        ("SELECT count(*) FROM entries", 1),
        ("SELECT count(*) FROM ticket_events", 2),
        ("SELECT count(*) FROM notifications", 1),
    ] {
        assert_eq!(app.database.count(table).await, rows, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_request_is_422() {
    let (app, customer, _) = start().await;
    post(&app, TICKETS, &customer, "k", json!({"title": "t"})).await;
    let answer = post(&app, TICKETS, &customer, "k", json!({"title": "other"})).await;
    assert_eq!((answer.status, &answer.body["error"]), (422, &json!("request:idempotency-key:reused")));
    let malformed = post(&app, TICKETS, &customer, "a b", json!({"title": "t"})).await;
    assert_eq!(malformed.status, 400);
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_make_one_ticket_and_one_message() {
    let (app, customer, _) = start().await;
    let posts = (0..20).map(|_| post(&app, TICKETS, &customer, "storm", json!({"title": "t"})));
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text), "{answers:?}");
    let messages = format!("{}/messages", paths(&answers[0].body).1);
    let posts = (0..20).map(|_| post(&app, &messages, &customer, "storm", json!({"text": "m"})));
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_the_same_key_runs_again() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let messages = format!("{}/messages", paths(&ticket).1);
    assert_eq!(post(&app, &messages, &agent, "k", json!({"text": "m"})).await.status, 404);
    crate::join(&app, &ticket, &agent).await;
    let good = post(&app, &messages, &agent, "k", json!({"text": "m"})).await;
    assert_eq!((good.status, good.header("idempotency-replayed")), (201, ""));
}
