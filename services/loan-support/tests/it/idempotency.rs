//! `Idempotency-Key`: the same request once, whatever happens.

use serde_json::{Value, json};
use testkit::{Answer, TestApp};

use crate::{draft, error, opened, start};

async fn post(app: &TestApp, path: &str, token: &str, key: &str, body: &Value) -> Answer {
    let request = app.request(reqwest::Method::POST, path).bearer_auth(token).json(body);
    app.send(request.header("Idempotency-Key", key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_request_answer_the_same_and_write_once() {
    let (app, customer, _) = start().await;
    let first = post(&app, "/support/tickets", &customer, "k-1", &draft()).await;
    let second = post(&app, "/support/tickets", &customer, "\"k-1\"", &draft()).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.text, second.text);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_422() {
    let (app, customer, _) = start().await;
    post(&app, "/support/tickets", &customer, "k-1", &draft()).await;
    let mut other = draft();
    other["subject"] = json!("Something else");
    let answer = post(&app, "/support/tickets", &customer, "k-1", &other).await;
    assert_eq!((answer.status, answer.body), (422, error(422, "Idempotency key reused with another request")));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_and_routes_do_not_share_keys() {
    let (app, customer, agent) = start().await;
    let path = opened(&app, &customer).await;
    assert_eq!(post(&app, "/support/tickets", &customer, "k", &draft()).await.status, 200);
    assert_eq!(post(&app, "/support/tickets", &agent, "k", &draft()).await.status, 200);
    let message = post(&app, &format!("{path}/messages"), &customer, "k", &json!({"message": "m"})).await;
    assert_eq!(message.status, 200);
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_make_one_ticket() {
    let (app, customer, _) = start().await;
    let body = draft();
    let posts = (0..20).map(|_| post(&app, "/support/tickets", &customer, "storm", &body));
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_the_same_key_runs_again() {
    let (app, customer, _) = start().await;
    let path = opened(&app, &customer).await;
    let unknown = "/support/tickets/ticket_00000000000070008000000000000000/messages";
    assert_eq!(post(&app, unknown, &customer, "k", &json!({"message": "m"})).await.status, 404);
    let good = post(&app, &format!("{path}/messages"), &customer, "k", &json!({"message": "m"})).await;
    assert_eq!((good.status, good.header("idempotency-replayed")), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_use_is_409_after_a_while() {
    let (app, customer, _) = start().await;
    // Another request holds the key: its transaction is open and stays so.
    let scope = "POST /support/tickets user_123";
    let holder = tokio::spawn({
        let (url, statement) = (
            app.database.url().to_owned(),
            format!(
                "BEGIN; INSERT INTO idempotency_keys (scope, key, fingerprint) VALUES ('{scope}', 'k', 'x'); \
             SELECT pg_sleep(8); ROLLBACK"
            ),
        );
        async move {
            use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
            let mut conn = diesel_async::AsyncPgConnection::establish(&url).await.unwrap();
            conn.batch_execute(&statement).await.unwrap();
        }
    });
    testkit::eventually("the key is held", async || {
        let held = app
            .database
            .count(
                "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' \
            AND relation = 'idempotency_keys'::regclass",
            )
            .await;
        (held > 0).then_some(())
    })
    .await;
    let answer = post(&app, "/support/tickets", &customer, "k", &draft()).await;
    assert_eq!((answer.status, answer.body.clone()), (409, error(409, "Idempotency key in use")));
    assert_eq!(answer.header("retry-after"), "1");
    holder.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_keys_are_400() {
    let (app, customer, _) = start().await;
    let long = "x".repeat(256);
    for key in ["", "a b", "\"open", "\"\"", &long] {
        assert_eq!(post(&app, "/support/tickets", &customer, key, &draft()).await.status, 400, "{key:?}");
    }
    assert_eq!(post(&app, "/support/tickets", &customer, &"x".repeat(255), &draft()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_forgotten_after_thirty_days() {
    let (app, customer, _) = start().await;
    post(&app, "/support/tickets", &customer, "old", &draft()).await;
    post(&app, "/support/tickets", &customer, "young", &draft()).await;
    app.database.run("UPDATE idempotency_keys SET created_at = now() - interval '31 days' WHERE key = 'old'").await;
    let db = storage::Db::new(app.database.url(), "test", 1, app.context.clock.clone(), Default::default()).unwrap();
    assert_eq!(storage::once::forget_old(&mut db.conn().await.unwrap()).await.unwrap(), 1);
    assert_eq!(app.database.count("SELECT count(*) FROM idempotency_keys WHERE key = 'young'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_keeps_its_connection() {
    let (app, customer, _) = start().await;
    let close = format!("{}/close", opened(&app, &customer).await);
    app.post(&close, &customer, json!({})).await;
    let message = close.replace("/close", "/messages");
    let query = "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE datname = current_database() \
        AND application_name = 'loan-support' AND backend_start > now() - interval '1 hour'";
    let before = app.database.count(query).await;
    let started = "SELECT coalesce(max(pid), 0)::int8 AS count FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'loan-support'";
    let newest = app.database.count(started).await;
    for _ in 0..10 {
        assert_eq!(app.post(&message, &customer, json!({"message": "m"})).await.status, 400);
    }
    assert_eq!(app.database.count(query).await, before);
    assert_eq!(app.database.count(started).await, newest, "no new connection was opened");
}
