//! `Idempotency-Key`: the same request once, whatever happens.

use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, eventually};

use crate::form::{form, part, request};
use crate::{PATH, assert_error, draft, start, with};

async fn post(app: &TestApp, key: &str, body: &Value) -> Answer {
    app.send(app.request(Method::POST, PATH).header("Idempotency-Key", key).json(body)).await
}

async fn upload(app: &TestApp, token: &str, key: &str, name: &str, content: &[u8]) -> Answer {
    let body = form(&[part("file", Some(name), content)]);
    app.send(request(app, token, body).header("Idempotency-Key", key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_creation_answers_the_same_and_writes_once() {
    let (app, tours) = start().await;
    let first = post(&app, "k-1", &draft()).await;
    tours.break_down();
    let second = post(&app, "\"k-1\"", &draft()).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.text, second.text);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    let other = post(&app, "k-1", &with("fileName", json!("other"))).await;
    assert_error(&other, 422, "Unprocessable Entity", "Idempotency key reused with another request");
    assert_error(&post(&app, "a b", &draft()).await, 400, "Bad Request", "Malformed request");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_the_same_key_runs_again() {
    let (app, tours) = start().await;
    let body = with("ticketId", json!(2000));
    assert_eq!(post(&app, "k", &body).await.status, 404);
    tours.add(2000, None, None);
    let answer = post(&app, "k", &body).await;
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_creations_at_once_make_one_attachment() {
    let (app, _tours) = start().await;
    let body = draft();
    let answers = futures_util::future::join_all((0..20).map(|_| post(&app, "storm", &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM attachments").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_upload_makes_one_file() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let first = upload(&app, &token, "k", "n.txt", b"hello").await;
    let second = upload(&app, &token, "k", "n.txt", b"hello").await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!((first.text.as_str(), "true"), (second.text.as_str(), second.header("idempotency-replayed")));
    assert_eq!(first.header("location"), second.header("location"));
    for (name, content) in [("n.txt", &b"other"[..]), ("other.txt", b"hello")] {
        let answer = upload(&app, &token, "k", name, content).await;
        assert_error(&answer, 422, "Unprocessable Entity", "Idempotency key reused with another request");
    }
    let other = app.token("v", Role::Customer);
    let foreign = upload(&app, &other, "k", "n.txt", b"hello").await;
    assert_eq!((foreign.status, foreign.header("idempotency-replayed")), (201, ""), "callers do not share keys");
    for key in ["", "a b", "\"open", &"x".repeat(256)] {
        assert_error(&upload(&app, &token, key, "n.txt", b"hello").await, 400, "Bad Request", "Malformed request");
    }
    eventually("what was sent again is removed", async || {
        (app.database.count("SELECT count(*) FROM uploads").await == 0).then_some(())
    })
    .await;
    assert_eq!(app.database.count("SELECT count(*) FROM files").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_upload_at_once_makes_one_file() {
    let (app, _tours) = start().await;
    let token = app.token("u", Role::Customer);
    let uploads = (0..8).map(|_| upload(&app, &token, "storm", "n.txt", b"hello"));
    let answers = futures_util::future::join_all(uploads).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text), "{answers:?}");
    let path = format!("/files/{}", answers[0].body["fileId"].as_str().unwrap());
    eventually("what was sent again is removed", async || {
        (app.database.count("SELECT count(*) FROM uploads").await == 0).then_some(())
    })
    .await;
    assert_eq!(app.get(&path, &token).await.text, "hello", "the file that was answered is the one that stays");
}
