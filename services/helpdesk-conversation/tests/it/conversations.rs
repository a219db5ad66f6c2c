//! Conversations as JSON.

use domain::Role;
use serde_json::{Value, json};

use crate::{error, join, open, paths, start, write};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_members_sees_a_conversation_not_even_support() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let not_found = error("conversation:not-found", "not found");
    let stranger = app.token("stranger", Role::Customer);
    let own = ticket["conversation"]["id"].to_string();
    for (token, id) in [
        (&agent, own.as_str()),
        (&stranger, own.as_str()),
        (&customer, "999"),
        (&customer, "abc"),
        (&customer, "0"),
        (&customer, "99999999999"),
    ] {
        let path = format!("/api/v1/conversations/{id}");
        let messages = format!("{path}/messages");
        for answer in [
            app.get(&path, token).await,
            app.get(&messages, token).await,
            app.post(&messages, token, json!({"text": "x"})).await,
        ] {
            assert_eq!((answer.status, answer.body), (404, not_found.clone()), "{id}");
        }
    }
    assert_eq!(app.get("/api/v1/conversations", &agent).await.body, json!([]));
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 0);
    join(&app, &ticket, &agent).await;
    assert_eq!(app.get(&paths(&ticket).1, &agent).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_own_conversations_newest_first() {
    let (app, customer, agent) = start().await;
    let (first, second) = (open(&app, &customer).await, open(&app, &customer).await);
    open(&app, &app.token("user_456", Role::Customer)).await;
    join(&app, &second, &agent).await;
    let list = app.get("/api/v1/conversations", &customer).await.body;
    assert_eq!(list[0]["id"], second["conversation"]["id"]);
    assert_eq!(list[0]["members"].as_array().map(Vec::len), Some(2));
    assert_eq!((&list[1], &list[2]), (&first["conversation"], &Value::Null));
    assert_eq!(app.get("/api/v1/conversations", &agent).await.body.as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_paged_newest_first() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    let mut sent = Vec::new();
    for number in 0..60 {
        sent.push(write(&app, &ticket, &customer, &format!("message {number}")).await.body);
    }
    sent.reverse();
    let path = format!("{}/messages", paths(&ticket).1);
    assert_eq!(app.get(&path, &customer).await.body, json!(sent[..50]), "50 unless more are asked for");
    assert_eq!(app.get(&format!("{path}?limit=100"), &customer).await.body, json!(sent));
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let before = seen.last().map(|last| format!("&before={}", last["id"])).unwrap_or_default();
        let page = app.get(&format!("{path}?limit=25{before}"), &customer).await.body;
        let page = page.as_array().unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().cloned());
    }
    assert_eq!(seen, sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_a_text_is_a_paragraph() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    for (text, plain, body) in [
        ("Hello", "Hello", "AAkBBwIFSGVsbG8="),
        ("A\r\nB", "A\nB", "AAoBAwIBQQEDAgFC"),
        ("A\rB", "A\nB", "AAoBAwIBQQEDAgFC"),
        ("A\n\nB", "A\n\nB", "AAwBAwIBQQEAAQMCAUI="),
        ("A\n", "A\n", "AAcBAwIBQQEA"),
        (" A", " A", "AAYBBAICIEE="),
    ] {
        let sent = write(&app, &ticket, &customer, text).await;
        assert_eq!(
            (sent.status, &sent.body["text"], &sent.body["body"]),
            (201, &json!(plain), &json!(body)),
            "{text:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_have_1_to_8192_characters_and_are_not_only_white_space() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    for text in ["x".repeat(8192), "é".repeat(8192), "\u{1F600}".repeat(8192), "a\n".repeat(4096)] {
        let sent = write(&app, &ticket, &customer, &text).await;
        assert_eq!((sent.status, sent.body["text"].as_str()), (201, Some(text.as_str())));
    }
    for text in ["", " ", "\r\n\t\u{2003}", &"x".repeat(8193), &"é".repeat(8193), "a\u{0}b"] {
        let refused = write(&app, &ticket, &customer, text).await;
        assert_eq!((refused.status, &refused.body["error"]), (400, &json!("request:body:invalid")), "{}", text.len());
    }
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_messages_have_ids_in_the_order_in_which_they_are_committed() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    let sends = (0..20).map(|_| write(&app, &ticket, &customer, "m"));
    let answers = futures_util::future::join_all(sends).await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    // The version is counted under the same lock: id and version grow together.
    let mixed = app
        .database
        .count(
            "SELECT count(*) FROM ticket_events a JOIN ticket_events b ON a.version < b.version \
             WHERE a.kind = 'ticket.message_added' AND b.kind = 'ticket.message_added' \
             AND (a.data->>'messageId')::int >= (b.data->>'messageId')::int",
        )
        .await;
    assert_eq!(mixed, 0);
    assert_eq!(app.database.count("SELECT count(DISTINCT id) FROM entries").await, 20);
}
