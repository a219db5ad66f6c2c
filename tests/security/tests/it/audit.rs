//! The audit log: complete, append-only, and every kind of tampering is found.

mod chain;
mod tampering;

use std::sync::Arc;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use domain::SystemClock;
use security::forge::{self, HS_ISSUER};
use security::house::LoanHouse;
use serde_json::json;
use storage::Db;
use testkit::{TestDatabase, eventually};

/// The audit log of this database, as the program sees it.
pub(crate) fn open(database: &TestDatabase) -> Db {
    Db::new(database.url(), "audit test", 4, Arc::new(SystemClock), Arc::default()).unwrap()
}

/// Runs statements and says how that went.
pub(crate) async fn try_run(database: &TestDatabase, statements: &str) -> Result<(), String> {
    let mut conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    conn.batch_execute(statements).await.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_of_agents_and_admins_is_a_row_and_no_action_of_others() {
    let house = LoanHouse::start().await;
    let token =
        |subject: &str, role: &str| forge::signed(&forge::with(HS_ISSUER, json!({"sub": subject, "roles": [role]})));
    let (customer, agent, admin) = (token("user_1", "customer"), token("agent_1", "agent"), token("admin_1", "admin"));
    let path = house.open(&customer).await;
    let key = &path[path.len() - 32..];
    let say = json!({"message": "Have you tried another card?"});
    for (token, body) in [(&customer, &say), (&agent, &say), (&customer, &say)] {
        let answer = house.gate.post(&format!("{path}/messages"), token, body.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let agents = format!("/internal/v1/tickets/{key}");
    for (what, token, body) in [
        ("status", &agent, json!({"status": "pending"})),
        ("priority", &agent, json!({"priority": "urgent"})),
        ("assignee", &admin, json!({"assignee": "agent_2"})),
    ] {
        let answer = house.loan.put(&format!("{agents}/{what}"), token, body).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text);
    }
    let answer = house.gate.post(&format!("{path}/close"), &admin, json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let database = &house.loan.database;
    let by_support = "SELECT count(*) FROM ticket_events WHERE data #>> '{actor,role}' IN ('agent', 'admin')";
    let expected = database.count(by_support).await;
    assert!(expected >= 6, "support did something: {expected}");
    eventually("all of it is audited", async || {
        (database.count("SELECT count(*) FROM audit_log").await == expected).then_some(())
    })
    .await;
    assert_eq!(database.count("SELECT count(*) FROM audit_log WHERE actor_id = 'user_1'").await, 0);
    assert_eq!(database.count("SELECT count(*) FROM audit_log WHERE actor_role NOT IN ('agent', 'admin')").await, 0);
    let kinds = "SELECT count(DISTINCT kind) FROM audit_log";
    assert!(database.count(kinds).await >= 4, "replies, states, assignments and the end");
    let report = messaging::audit::verify(&open(database), None).await.unwrap();
    assert_eq!((report.rows, report.waiting, report.findings), (expected, 0, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_refuses_every_change() {
    let database = chain::database().await;
    chain::events(&database, 5).await;
    chain::append_all(&open(&database)).await;
    for statement in [
        "UPDATE audit_log SET actor_id = 'somebody else' WHERE position = 1",
        "UPDATE audit_log SET actor_id = actor_id",
        "DELETE FROM audit_log WHERE position = 5",
        "DELETE FROM audit_log WHERE false",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log SELECT * FROM audit_log WHERE position = 1 ON CONFLICT (position) DO UPDATE SET actor_id = 'x'",
        "UPDATE audit_head SET position = 1",
        "UPDATE audit_head SET hash = decode(repeat('00', 32), 'hex')",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "INSERT INTO audit_head (position, hash) VALUES (9, decode(repeat('00', 32), 'hex'))",
        "INSERT INTO audit_log SELECT position, 'other', version, event_id, kind, actor_id, actor_role, occurred_at, data_digest, previous_hash, hash FROM audit_log WHERE position = 1",
    ] {
        assert!(try_run(&database, statement).await.is_err(), "{statement}");
    }
    assert_eq!(chain::findings(&database).await, Vec::new());
    let error = try_run(&database, "DELETE FROM audit_log").await.unwrap_err();
    assert!(error.contains("append-only"), "{error}");
}
