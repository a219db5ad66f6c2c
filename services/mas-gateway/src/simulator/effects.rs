//! What the simulator has done: one row for one Idempotency-Key. It trusts the key and nothing else, as a MAS may: a caller
//! that repeats a request with another key gets a second effect, and everybody can see it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use storage::DbError;
use utoipa::ToSchema;

use super::requests::Resume;

// MAS says no to requests with this reason code and to customers whose number ends like this. Any rule would do, if it
// says the same each time and a demonstration can choose.
const REJECTED_REASON: &str = "REJ";
const REJECTED_CUSTOMER: &str = "99";

/// What MAS answers.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, Serialize, ToSchema)]
pub(crate) struct Decision {
    /// `completed` or `rejected`.
    #[diesel(sql_type = Text)]
    pub(crate) outcome: String,
    /// What a person may read.
    #[diesel(sql_type = Text)]
    pub(crate) detail: String,
    #[diesel(sql_type = Bool)]
    #[serde(skip)]
    pub(crate) is_same_request: bool,
}

/// An effect, without what was sent.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub(crate) struct Effect {
    /// The request.
    #[diesel(sql_type = BigInt)]
    transaction_id: i64,
    /// What was answered each time.
    #[diesel(sql_type = Text)]
    outcome: String,
    /// When it took effect.
    #[diesel(sql_type = Timestamptz)]
    #[schema(value_type = String)]
    effected_at: DateTime<Utc>,
    /// How often it was asked for.
    #[diesel(sql_type = Integer)]
    times_asked: i32,
}

/// How much was done and asked for.
#[derive(Debug, Clone, Copy, QueryableByName, Serialize, ToSchema)]
pub(crate) struct Count {
    /// Effects.
    #[diesel(sql_type = BigInt)]
    count: i64,
    /// Requests that asked for them.
    #[diesel(sql_type = BigInt)]
    times_asked: i64,
}

/// Brings the effect about, once, and gives the decision, each time the same. One statement.
pub(crate) async fn effect(conn: &mut AsyncPgConnection, resume: &Resume) -> Result<Decision, DbError> {
    let (outcome, detail) = decide(resume);
    Ok(storage::sql(
        "INSERT INTO effects (idempotency_key, transaction_id, payload, outcome, detail) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (idempotency_key) DO UPDATE SET times_asked = effects.times_asked + 1 \
         RETURNING outcome, detail, payload = $3 AS is_same_request",
    )
    .bind::<Text, _>(&resume.key)
    .bind::<BigInt, _>(resume.command.transaction_id)
    .bind::<Binary, _>(&resume.payload)
    .bind::<Text, _>(outcome)
    .bind::<Text, _>(detail)
    .get_result(conn)
    .await?)
}

fn decide(resume: &Resume) -> (&'static str, &'static str) {
    if resume.command.reason_code == REJECTED_REASON {
        return ("rejected", "The reason code does not allow a resumption");
    }
    if resume.command.customer_id.ends_with(REJECTED_CUSTOMER) {
        return ("rejected", "The customer's account is blocked");
    }
    ("completed", "Service resumed")
}

/// Effects, newest first.
pub(crate) async fn list(conn: &mut AsyncPgConnection, limit: i64) -> Result<Vec<Effect>, DbError> {
    Ok(storage::sql(
        "SELECT transaction_id, outcome, effected_at, times_asked FROM effects \
         ORDER BY effected_at DESC, transaction_id DESC LIMIT $1",
    )
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Counts them.
pub(crate) async fn count(conn: &mut AsyncPgConnection) -> Result<Count, DbError> {
    let text = "SELECT count(*) AS count, coalesce(sum(times_asked), 0)::bigint AS times_asked FROM effects";
    Ok(storage::sql(text).get_result(conn).await?)
}
