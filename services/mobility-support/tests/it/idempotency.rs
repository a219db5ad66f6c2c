//! `Idempotency-Key`, beside the line's own way of repeating a request.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

use crate::{EXECUTION, error, start, ticket, with};

async fn post(app: &TestApp, token: &str, key: &str, inputs: &Value) -> Answer {
    let request = app.request(reqwest::Method::POST, EXECUTION).bearer_auth(token).json(&json!({"inputs": inputs}));
    app.send(request.header("Idempotency-Key", key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_request_answer_the_same_and_write_once() {
    let (app, provider, _) = start().await;
    let without_id = with(json!({"id": null}));
    let first = post(&app, &provider, "k-1", &without_id).await;
    let second = post(&app, &provider, "\"k-1\"", &without_id).await;
    assert_eq!((first.status, &first.text), (200, &second.text));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    for answer in [first, second] {
        assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"));
        assert_eq!(answer.header("content-type"), "application/json");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_without_an_id_make_one_ticket() {
    let (app, provider, _) = start().await;
    let without_id = with(json!({"id": null}));
    let answers = join_all((0..20).map(|_| post(&app, &provider, "storm", &without_id))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn different_keys_at_once_for_the_same_new_id_make_one_ticket() {
    let (app, provider, _) = start().await;
    let keys: Vec<String> = (0..8).map(|number| format!("k{number}")).collect();
    let inputs = ticket();
    let answers = join_all(keys.iter().map(|key| post(&app, &provider, key, &inputs))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM idempotency_keys WHERE status = 200").await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_422() {
    let (app, provider, _) = start().await;
    post(&app, &provider, "k", &ticket()).await;
    let answer = post(&app, &provider, "k", &with(json!({"comment": "other"}))).await;
    let title = "Idempotency key conflict";
    let expected = error(422, 5503, "Illegal", title, "The key belongs to another request.");
    assert_eq!((answer.status, answer.body), (422, expected));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets WHERE sequence = 0").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_keys_are_400() {
    let (app, provider, _) = start().await;
    let answer = post(&app, &provider, "a b", &ticket()).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["errors"][0]["title"], "Field: Idempotency-Key, Reason: bad format");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_the_same_key_runs_again() {
    let (app, provider, _) = start().await;
    let revoke = with(json!({"status": "ISSUE_REVOKED"}));
    assert_eq!(post(&app, &provider, "k", &revoke).await.status, 404);
    post(&app, &provider, "other", &ticket()).await;
    let good = post(&app, &provider, "k", &revoke).await;
    assert_eq!((good.status, good.header("idempotency-replayed")), (200, ""));
}
