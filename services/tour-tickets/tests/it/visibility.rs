//! Who sees and changes which ticket (contract, section 2).

use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{TICKETS, assert_error, draft, not_found, opened, opened_by_guest, send, start, with};

async fn ids(app: &TestApp, token: &str) -> Vec<i64> {
    let list = app.get(TICKETS, token).await;
    list.body.as_array().unwrap().iter().map(|ticket| ticket["ticketId"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_what_they_created_and_what_has_their_number() {
    let app = start().await;
    let (forty_two, named) = (app.token("42", Role::Customer), app.token("user_123", Role::Customer));
    let agent = app.token("agent_123", Role::Agent);
    opened(&app, &forty_two, draft()).await;
    opened(&app, &named, draft()).await;
    opened_by_guest(&app, with("userId", 42)).await;
    opened(&app, &agent, with("userId", 42)).await;
    opened(&app, &agent, with("userId", 43)).await;
    opened_by_guest(&app, draft()).await;
    assert_eq!(ids(&app, &forty_two).await, [1, 3, 4]);
    assert_eq!(ids(&app, &app.token("43", Role::Service)).await, [5]);
    assert_eq!(ids(&app, &named).await, [2]);
    assert_eq!(ids(&app, &app.token("042", Role::Customer)).await, [0_i64; 0], "another subject, and no number");
    assert_eq!(ids(&app, &agent).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(ids(&app, &app.token("admin_1", Role::Admin)).await, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_ticket_is_answered_exactly_like_none() {
    let app = start().await;
    let path = opened_by_guest(&app, with("userId", 42)).await;
    for (subject, role) in [("43", Role::Customer), ("stranger", Role::Customer), ("machine", Role::Service)] {
        let token = app.token(subject, role);
        for place in [path.as_str(), "/api/support_tickets/999"] {
            assert_error(&app.get(place, &token).await, 404, &not_found(place));
            assert_error(&app.put(place, &token, draft()).await, 404, &not_found(place));
            // Also with a number that would be refused: the ticket comes first.
            assert_error(&app.put(place, &token, with("userId", 7)).await, 404, &not_found(place));
            assert_error(&send(&app, Method::DELETE, place, &token).await, 404, &not_found(place));
        }
    }
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_write_their_own_number_and_no_other() {
    let app = start().await;
    let (forty_two, named) = (app.token("42", Role::Customer), app.token("user_123", Role::Customer));
    for sent in [json!(null), json!(42), json!("42")] {
        let created = app.post(TICKETS, &forty_two, with("userId", sent)).await;
        assert_eq!((created.status, &created.body["userId"]), (201, &json!(42)));
    }
    let path = opened(&app, &forty_two, draft()).await;
    assert_eq!(app.put(&path, &forty_two, draft()).await.body["userId"], 42, "a replacement without a number too");
    let refused = app.put(&path, &forty_two, with("userId", 43)).await;
    assert_error(&refused, 404, "User not found for userId: 43");
    assert_error(&app.post(TICKETS, &forty_two, with("userId", 43)).await, 404, "User not found for userId: 43");
    assert_error(&app.post(TICKETS, &named, with("userId", 42)).await, 404, "User not found for userId: 42");
    assert_eq!(app.post(TICKETS, &named, draft()).await.body["userId"], Value::Null);
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_stays_its_creator_s_whatever_support_writes() {
    let app = start().await;
    let (forty_two, agent) = (app.token("42", Role::Customer), app.token("agent_123", Role::Agent));
    let path = opened(&app, &forty_two, draft()).await;
    let moved = app.put(&path, &agent, with("userId", 43)).await;
    assert_eq!((moved.status, &moved.body["userId"]), (200, &json!(43)), "support writes any number");
    assert_eq!(app.get(&path, &forty_two).await.status, 200);
    assert_eq!(app.get(&path, &app.token("43", Role::Customer)).await.status, 200);
    assert_eq!(app.put(&path, &agent, draft()).await.body["userId"], Value::Null);
    assert_eq!(app.get(&path, &forty_two).await.status, 200);
    assert_eq!(app.get(&path, &app.token("43", Role::Customer)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_has_the_rights_of_a_customer() {
    let app = start().await;
    let machine = app.token("importer", Role::Service);
    let path = opened(&app, &machine, draft()).await;
    assert_eq!(app.get(&path, &machine).await.status, 200);
    assert_error(&app.post(TICKETS, &machine, with("userId", 5)).await, 404, "User not found for userId: 5");
    assert_eq!(send(&app, Method::DELETE, &path, &machine).await.status, 204);
}
