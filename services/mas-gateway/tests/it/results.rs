//! What MAS answers (events, section 6.2; contract, section 5).

use domain::{Clock as _, SystemClock};
use messaging::bus::{Bus as _, Message, Properties};
use messaging::topology::Exchange;
use serde_json::{Value, json};

use crate::Line;
use crate::log_book::{self, LogBook};

/// Publishes a result; returns when the service has answered for it: applied, ignored, or dead-lettered. Gives the
/// message's id.
async fn publish(line: &Line, body: &[u8]) -> String {
    let message = Message {
        exchange: Exchange::MasResults,
        routing_key: "resume-result".to_owned(),
        properties: Properties {
            message_id: SystemClock.new_id(),
            content_type: "application/json".to_owned(),
            ..Properties::default()
        },
        body: body.into(),
    };
    testkit::eventually("the result is taken", async || line.app.bus.publish(message.clone()).await.ok()).await;
    message.properties.message_id.to_string()
}

async fn result(line: &Line, body: Value) {
    let log = log_book::open();
    let id = publish(line, body.to_string().as_bytes()).await;
    assert!(!is_dead(&log, &id), "{body}");
}

/// Whether a message went to the dead-letter queue. The in-process bus says so in the log.
fn is_dead(log: &LogBook, id: &str) -> bool {
    log.has_line(&["message dead-lettered", id])
}

