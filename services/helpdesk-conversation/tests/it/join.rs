//! Support joins conversations.

use domain::Role;
use serde_json::json;

use crate::{TICKETS, error, join, number, open, paths, start, write};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_joins_is_a_member_and_sees_the_whole_conversation() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    write(&app, &ticket, &customer, "before").await;
    join(&app, &ticket, &agent).await;
    let (author, joined) = (number(&app, &customer).await, number(&app, &agent).await);
    let (path, conversation) = paths(&ticket);
    assert_eq!(app.get(&conversation, &agent).await.body["members"], json!([author, joined]));
    assert_eq!(app.get(&path, &customer).await.body["authors"], json!([author]));
    let entries = app.get(&format!("{conversation}/messages"), &agent).await.body;
    assert_eq!((&entries[0]["kind"], &entries[0]["users"]), (&json!("user-joined"), &json!([joined])));
    assert_eq!(entries[1]["text"], "before");
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_twice_also_at_the_same_time_makes_one_member_and_one_entry() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let joins = (0..12).map(|_| join(&app, &ticket, &agent));
    futures_util::future::join_all(joins).await;
    join(&app, &ticket, &agent).await;
    assert_eq!(app.database.count("SELECT count(*) FROM members").await, 2);
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 1);
    let kinds: Vec<String> = app.events(3).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.updated", "ticket.status_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_who_join_at_the_same_time_are_two_members() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let admin = app.token("admin_1", Role::Admin);
    tokio::join!(join(&app, &ticket, &agent), join(&app, &ticket, &admin));
    assert_eq!(app.database.count("SELECT count(*) FROM members").await, 3);
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 2);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events WHERE kind = 'ticket.status_changed'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_of_join_is_ignored() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let place = format!("{}/join", paths(&ticket).0);
    for (content_type, body) in [("text/plain", "x".to_owned()), ("application/json", "{".to_owned())] {
        let request = app.request(reqwest::Method::POST, &place).bearer_auth(&agent);
        let answer = app.send(request.header("content-type", content_type).body(body)).await;
        assert_eq!((answer.status, answer.text.as_str(), answer.header("content-length")), (200, "", "0"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_cannot_join_what_is_not_there() {
    let (app, _, agent) = start().await;
    for id in ["999", "abc", "0", "99999999999", "my"] {
        let request = app.request(reqwest::Method::POST, &format!("{TICKETS}/{id}/join")).bearer_auth(&agent);
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.body), (404, error("support:ticket:not-found", "not found")), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_the_support_team_who_joins_is_a_member_already() {
    let (app, _, agent) = start().await;
    let ticket = open(&app, &agent).await;
    join(&app, &ticket, &agent).await;
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 0);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_shows_everything_to_a_member_whose_view_was_limited() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    write(&app, &ticket, &customer, "hidden").await;
    let number = number(&app, &agent).await;
    app.database.run(&format!("INSERT INTO members VALUES ({}, {number}, 1000)", ticket["conversation"]["id"])).await;
    let messages = format!("{}/messages", paths(&ticket).1);
    assert_eq!(app.get(&messages, &agent).await.body, json!([]));
    join(&app, &ticket, &agent).await;
    assert_eq!(app.get(&messages, &agent).await.body[0]["text"], "hidden");
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 1, "nobody joined anew");
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 2, "opened, and the message");
}
