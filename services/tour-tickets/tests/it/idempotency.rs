//! `Idempotency-Key`: the same request once, whatever happens.

use domain::Role;
use reqwest::Method;
use serde_json::Value;
use testkit::{Answer, TestApp};

use crate::{TICKETS, assert_error, draft, start, with};

async fn post(app: &TestApp, token: Option<&str>, key: &str, body: &Value) -> Answer {
    let mut request = app.request(Method::POST, TICKETS).json(body).header("Idempotency-Key", key);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    app.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_request_answer_the_same_and_write_once() {
    let app = start().await;
    let first = post(&app, None, "k-1", &draft()).await;
    let second = post(&app, None, "\"k-1\"", &draft()).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.text, second.text, "guests share one scope");
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_and_guests_do_not_share_keys() {
    let app = start().await;
    let (one, other) = (app.token("user_1", Role::Customer), app.token("user_2", Role::Customer));
    for token in [None, Some(one.as_str()), Some(other.as_str())] {
        let answer = post(&app, token, "k", &draft()).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, ""));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_422_and_a_bad_key_400() {
    let app = start().await;
    post(&app, None, "k-1", &draft()).await;
    let other = post(&app, None, "k-1", &with("subject", "Something else")).await;
    assert_error(&other, 422, "Idempotency key reused with another request");
    for key in ["", "a b", "\"open", &"x".repeat(256)] {
        assert_error(&post(&app, None, key, &draft()).await, 400, "Malformed request");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_make_one_ticket() {
    let app = start().await;
    let body = draft();
    let answers = futures_util::future::join_all((0..20).map(|_| post(&app, None, "storm", &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_the_same_key_runs_again_and_without_a_key_each_post_counts() {
    let app = start().await;
    let customer = app.token("42", Role::Customer);
    assert_eq!(post(&app, Some(&customer), "k", &with("userId", 43)).await.status, 404);
    let good = post(&app, Some(&customer), "k", &with("userId", 42)).await;
    assert_eq!((good.status, good.header("idempotency-replayed")), (201, ""));
    for _ in 0..2 {
        app.post(TICKETS, &customer, draft()).await;
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 3);
}
