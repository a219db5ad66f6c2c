//! Who is told of what.

use domain::Role;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{error, join, number, open, paths, start, write};

async fn unread(app: &TestApp, token: &str) -> Vec<Value> {
    let answer = app.get("/api/v1/notifications", token).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn known_support_users_are_told_of_a_new_ticket() {
    let (app, customer, agent) = start().await;
    let (admin, late) = (app.token("admin_1", Role::Admin), app.token("agent_late", Role::Agent));
    let other = app.token("user_456", Role::Customer);
    for token in [&agent, &admin, &other] {
        number(&app, token).await;
    }
    let ticket = open(&app, &customer).await;
    for token in [&agent, &admin] {
        let told = unread(&app, token).await;
        assert_eq!(told.len(), 1);
        let mut told = told[0].clone();
        assert!(told["id"].as_i64().unwrap() > 0);
        told.as_object_mut().unwrap().remove("id");
        let expected = json!({"kind": "new-support-ticket", "timestamp": ticket["opened"],
            "author": number(&app, &customer).await, "ticket": ticket["id"]});
        assert_eq!(told, expected);
    }
    for token in [&customer, &other, &late] {
        assert_eq!(unread(&app, token).await, [Value::Null; 0], "not customers, and nobody who was not known then");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_are_not_connected_are_told_of_a_message_and_its_author_is_not() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let outside = app.token("agent_9", Role::Agent);
    join(&app, &ticket, &agent).await;
    let before = unread(&app, &outside).await.len();
    let sent = write(&app, &ticket, &customer, "Hello").await.body;
    let told = unread(&app, &agent).await;
    let id = told[0]["id"].clone();
    let expected = json!({"id": id, "kind": "new-message", "timestamp": sent["timestamp"],
        "conversation": ticket["conversation"]["id"], "author": sent["author"], "message": sent["id"]});
    assert_eq!(told[0], expected);
    assert_eq!(unread(&app, &customer).await, [Value::Null; 0]);
    assert_eq!(unread(&app, &outside).await.len(), before);
    write(&app, &ticket, &agent, "Hello to you").await;
    assert_eq!(unread(&app, &customer).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_with_an_open_socket_are_not_told_of_a_message() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    join(&app, &ticket, &agent).await;
    let (conversation, me) = (&ticket["conversation"]["id"], number(&app, &agent).await);
    let socket = |age: u8| {
        format!("INSERT INTO open_sockets VALUES (gen_random_uuid(), {conversation}, {me}, now() - interval '{age} s')")
    };
    app.database.run(&socket(95)).await;
    write(&app, &ticket, &customer, "one").await;
    assert_eq!(unread(&app, &agent).await.len(), 1, "a socket that was not seen for 90 s is gone");
    app.database.run(&socket(5)).await;
    write(&app, &ticket, &customer, "two").await;
    assert_eq!(unread(&app, &agent).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_marked_as_read_and_unread() {
    let (app, customer, agent) = start().await;
    number(&app, &agent).await;
    let (first, second) = (open(&app, &customer).await, open(&app, &customer).await);
    let told = unread(&app, &agent).await;
    assert_eq!((&told[0]["ticket"], &told[1]["ticket"]), (&second["id"], &first["id"]), "newest first");
    let path = format!("/api/v1/notifications/{}", told[0]["id"]);
    for _ in 0..2 {
        let answer = app.put(&path, &agent, json!({"unread": false})).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert_eq!(unread(&app, &agent).await, told[1..]);
    }
    for _ in 0..2 {
        assert_eq!(app.put(&path, &agent, json!({"unread": true})).await.status, 204);
        assert_eq!(unread(&app, &agent).await, told);
    }
    let form = app.request(reqwest::Method::PUT, &path).bearer_auth(&agent).body("unread=false");
    assert_eq!(app.send(form.header("content-type", "application/x-www-form-urlencoded")).await.status, 204);
    assert_eq!(unread(&app, &agent).await, told[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_notification_is_answered_exactly_like_none() {
    let (app, customer, agent) = start().await;
    number(&app, &agent).await;
    open(&app, &customer).await;
    let id = unread(&app, &agent).await[0]["id"].to_string();
    let admin = app.token("admin_1", Role::Admin);
    for (token, id) in [
        (&customer, id.as_str()),
        (&admin, id.as_str()),
        (&agent, "999"),
        (&agent, "abc"),
        (&agent, "0"),
        (&agent, "99999999999"),
    ] {
        let answer = app.put(&format!("/api/v1/notifications/{id}"), token, json!({"unread": false})).await;
        assert_eq!((answer.status, answer.body), (404, error("event:not-found", "not found")), "{id}");
    }
    assert_eq!(unread(&app, &agent).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_200_are_listed() {
    let (app, _, agent) = start().await;
    let me = number(&app, &agent).await;
    app.database
        .run(&format!(
            "INSERT INTO notifications (user_number, at, author, ticket) \
             SELECT {me}, now(), 1, generate_series(1, 250)"
        ))
        .await;
    let told = unread(&app, &agent).await;
    assert_eq!((told.len(), &told[0]["ticket"], &told[199]["ticket"]), (200, &json!(250), &json!(51)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_longer_support_is_no_longer_told_of_tickets() {
    let (app, customer, agent) = start().await;
    number(&app, &agent).await;
    let demoted = app.token("agent_123", Role::Customer);
    number(&app, &demoted).await;
    let ticket = open(&app, &customer).await;
    assert_eq!(unread(&app, &demoted).await, [Value::Null; 0]);
    assert_eq!(app.get(&paths(&ticket).0, &demoted).await.status, 404);
}
