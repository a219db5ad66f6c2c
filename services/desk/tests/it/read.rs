//! One ticket, with what its owner says of it.

use std::net::TcpListener;
use std::time::Duration;

use desk::Desk;
use domain::{Line, Role, Status};
use serde_json::json;
use testkit::{Answer, TestApp};

use crate::owner::Owner;
use crate::story::{OWNER, Story, desk, desk_with};

/// An owner, a desk that knows one of its tickets, and the ticket.
async fn known_ticket(line: Line) -> (Owner, TestApp, Story) {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = Story::opened(line, "user_1").assigned(Some("agent_1"));
    story.tell(&app).await;
    owner.has(&story);
    (owner, app, story)
}

async fn read_with(app: &TestApp, story: &Story, if_none_match: &str) -> Answer {
    let request = app.request(reqwest::Method::GET, &story.path());
    app.send(request.bearer_auth(app.token("agent_1", Role::Agent)).header("if-none-match", if_none_match)).await
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text);
    assert_eq!(answer.body["code"], "unavailable");
    assert_eq!(answer.body["detail"], json!(null), "the cause is for the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_has_its_row_and_the_text_of_its_owner() {
    let (owner, app, story) = known_ticket(Line::Loan).await;
    let token = app.token("agent_1", Role::Agent);
    let answer = app.get(&story.path(), &token).await;
    let time = |index: usize| story.log[index].time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let expected = json!({
        "id": story.key, "ticket_id": format!("id-{}", story.key), "line": "loan", "status": "new",
        "line_status": "Open", "priority": "normal", "requester": "user_1", "assignee": "agent_1",
        "category": "billing", "created_at": time(0), "updated_at": time(1), "version": 2,
        "subject": "It does not work", "description": "Not at all", "attachments": ["file-1"],
        "timeline": [{"type": "message", "id": "m1", "author": "user_1", "body": "Hello?", "visibility": "public",
            "attachments": [], "at": time(1)}],
        "line_fields": {"categoryId": "billing"},
        "actions": {"reply": true, "set_status": ["open", "pending", "resolved", "closed"], "set_priority": true,
            "assign": true},
    });
    assert_eq!((answer.status, answer.body), (200, expected));
    let asked = owner.asked_for("/tickets/").await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {token}"), "the owner judges the caller itself");
    assert!(asked[0].headers.contains_key("traceparent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_has_already_is_shown_before_its_event_arrives() {
    let (owner, app, story) = known_ticket(Line::Loan).await;
    let later = story.clone().moved(Status::Closed).assigned(None);
    owner.shows(&story, later.snapshot());
    let answer = app.get(&story.path(), &app.token("agent_1", Role::Agent)).await;
    let ticket = &answer.body;
    assert_eq!((&ticket["version"], &ticket["status"]), (&4.into(), &"closed".into()));
    assert_eq!(ticket["assignee"], json!(null));
    assert_eq!(ticket["updated_at"], later.log[3].time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
    assert_eq!(ticket["actions"], json!({"reply": false, "set_status": [], "set_priority": true, "assign": true}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_behind_does_not_set_the_ticket_back() {
    let (owner, app, story) = known_ticket(Line::Loan).await;
    let before = story.snapshot();
    let later = story.clone().moved(Status::Resolved);
    app.publish(&later.last()).await;
    owner.shows(&story, before);
    let answer = app.get(&story.path(), &app.token("agent_1", Role::Agent)).await;
    assert_eq!((&answer.body["version"], &answer.body["status"]), (&3.into(), &"resolved".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_may_reply_until_the_ticket_is_closed_and_do_nothing_else() {
    let (owner, app, story) = known_ticket(Line::Loan).await;
    let token = app.token("user_1", Role::Customer);
    let answer = app.get(&story.path(), &token).await;
    let only_reply = json!({"reply": true, "set_status": [], "set_priority": false, "assign": false});
    assert_eq!(answer.body["actions"], only_reply);
    owner.shows(&story, story.clone().moved(Status::Closed).snapshot());
    let answer = app.get(&story.path(), &token).await;
    assert_eq!(answer.body["actions"]["reply"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_the_answer_gets_304_until_it_changes() {
    let (owner, app, story) = known_ticket(Line::Tours).await;
    let first = read_with(&app, &story, "\"0\"").await;
    assert_eq!(first.status, 200);
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with("\"2-"), "{etag}");
    let same = read_with(&app, &story, &etag).await;
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", etag.as_str()));
    assert_eq!(read_with(&app, &story, &format!("\"x\", W/{etag}")).await.status, 304);

    // Another version.
    let later = story.clone().moved(Status::Open);
    owner.has(&later);
    let changed = read_with(&app, &story, &etag).await;
    assert_eq!(changed.status, 200);
    assert!(changed.header("etag").starts_with("\"3-"));

    // The same version with another attachment, which counts in a stream of its own.
    let mut snapshot = later.snapshot();
    snapshot["attachments"] = json!(["file-1", "file-2"]);
    owner.shows(&story, snapshot);
    assert_eq!(read_with(&app, &story, changed.header("etag")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_fails_is_unavailable_and_the_list_is_not() {
    let (owner, app, story) = known_ticket(Line::Loan).await;
    owner.goes_down();
    let token = app.token("agent_1", Role::Agent);
    assert_unavailable(&app.get(&story.path(), &token).await);
    assert_eq!(app.get("/v1/tickets", &token).await.status, 200);
    owner.comes_back();
    assert_eq!(app.get(&story.path(), &token).await.status, 200);
    owner.shows(&story, json!({"no": "snapshot"}));
    assert_unavailable(&app.get(&story.path(), &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_too_slow_is_unavailable() {
    let (owner, app, story) = known_ticket(Line::Loan).await;
    owner.answers_after(Duration::from_secs(30));
    let asking = app.token("agent_1", Role::Agent);
    let answer = tokio::time::timeout(Duration::from_secs(8), app.get(&story.path(), &asking)).await;
    assert_unavailable(&answer.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_not_there_or_not_known_is_unavailable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = TestApp::builder().address(OWNER, format!("http://127.0.0.1:{port}")).start::<Desk>().await;
    for app in [crate::story::listening(gone).await, desk().await] {
        let story = Story::opened(Line::Loan, "user_1");
        story.tell(&app).await;
        assert_unavailable(&app.get(&story.path(), &app.token("agent_1", Role::Agent)).await);
    }
}