/// The kinds of the events of a ticket, and the last of them.
async fn told(line: &Line, count: usize) -> (Vec<String>, domain::Envelope) {
    let events = line.app.events(count).await;
    assert_eq!(line.app.database.count("SELECT count(*) FROM ticket_events").await, count as i64);
    (events.iter().map(|event| event.kind.clone()).collect(), events.last().unwrap().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn completed_closes_the_request() {
    let line = Line::start().await;
    let (transaction, _) = line.ticket("456").await;
    result(&line, json!({"transaction_id": transaction, "outcome": "completed", "detail": "Service resumed"})).await;
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["status"], &detail["closed_by"]), (&json!("CLOSED"), &json!("MAS")));
    assert_eq!(
        (&detail["completion_code"], &detail["completed_description"]),
        (&json!("completed"), &json!("Service resumed"))
    );
    assert_ne!(detail["closed_date_time"], "");
    let (kinds, last) = told(&line, 2).await;
    assert_eq!(kinds, ["ticket.opened", "ticket.status_changed"]);
    let data = serde_json::to_value(&last).unwrap()["data"].clone();
    assert_eq!(
        data,
        json!({
            "line": "mas", "ticketKey": last.data.ticket_key, "ticketId": transaction.to_string(), "version": 2,
            "actor": {"id": "mas", "role": "system"}, "status": "resolved", "lineStatus": "CLOSED", "priority": "normal",
            "from": "new", "to": "resolved", "lineFrom": "OPEN", "lineTo": "CLOSED",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_leaves_it_open_for_a_person_and_completed_may_follow() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    result(
        &line,
        json!({"transaction_id": transaction.to_string(), "outcome": "rejected", "detail": "Unknown service"}),
    )
    .await;
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["status"], &detail["completion_code"]), (&json!("OPEN"), &json!("rejected")));
    assert_eq!((&detail["closed_by"], &detail["closed_date_time"]), (&json!(""), &json!("")));
    let seen = line.app.get(&place, &line.agent).await.body;
    assert_eq!((&seen["status"], &seen["line_fields"]["outcome_detail"]), (&json!("open"), &json!("Unknown service")));
    let (_, last) = told(&line, 2).await;
    let members = serde_json::to_value(&last).unwrap()["data"].clone();
    assert_eq!(
        (&members["from"], &members["lineFrom"], &members["lineTo"]),
        (&json!("new"), &json!("OPEN"), &json!("OPEN"))
    );
    result(&line, json!({"transaction_id": transaction, "outcome": "completed"})).await;
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["status"], &detail["completion_code"]), (&json!("CLOSED"), &json!("completed")));
    assert_eq!(detail["completed_description"], "", "the detail of the last outcome, which had none");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_outcome_twice_changes_nothing() {
    let line = Line::start().await;
    let (transaction, _) = line.ticket("456").await;
    for detail in ["first", "second"] {
        result(&line, json!({"transaction_id": transaction, "outcome": "rejected", "detail": detail})).await;
    }
    assert_eq!(line.detail(transaction).await["completed_description"], "first");
    told(&line, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_after_completed_is_ignored_and_logged() {
    let log = log_book::open();
    let line = Line::start().await;
    let (transaction, _) = line.ticket("456").await;
    result(&line, json!({"transaction_id": transaction, "outcome": "completed"})).await;
    result(&line, json!({"transaction_id": transaction, "outcome": "rejected", "detail": "canary-detail-late"})).await;
    assert_eq!(line.detail(transaction).await["completion_code"], "completed");
    told(&line, 2).await;
    assert!(log.has("takes back"), "an operator can see it");
    assert!(!log.has("canary-detail-late"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_moves_nothing_is_still_told() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    line.app.put(&format!("{place}/status"), &line.agent, json!({"status": "resolved"})).await;
    let by_agent = line.detail(transaction).await;
    result(&line, json!({"transaction_id": transaction, "outcome": "rejected", "detail": "no"})).await;
    let detail = line.detail(transaction).await;
    assert_eq!((&detail["status"], &detail["completion_code"]), (&json!("CLOSED"), &json!("rejected")));
    assert_eq!(
        (&detail["closed_by"], &detail["closed_date_time"]),
        (&json!("agent_123"), &by_agent["closed_date_time"])
    );
    let (kinds, last) = told(&line, 3).await;
    assert_eq!(kinds[2], "ticket.updated");
    assert_eq!(serde_json::to_value(&last).unwrap()["data"]["fields"], json!(["outcome"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn completed_is_a_fact_also_for_what_was_void() {
    let line = Line::start().await;
    let (transaction, place) = line.ticket("456").await;
    line.app.put(&format!("{place}/status"), &line.agent, json!({"status": "closed"})).await;
    let void = line.detail(transaction).await;
    assert_eq!((&void["status"], &void["closed_by"]), (&json!("VOID"), &json!("agent_123")));
    result(&line, json!({"transaction_id": transaction, "outcome": "completed"})).await;
    let closed = line.detail(transaction).await;
    assert_eq!((&closed["status"], &closed["closed_by"]), (&json!("CLOSED"), &json!("MAS")));
    let (kinds, last) = told(&line, 3).await;
    assert_eq!(kinds[1..], ["ticket.closed", "ticket.status_changed"]);
    let data = serde_json::to_value(&last).unwrap()["data"].clone();
    assert_eq!(
        (&data["from"], &data["to"], &data["lineFrom"], &data["lineTo"]),
        (&json!("closed"), &json!("resolved"), &json!("VOID"), &json!("CLOSED"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_result_goes_to_the_dead_letter_queue_and_nothing_changes() {
    let log = log_book::open();
    let line = Line::start().await;
    let (transaction, _) = line.ticket("456").await;
    let bodies = [
        "canary-no-json".to_owned(),
        "{}".to_owned(),
        format!(r#"{{"transaction_id":{transaction}}}"#),
        format!(r#"{{"transaction_id":{transaction},"outcome":"canary-outcome"}}"#),
        format!(r#"{{"transaction_id":{transaction},"outcome":"completed","detail":["canary-detail"]}}"#),
        r#"{"transaction_id":1,"outcome":"completed","detail":"canary-detail"}"#.to_owned(),
    ];
    for body in &bodies {
        let id = publish(&line, body.as_bytes()).await;
        assert!(is_dead(&log, &id), "{body}");
    }
    assert_eq!(line.detail(transaction).await["status"], "OPEN");
    told(&line, 1).await;
    assert!(log.has("transaction 1 is unknown"));
    assert!(!log.has("canary-"), "what a message says is not for the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_meets_no_database_is_delivered_again() {
    let line = Line::start().await;
    let (transaction, _) = line.ticket("456").await;
    // As good as away: nobody gets at the table.
    let lock = "BEGIN; LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT";
    let result_sent = async {
        // In the middle of the lock: the service gives up waiting for it after 5 s, and tries again.
        testkit::eventually("the lock", async || {
            let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
                 AND relation = 'tickets'::regclass";
            (line.app.database.count(locks).await == 1).then_some(())
        })
        .await;
        result(&line, json!({"transaction_id": transaction, "outcome": "completed"})).await;
    };
    tokio::join!(line.app.database.run(lock), result_sent);
    assert_eq!(line.detail(transaction).await["status"], "CLOSED");
    told(&line, 2).await;
}
