//! How an attempt ended, written down.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel::sql_types::{BigInt, Double, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use messaging::topology::Exchange;
use messaging::{Outgoing, Put};
use serde::Serialize;
use storage::{Db, DbError, Together};
use uuid::Uuid;

use super::Claimed;
use super::schema::resume_requests;
use crate::bridge::answer::Outcome;

/// The namespace of MAS message ids (`events.md` section 6.1).
const NAMESPACE: Uuid = Uuid::from_u128(0xded5_17ec_0304_5692_8531_4785_e864_fb59);

/// What became of a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Postponed {
    /// It is tried again.
    Pending,
    /// It has failed too often or for too long.
    Dead,
    /// Somebody else claimed or settled it meanwhile.
    NotOurs,
}

/// MAS has it: the request is done, and its outcome, if MAS told one, is published. One statement. What MAS has done is a
/// fact, so it counts even if the claim has ended meanwhile or the request was given up.
pub(crate) async fn finish(
    db: &Db,
    claimed: &Claimed,
    decision: Option<(Outcome, Option<&str>)>,
) -> Result<(), DbError> {
    let outcome = decision.map(|(outcome, _)| outcome.as_str());
    let mut writes = Together::new();
    if let Some((outcome, detail)) = decision {
        writes = writes.and(Put::new(result(db, claimed, outcome, detail)));
    }
    let open = resume_requests::transaction_id.eq(claimed.transaction_id).and(resume_requests::state.ne("done"));
    let writes = writes.and(diesel::update(resume_requests::table.filter(open)).set((
        resume_requests::state.eq("done"),
        resume_requests::outcome.eq(outcome),
        resume_requests::body.eq(None::<Vec<u8>>),
        resume_requests::last_error.eq(None::<String>),
        resume_requests::claimed_until.eq(None::<DateTime<Utc>>),
        resume_requests::settled_at.eq(now.into_sql::<Timestamptz>().nullable()),
    )));
    let mut tx = db.begin();
    match tx.save(writes).await {
        Ok(()) => tx.finish().await,
        // The result's id is the request's, so that the second result of one request is refused here.
        Err(DbError::Refused(Diesel::NotFound | Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            tx.abandon().await;
            tracing::debug!(transaction.id = claimed.transaction_id, "another attempt was faster");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The message of `events.md` section 6.2.
fn result(db: &Db, claimed: &Claimed, outcome: Outcome, detail: Option<&str>) -> Outgoing {
    /// In the order of the document.
    #[derive(Serialize)]
    struct Body<'a> {
        transaction_id: i64,
        outcome: &'static str,
        detail: Option<&'a str>,
    }
    let id = claimed.transaction_id;
    let body = Body { transaction_id: id, outcome: outcome.as_str(), detail };
    Outgoing {
        message_id: Uuid::new_v5(&NAMESPACE, format!("resume-result:{id}").as_bytes()),
        exchange: Exchange::MasResults,
        routing_key: "resume-result".to_owned(),
        kind: "mas.resume-result".to_owned(),
        content_type: "application/json".to_owned(),
        correlation_id: Some(id.to_string()),
        reply_to: None,
        headers: claimed.traceparent.iter().map(|trace| ("traceparent".to_owned(), trace.clone())).collect(),
        at: db.now(),
        // Numbers and text: nothing that JSON lacks.
        body: serde_json::to_vec(&body).unwrap_or_default(),
    }
}

/// MAS will never take it: an operator must look.
pub(crate) async fn bury(conn: &mut AsyncPgConnection, claimed: &Claimed, reason: &str) -> Result<bool, DbError> {
    let rows = storage::sql(
        "UPDATE resume_requests SET state = 'dead', last_error = $3, claimed_until = NULL, \
         settled_at = clock_timestamp() WHERE transaction_id = $1 AND attempts = $2 AND state = 'pending'",
    )
    .bind::<BigInt, _>(claimed.transaction_id)
    .bind::<Integer, _>(claimed.attempts)
    .bind::<Text, _>(reason)
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

/// It failed: again after `rest`, or not at all if it has failed too often or for too long.
pub(crate) async fn postpone(
    conn: &mut AsyncPgConnection,
    claimed: &Claimed,
    (reason, rest): (&str, Duration),
    max_attempts: i32,
) -> Result<Postponed, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        state: String,
    }
    let row: Option<Row> = storage::sql(
        "UPDATE resume_requests SET last_error = $3, claimed_until = NULL, \
         next_attempt_at = clock_timestamp() + make_interval(secs => $4), \
         state = CASE WHEN attempts >= $5 OR give_up_at <= clock_timestamp() THEN 'dead' ELSE 'pending' END, \
         settled_at = CASE WHEN attempts >= $5 OR give_up_at <= clock_timestamp() THEN clock_timestamp() END \
         WHERE transaction_id = $1 AND attempts = $2 AND state = 'pending' RETURNING state",
    )
    .bind::<BigInt, _>(claimed.transaction_id)
    .bind::<Integer, _>(claimed.attempts)
    .bind::<Text, _>(reason)
    .bind::<Double, _>(rest.as_secs_f64())
    .bind::<Integer, _>(max_attempts)
    .get_result(conn)
    .await
    .optional()?;
    Ok(match row.as_ref().map(|row| row.state.as_str()) {
        None => Postponed::NotOurs,
        Some("dead") => Postponed::Dead,
        Some(_) => Postponed::Pending,
    })
}
