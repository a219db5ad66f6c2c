//! Opening, reading and renaming tickets.

use std::sync::Arc;

use chrono::SecondsFormat;
use domain::{Clock as _, MockClock, Role, SystemClock};
use helpdesk_conversation::HelpdeskConversation;
use serde_json::json;
use testkit::TestApp;

use crate::{TICKETS, error, join, open, paths, start};

/// The document's instance: its numbers, and a clock that stands still.
async fn documented() -> (TestApp, String, String, String) {
    let now = SystemClock.now();
    let app = TestApp::builder().clock(Arc::new(MockClock::at(now))).start::<HelpdeskConversation>().await;
    let next = "SELECT setval('user_numbers', 3, false), setval('conversation_ids', 7, false), \
        setval('entry_ids', 7, false)";
    app.database.run(next).await;
    let (customer, agent) = (app.token("user_123", Role::Customer), app.token("agent_123", Role::Agent));
    (app, customer, agent, now.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_s_examples_are_answered_word_for_word() {
    let (app, customer, agent, now) = documented().await;
    let ticket = |title: &str, members: &str| {
        format!(
            "{{\"id\":1,\"title\":\"{title}\",\"opened\":\"{now}\",\"authors\":[3],\
             \"conversation\":{{\"id\":7,\"members\":{members}}}}}"
        )
    };
    let created = app.post(TICKETS, &customer, json!({"title": "Cannot open my draft"})).await;
    assert_eq!((created.status, created.text.clone()), (201, ticket("Cannot open my draft", "[3]")));
    assert_eq!(created.header("content-type"), "application/json");
    assert_eq!(created.header("location"), format!("{}{TICKETS}/1", app.url));
    let path = format!("{TICKETS}/1");
    assert_eq!(app.get(TICKETS, &customer).await.text, format!("[{}]", created.text));
    assert_eq!(app.get(&path, &customer).await.text, created.text);

    // The agent is user 5 of the document.
    app.database.run("SELECT setval('user_numbers', 5, false)").await;
    assert_eq!(app.get(&format!("{TICKETS}/my"), &agent).await.text, "[]");
    let renamed = app.put(&path, &agent, json!({"title": "Draft does not open"})).await;
    assert_eq!((renamed.status, renamed.text), (200, ticket("Draft does not open", "[3]")));

    let hello = app.post("/api/v1/conversations/7/messages", &customer, json!({"text": "Hello"})).await;
    let message = |id: i32| {
        format!(
            "{{\"id\":{id},\"kind\":\"new-message\",\"timestamp\":\"{now}\",\"author\":3,\"text\":\"Hello\",\
             \"body\":\"AAkBBwIFSGVsbG8=\"}}"
        )
    };
    assert_eq!((hello.status, hello.text), (201, message(7)));
    let request = app.request(reqwest::Method::POST, &format!("{path}/join")).bearer_auth(&agent);
    let joined = app.send(request).await;
    assert_eq!((joined.status, joined.text.as_str(), joined.header("content-length")), (200, "", "0"));
    assert_eq!(app.get("/api/v1/conversations", &customer).await.text, r#"[{"id":7,"members":[3,5]}]"#);
    assert_eq!(app.get("/api/v1/conversations/7", &customer).await.text, r#"{"id":7,"members":[3,5]}"#);
    let listed = app.get("/api/v1/conversations/7/messages?limit=2", &customer).await.text;
    let joining = format!("{{\"id\":8,\"kind\":\"user-joined\",\"timestamp\":\"{now}\",\"users\":[5]}}");
    assert_eq!(listed, format!("[{joining},{}]", message(7)));
    assert_eq!(
        app.get("/api/v1/users/me", &customer).await.text,
        r#"{"id":3,"name":"user_123","is_super":false,"is_support":false,"language":"en","teams":[]}"#
    );
    let agent_shown = r#"{"id":5,"name":"agent_123","is_super":false,"is_support":true,"language":"en","teams":[]}"#;
    assert_eq!(app.get("/api/v1/users/5", &customer).await.text, agent_shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_finds_its_conversation_right_after_opening_a_ticket() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    assert_eq!(app.get("/api/v1/conversations", &customer).await.body, json!([ticket["conversation"]]));
    assert_eq!(app.get(&paths(&ticket).1, &customer).await.body, ticket["conversation"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_gives_the_same_answer_as_json() {
    let (app, customer, agent) = start().await;
    let form = |method: reqwest::Method, path: &str, token: &str, body: &'static str| {
        let request = app.request(method, path).bearer_auth(token);
        app.send(request.header("content-type", "application/x-www-form-urlencoded").body(body))
    };
    let created = form(reqwest::Method::POST, TICKETS, &customer, "title=Cannot+open%20my draft%3F+%C3%A9").await;
    assert_eq!((created.status, &created.body["title"]), (201, &json!("Cannot open my draft? é")));
    let path = paths(&created.body).0;
    let renamed = form(reqwest::Method::PUT, &path, &agent, "title=").await;
    assert_eq!((renamed.status, &renamed.body["title"]), (200, &json!("")));
    let same = form(reqwest::Method::PUT, &path, &agent, "").await;
    assert_eq!((same.status, &same.body), (200, &renamed.body));
    let said = form(reqwest::Method::POST, &format!("{}/messages", paths(&created.body).1), &customer, "text=Hi").await;
    assert_eq!((said.status, &said.body["text"]), (201, &json!("Hi")));
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_come_back_exactly_as_they_were_sent() {
    let (app, customer, _) = start().await;
    let odd = " \u{1}\t<b>&amp; e\u{301} \u{1F600}\u{200F} \"\\/ \r\n ";
    let limit = "é".repeat(2048);
    for title in ["", odd, limit.as_str()] {
        let created = app.post(TICKETS, &customer, json!({"title": title})).await;
        assert_eq!((created.status, &created.body["title"]), (201, &json!(title)));
        assert_eq!(app.get(&paths(&created.body).0, &customer).await.body["title"], title);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_post_is_a_new_ticket_with_a_conversation_of_its_own() {
    let (app, customer, _) = start().await;
    let (first, second) = (open(&app, &customer).await, open(&app, &customer).await);
    assert!(first["id"].as_i64() < second["id"].as_i64());
    assert_ne!(first["conversation"]["id"], second["conversation"]["id"]);
    assert_eq!(first["authors"], json!([crate::number(&app, &customer).await]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_without_a_title_or_with_the_same_one_changes_nothing() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    for body in [json!({}), json!({"title": null}), json!({"title": "Cannot open my draft"})] {
        let answer = app.put(&paths(&ticket).0, &agent, body).await;
        assert_eq!((answer.status, &answer.body), (200, &ticket));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM tickets WHERE version = 1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_shows_the_members() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    join(&app, &ticket, &agent).await;
    let answer = app.put(&paths(&ticket).0, &agent, json!({"title": "other"})).await;
    let members = json!([crate::number(&app, &customer).await, crate::number(&app, &agent).await]);
    assert_eq!((&answer.body["title"], &answer.body["conversation"]["members"]), (&json!("other"), &members));
    assert_eq!(answer.body["authors"], ticket["authors"], "joining makes no author");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_ticket_is_answered_exactly_like_none() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let not_found = error("support:ticket:not-found", "not found");
    for token in [app.token("stranger", Role::Customer), app.token("machine", Role::Service)] {
        for id in [ticket["id"].to_string().as_str(), "999", "abc", "0", "-1", "+1", "1.0", "99999999999", "%31"] {
            let answer = app.get(&format!("{TICKETS}/{id}"), &token).await;
            assert_eq!((answer.status, answer.body), (404, not_found.clone()), "{id}");
        }
    }
    for id in ["999", "abc", "0", "2147483648", "99999999999"] {
        let place = format!("{TICKETS}/{id}");
        assert_eq!(app.get(&place, &agent).await.body, not_found, "{id}");
        let put = app.put(&place, &agent, json!({"title": "x"})).await;
        assert_eq!((put.status, put.body), (404, not_found.clone()), "{id}");
        assert_eq!(app.put(&place, &agent, json!({"title": 5})).await.status, 400, "the body comes first");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn my_is_never_taken_as_an_id() {
    let (app, customer, agent) = start().await;
    open(&app, &customer).await;
    assert_eq!(app.get(&format!("{TICKETS}/my"), &customer).await.body.as_array().map(Vec::len), Some(1));
    assert_eq!(app.put(&format!("{TICKETS}/my"), &agent, json!({})).await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_support_gets_an_empty_404_whatever_was_sent() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    let path = paths(&ticket).0;
    for place in [path.as_str(), "/api/v1/support/tickets/999", "/api/v1/support/tickets/abc"] {
        let put = |body: &'static str, content_type: &'static str| {
            let request = app.request(reqwest::Method::PUT, place).bearer_auth(&customer);
            app.send(request.header("content-type", content_type).body(body))
        };
        let answers = [
            put("{\"title\":\"x\"}", "application/json").await,
            put("{", "application/json").await,
            put("x", "text/plain").await,
            app.send(app.request(reqwest::Method::PUT, place).bearer_auth(&customer)).await,
            app.send(app.request(reqwest::Method::POST, &format!("{place}/join")).bearer_auth(&customer)).await,
        ];
        for answer in answers {
            assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{place}");
            assert_eq!(answer.header("content-length"), "0");
            assert!(!answer.header("x-request-id").is_empty());
        }
    }
    assert_eq!(app.get(&path, &customer).await.body, ticket, "nothing happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn support_opens_tickets_like_anyone() {
    let (app, _, agent) = start().await;
    let ticket = open(&app, &agent).await;
    assert_eq!(ticket["authors"], ticket["conversation"]["members"]);
    assert_eq!(app.get(&format!("{TICKETS}/my"), &agent).await.body, json!([ticket]));
    assert_eq!(app.get("/api/v1/notifications", &agent).await.body, json!([]), "not told of the own ticket");
}
