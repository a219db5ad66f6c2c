//! Events that come late, twice, in the wrong order, not at all, or broken.

use domain::{Line, Status};
use serde_json::json;
use testkit::{TestApp, eventually};

use crate::owner::Owner;
use crate::story::{Story, desk_with};

const VERSIONS: &str = "SELECT coalesce(max(version), 0) AS count FROM tickets";
const TICKETS: &str = "SELECT count(*) FROM tickets";
const PARKED: &str = "SELECT count(*) FROM parked_events";

fn long_story() -> Story {
    Story::opened(Line::Loan, "user_1").moved(Status::Open).moved(Status::Pending).moved(Status::Resolved)
}

async fn is_settled(app: &TestApp, version: i64) -> Option<()> {
    let settled = app.database.count(VERSIONS).await == version && app.database.count(PARKED).await == 0;
    settled.then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_filled_from_the_owner_before_the_event_takes_effect() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = long_story();
    owner.has(&story);
    app.publish(&story.log[0]).await;
    app.publish(&story.log[3]).await;
    assert_eq!(app.database.count(VERSIONS).await, 4);
    assert_eq!(app.database.count(PARKED).await, 0);
    let asked = owner.asked_for("/events").await;
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers["authorization"].to_str().unwrap().starts_with("Bearer "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_is_caught_up_with_by_its_last_event() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = Story::opened(Line::Tours, "user_1").moved(Status::Open).then("ticket.deleted", json!({}));
    owner.has(&story);
    app.publish(&story.last()).await;
    assert_eq!(app.database.count("SELECT max(version) AS count FROM applied_streams").await, 3);
    assert_eq!(app.database.count(PARKED).await, 0, "what was applied is not parked");
    assert_eq!(app.database.count(TICKETS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_in_any_order_end_in_the_same_state() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = long_story();
    owner.has(&story);
    for index in [2, 0, 3, 1, 3, 0] {
        app.publish(&story.log[index]).await;
    }
    assert_eq!(app.database.count(VERSIONS).await, 4);
    assert_eq!(app.database.count("SELECT count(*) FROM tickets WHERE status = 'resolved'").await, 1);
    assert_eq!(app.database.count(PARKED).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_cannot_be_filled_waits_until_the_owner_is_back() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = long_story();
    owner.has(&story);
    owner.goes_down();
    app.publish(&story.log[0]).await;
    app.publish(&story.log[2]).await;
    app.publish(&story.log[3]).await;
    assert_eq!(app.database.count(VERSIONS).await, 1);
    assert_eq!(app.database.count(PARKED).await, 2);
    // Others do not wait.
    let other = Story::opened(Line::Tours, "user_2");
    other.tell(&app).await;
    assert_eq!(app.database.count(TICKETS).await, 2);
    owner.comes_back();
    eventually("the parked events take effect", async || is_settled(&app, 4).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfit_event_is_parked_with_all_that_follow_it_and_other_streams_go_on() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let mut story = long_story();
    story.log[1].data.members.clear();
    owner.has(&story);
    let other = Story::opened(Line::Mas, "user_2").moved(Status::Closed);
    for (ours, theirs) in story.log.iter().zip(other.log.iter().chain(&other.log)) {
        app.publish(ours).await;
        app.publish(theirs).await;
    }
    assert_eq!(app.database.count("SELECT version AS count FROM tickets WHERE line = 'loan'").await, 1);
    assert_eq!(app.database.count("SELECT version AS count FROM tickets WHERE line = 'mas'").await, 2);
    assert_eq!(app.database.count(PARKED).await, 3);
    let reasons = "SELECT count(*) FROM parked_events WHERE version = 2 AND reason LIKE '%ticket.status_changed%'";
    assert_eq!(app.database.count(reasons).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_ticket_that_was_never_opened_is_parked_with_that_reason() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let mut event = Story::opened(Line::Loan, "user_1").then("ticket.message_added", json!({"messageId": "m"})).last();
    event.data.version = 1;
    app.publish(&event).await;
    let reasons = "SELECT count(*) FROM parked_events WHERE reason LIKE '%never opened%'";
    assert_eq!(app.database.count(reasons).await, 1);
    assert_eq!(app.database.count(TICKETS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_is_opened_twice_keeps_its_first_row() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = Story::opened(Line::Loan, "user_1");
    let again = story.clone().then("ticket.opened", json!({"requester": "user_2", "category": null}));
    again.tell(&app).await;
    let first = "SELECT count(*) FROM tickets WHERE requester = 'user_1' AND version = 1";
    assert_eq!(app.database.count(first).await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM parked_events WHERE reason LIKE '%opened before%'").await, 1);
}
