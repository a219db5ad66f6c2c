//! Whether a request was accepted before, and the number it gets if not.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use crate::model::{Submission, TransactionId};

/// The index over the five parts that make a request the same.
const SAME_REQUEST: &str = "tickets_same_request";

/// The number of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It was accepted before.
    Known(TransactionId),
    /// It is new, and this number is for it alone.
    New(TransactionId),
}

/// Looks for the same request, and takes a number only if there is none: one round trip.
pub(crate) async fn claim(conn: &mut AsyncPgConnection, submission: &Submission) -> Result<Claim, DbError> {
    #[derive(QueryableByName)]
    struct Claimed {
        #[diesel(sql_type = BigInt)]
        transaction_id: i64,
        #[diesel(sql_type = Bool)]
        is_known: bool,
    }
    let claimed: Claimed = storage::sql(
        "WITH same AS MATERIALIZED (SELECT transaction_id FROM tickets WHERE tracking_id = $1 \
         AND customer_number = $2 AND body_digest = $3 AND profile_id = $4 AND basic_user = $5) \
         SELECT CASE WHEN EXISTS (SELECT FROM same) THEN (SELECT transaction_id FROM same) \
         ELSE nextval('transaction_ids') END AS transaction_id, EXISTS (SELECT FROM same) AS is_known",
    )
    .bind::<Text, _>(&submission.tracking_id)
    .bind::<BigInt, _>(submission.customer.number())
    .bind::<Binary, _>(submission.draft.digest())
    .bind::<Text, _>(submission.profile.as_str())
    .bind::<Text, _>(&submission.user)
    .get_result(conn)
    .await?;
    let transaction = TransactionId(claimed.transaction_id);
    Ok(if claimed.is_known { Claim::Known(transaction) } else { Claim::New(transaction) })
}

/// Whether a write failed because the same request was accepted meanwhile.
pub(crate) fn is_same_request(error: &DbError) -> bool {
    matches!(error, DbError::Refused(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, info))
        if info.constraint_name() == Some(SAME_REQUEST))
}
