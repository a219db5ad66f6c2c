//! The table of cases (contract, 4.2) and the state machine (4.3).

use domain::Role;
use futures_util::future::join_all;
use serde_json::json;

use crate::{error, execute, items, not_found, opened, start, ticket, with};

#[tokio::test(flavor = "multi_thread")]
async fn without_an_id_only_a_new_ticket_is_possible() {
    let (app, provider, _) = start().await;
    let answer = execute(&app, &provider, with(json!({"id": null, "status": "ISSUE_OPEN"}))).await;
    let missing = error(400, 5001, "Missing", "Field: inputs.id, Reason: required", "Member inputs.id is required.");
    assert_eq!((answer.status, answer.body), (400, missing));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_cannot_become_anything() {
    let (app, provider, _) = start().await;
    for status in ["ISSUE_OPEN", "ISSUE_UPDATE_REQUESTED", "ISSUE_RESOLVED", "ISSUE_REVOKED"] {
        let answer = execute(&app, &provider, with(json!({"status": status}))).await;
        assert_eq!((answer.status, answer.body), (404, not_found()), "{status}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_answers_the_ticket_as_it_is_now() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    let late = execute(&app, &provider, ticket()).await;
    assert_eq!((late.status, &late.body["status"], &late.body["sequence"]), (200, &json!("ISSUE_OPEN"), &json!(1)));
    let spelled = with(json!({"status": null, "sequence": 4, "comment": null}));
    assert_eq!(execute(&app, &provider, spelled).await.text, late.text, "nulls and the sequence do not count");
    execute(&app, &provider, with(json!({"status": "ISSUE_RESOLVED"}))).await;
    for inputs in [ticket(), with(json!({"status": "ISSUE_RESOLVED"}))] {
        let over = execute(&app, &provider, inputs).await;
        assert_eq!((over.status, &over.body["status"]), (200, &json!("ISSUE_RESOLVED")), "also when it is over");
    }
    let new = execute(&app, &provider, with(json!({"status": null, "comment": "new"}))).await;
    let detail = "The ticket is ISSUE_RESOLVED and takes no more information.";
    let title = "Operation request-support is illegal in current status.";
    assert_eq!((new.status, new.body), (409, error(409, 5004, "Illegal", title, detail)));
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_earlier_execution_is_a_repetition_and_not_only_the_last() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    execute(&app, &provider, with(json!({"comment": "two"}))).await;
    let first_again = execute(&app, &provider, ticket()).await;
    assert_eq!((&first_again.body["comment"], &first_again.body["sequence"]), (&json!("two"), &json!(1)));
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_a_status_keeps_it_and_replaces_what_is_there() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    let context = json!({"asset": "other"});
    let answer = execute(&app, &provider, with(json!({"status": null, "context": context, "comment": "here"}))).await;
    assert_eq!(answer.body["status"], "ISSUE_UPDATE_REQUESTED");
    assert_eq!((&answer.body["context"], &answer.body["comment"]), (&context, &json!("here")));
    assert_eq!(answer.body["sequence"], 2);
    let list = app.get(&items(), &provider).await;
    assert_eq!(list.body["numberMatched"], 0, "it is about no leg any more");
    let missing = execute(&app, &provider, with(json!({"location": null, "timestamp": ""}))).await;
    assert_eq!(missing.body["errors"].as_array().map(Vec::len), Some(2), "the required members are required here too");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sequence_counts_to_ten_and_stays() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    for number in 1..=12 {
        let answer = execute(&app, &provider, with(json!({"comment": format!("{number}")}))).await;
        assert_eq!(answer.body["sequence"], json!(number.min(10)));
    }
    // Nothing at all changes now, and still it is an execution that was accepted.
    let same = with(json!({"comment": "12", "surprise": 1}));
    assert_eq!(execute(&app, &provider, same.clone()).await.status, 200);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 13);
    execute(&app, &provider, with(json!({"status": "ISSUE_REVOKED"}))).await;
    assert_eq!(execute(&app, &provider, same).await.status, 200, "so it is a repetition when the ticket is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_only_counts_tells_that_it_counted() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, with(json!({"comment": "a"}))).await;
    let fewer = execute(&app, &provider, ticket()).await;
    assert_eq!((&fewer.body["comment"], &fewer.body["sequence"]), (&json!("a"), &json!(1)));
    let events = app.events(2).await;
    assert_eq!(serde_json::to_value(&events[1]).unwrap()["data"]["fields"], json!(["sequence"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_five_times_at_once_makes_one_ticket() {
    let (app, provider, _) = start().await;
    let answers = join_all((0..5).map(|_| execute(&app, &provider, ticket()))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_different_requests_with_the_same_new_id_one_creates_and_the_others_update() {
    let (app, provider, _) = start().await;
    let inputs = (0..8).map(|number| with(json!({"comment": format!("{number}")})));
    let answers = join_all(inputs.map(|inputs| execute(&app, &provider, inputs))).await;
    let mut sequences: Vec<i64> = answers.iter().map(|answer| answer.body["sequence"].as_i64().unwrap()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (0..8).collect::<Vec<_>>(), "each of them is one change");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    let opened = "SELECT count(*) FROM ticket_events WHERE kind = 'ticket.opened'";
    assert_eq!(app.database.count(opened).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_withdrawal_many_times_at_once_is_one_withdrawal() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    let revoke = || execute(&app, &provider, with(json!({"status": "ISSUE_REVOKED"})));
    let answers = join_all((0..8).map(|_| revoke())).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text), "{answers:?}");
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_of_another_provider_is_another_ticket() {
    let (app, provider, _) = start().await;
    let other = app.token("mp-utrecht", Role::Customer);
    execute(&app, &provider, with(json!({"comment": "secret"}))).await;
    let unknown = execute(&app, &other, with(json!({"status": "ISSUE_REVOKED"}))).await;
    assert_eq!((unknown.status, unknown.body), (404, not_found()), "neither learns of the other");
    let theirs = execute(&app, &other, ticket()).await;
    assert_eq!((theirs.status, &theirs.body["sequence"]), (200, &json!(0)));
    assert!(!theirs.text.contains("secret"));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_tickets_for_one_leg_are_normal() {
    let (app, provider, _) = start().await;
    for id in ["a", "b", "c"] {
        execute(&app, &provider, with(json!({"id": id}))).await;
    }
    assert_eq!(app.get(&items(), &provider).await.body["numberMatched"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_answers_solves_and_withdraws() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    let waiting = execute(&app, &provider, with(json!({"status": "ISSUE_UPDATE_REQUESTED", "comment": "soon"}))).await;
    assert_eq!((waiting.status, &waiting.body["status"]), (200, &json!("ISSUE_UPDATE_REQUESTED")));
    let answer = execute(&app, &provider, with(json!({"status": "ISSUE_OPEN", "comment": "blue bike"}))).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("ISSUE_OPEN")));
    let back = execute(&app, &provider, with(json!({"status": "ISSUE_UPDATE_REQUESTED", "comment": "no"}))).await;
    assert_eq!(back.status, 409);
    let solved = execute(&app, &provider, with(json!({"status": "ISSUE_RESOLVED"}))).await;
    assert_eq!((solved.status, &solved.body["comment"]), (200, &json!("blue bike")));
    // An agent may take it up again; then the provider may go on.
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    let revoked = execute(&app, &provider, with(json!({"status": "ISSUE_REVOKED"}))).await;
    assert_eq!((revoked.status, &revoked.body["status"]), (200, &json!("ISSUE_REVOKED")));
}
