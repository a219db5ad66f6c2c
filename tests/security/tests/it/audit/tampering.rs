//! Somebody who owns the database takes the triggers off and changes the past. Each way is found, and the place is named.

use messaging::audit::{self, Finding, Head};
use testkit::TestDatabase;

use super::chain::{append_all, database, events, findings};
use super::{open, try_run};

/// Six rows: positions 1 to 6 tell versions 1 to 6, of the streams a, b, a, b, a, b.
async fn six_rows() -> TestDatabase {
    let database = database().await;
    events(&database, 6).await;
    // At once, so that they are in the order of time.
    audit::append(&open(&database), 100).await.unwrap();
    database
}

/// Changes the database as its owner can, and gives what a check finds then.
async fn after(statements: &str) -> Vec<Finding> {
    let database = six_rows().await;
    assert_eq!(findings(&database).await, Vec::new(), "before, all is well");
    // In this role no trigger fires.
    try_run(&database, &format!("SET session_replication_role = replica; {statements}")).await.unwrap();
    findings(&database).await
}

fn event_altered(position: i64, stream: &str) -> Finding {
    Finding::EventAltered { position, stream: stream.to_owned(), version: position }
}

fn row_missing(stream: &str, version: i64) -> Finding {
    Finding::RowMissing { stream: stream.to_owned(), version }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_member_of_a_row_is_found_whichever_it_is() {
    for change in [
        "actor_id = 'agent_2'",
        "actor_id = NULL",
        "actor_role = 'admin'",
        "kind = 'ticket.closed'",
        "event_id = gen_random_uuid()",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "data_digest = decode(repeat('ab', 32), 'hex')",
    ] {
        let found = after(&format!("UPDATE audit_log SET {change} WHERE position = 3")).await;
        assert_eq!(found, [Finding::Altered { position: 3 }, event_altered(3, "a")], "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_row_with_a_new_hash_breaks_the_chain_behind_it() {
    let found = after("UPDATE audit_log SET hash = decode(repeat('ab', 32), 'hex') WHERE position = 3").await;
    assert_eq!(found, [Finding::Altered { position: 3 }, Finding::Unchained { position: 4 }]);
    let found = after("UPDATE audit_log SET previous_hash = decode(repeat('ab', 32), 'hex') WHERE position = 3").await;
    assert_eq!(found, [Finding::Unchained { position: 3 }, Finding::Altered { position: 3 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_row_is_found_wherever_it_was() {
    let found = after("DELETE FROM audit_log WHERE position = 3").await;
    assert_eq!(
        found,
        [Finding::Gap { expected: 3, found: 4 }, Finding::Unchained { position: 4 }, row_missing("a", 3)]
    );
    let found = after("DELETE FROM audit_log WHERE position = 1").await;
    assert_eq!(
        found,
        [Finding::Gap { expected: 1, found: 2 }, Finding::Unchained { position: 2 }, row_missing("a", 1)]
    );
    // Closing the gap does not close the chain.
    let found = after(
        "DELETE FROM audit_log WHERE position = 3; UPDATE audit_log SET position = position - 1 WHERE position = 4; \
         UPDATE audit_log SET position = position - 1 WHERE position = 5; \
         UPDATE audit_log SET position = position - 1 WHERE position = 6; UPDATE audit_head SET position = 5",
    )
    .await;
    assert!(found.contains(&Finding::Unchained { position: 3 }) && found.contains(&row_missing("a", 3)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_cut_off_at_the_end_are_found_also_if_the_head_is_set_back() {
    let found = after("DELETE FROM audit_log WHERE position > 4").await;
    assert!(matches!(found[..], [_, _, Finding::Head { last: 4, .. }]), "{found:?}");
    assert!(found.contains(&row_missing("a", 5)) && found.contains(&row_missing("b", 6)), "{found:?}");
    let found = after(
        "DELETE FROM audit_log WHERE position > 4; \
         UPDATE audit_head SET (position, hash) = (SELECT position, hash FROM audit_log WHERE position = 4)",
    )
    .await;
    assert_eq!(found, [row_missing("a", 5), row_missing("b", 6)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rows_removed_are_found() {
    let found = after("DELETE FROM audit_log").await;
    assert_eq!(found.len(), 7, "six rows and the head: {found:?}");
    let found = after("DELETE FROM audit_log; DELETE FROM audit_head").await;
    assert!(
        matches!(found.last(), Some(Finding::Head { last: 0, head: Head { position: 0, .. } })) || found.len() == 7,
        "{found:?}"
    );
    assert!(found.contains(&row_missing("a", 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn reordered_rows_are_found() {
    let swap = |one: i64, other: i64| {
        format!(
            "UPDATE audit_log SET position = 100 WHERE position = {one}; \
             UPDATE audit_log SET position = {one} WHERE position = {other}; \
             UPDATE audit_log SET position = {other} WHERE position = 100"
        )
    };
    let found = after(&swap(2, 3)).await;
    assert!((2..=4).all(|position| found.contains(&Finding::Unchained { position })), "{found:?}");
    // The third and the fifth tell versions of the same stream.
    let found = after(&swap(3, 5)).await;
    assert!(found.contains(&Finding::OutOfOrder { position: 5, stream: "a".to_owned(), version: 3 }), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_row_is_found() {
    let found = after(
        "INSERT INTO audit_log SELECT 7, 'forged', 1, gen_random_uuid(), kind, 'agent_9', actor_role, occurred_at, \
         data_digest, hash, decode(repeat('ab', 32), 'hex') FROM audit_log WHERE position = 6",
    )
    .await;
    assert!(found.contains(&Finding::Altered { position: 7 }), "{found:?}");
    assert!(
        found.contains(&Finding::EventMissing { position: 7, stream: "forged".to_owned(), version: 1 }),
        "{found:?}"
    );
    assert!(found.iter().any(|finding| matches!(finding, Finding::Head { last: 7, .. })), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_log_is_found() {
    for change in [
        "data = jsonb_set(data, '{actor,id}', '\"agent_2\"')",
        "data = jsonb_set(data, '{actor,role}', '\"customer\"')",
        "data = jsonb_set(data, '{fields}', '[\"priority\"]')",
        "data = data || '{\"note\": 1}'",
        "kind = 'ticket.opened'",
        "occurred_at = occurred_at - interval '1 day'",
        "event_id = gen_random_uuid()",
    ] {
        let found = after(&format!("UPDATE ticket_events SET {change} WHERE stream = 'b' AND version = 4")).await;
        assert_eq!(found, [event_altered(4, "b")], "{change}");
    }
    let found = after("DELETE FROM ticket_events WHERE stream = 'b' AND version = 4").await;
    assert_eq!(found, [Finding::EventMissing { position: 4, stream: "b".to_owned(), version: 4 }]);
    // What only the relay and the customers did is none of it.
    let found =
        after("UPDATE ticket_events SET published_at = now(); DELETE FROM ticket_events WHERE stream = 'c'").await;
    assert_eq!(found, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_comes_back_after_it_was_removed_is_found() {
    let database = six_rows().await;
    let removed = "SET session_replication_role = replica; DELETE FROM audit_log WHERE position = 6; \
                   UPDATE ticket_events SET audited = false WHERE stream = 'b' AND version = 6";
    try_run(&database, removed).await.unwrap();
    append_all(&open(&database)).await;
    let found = findings(&database).await;
    assert_eq!(found, [Finding::Gap { expected: 6, found: 7 }, Finding::Unchained { position: 7 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_new_chain_is_found_by_a_head_that_was_noted_elsewhere() {
    let database = six_rows().await;
    let db = open(&database);
    let noted = audit::verify(&db, None).await.unwrap().head;
    let rewritten = "SET session_replication_role = replica; DELETE FROM audit_log; \
        UPDATE ticket_events SET audited = false, data = jsonb_set(data, '{actor,id}', '\"nobody\"'); \
        UPDATE audit_head SET position = 0, hash = decode(repeat('00', 32), 'hex')";
    try_run(&database, rewritten).await.unwrap();
    append_all(&db).await;
    let report = audit::verify(&db, None).await.unwrap();
    assert_eq!((report.rows, report.findings), (6, Vec::new()), "by itself it looks whole");
    let text = noted.to_string();
    let report = audit::verify(&db, Head::parse(&text)).await.unwrap();
    assert_eq!(report.findings, [Finding::Rewritten { noted }]);
    for bad in ["", "6", "6:", "x:00", &text[..text.len() - 1]] {
        assert_eq!(Head::parse(bad), None, "{bad}");
    }
}
