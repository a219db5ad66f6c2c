//! The new notifications of one user, each once, none left out.
//!
//! Ids are taken when a change is written and become visible when it is committed, and changes of different tickets run
//! side by side: id 6 may be there before id 5. So "everything above the last id" would miss some. A feed looks back as
//! far as a change can last, and leaves out what it has given already.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::rows::{NotificationRow, all};
use crate::model::Notification;

/// How far a feed looks back, in seconds: longer than an id can be taken before it is visible.
///
/// It is taken by the last statement of a change but one (the answer to an `Idempotency-Key` is stored after it). Each
/// of the two may run for `STATEMENT_TIMEOUT_MS`, and after each the transaction may sit idle for
/// `IDLE_IN_TRANSACTION_TIMEOUT_MS` (both 20 s, `storage::pool`): 80 s, and half as much again for safety.
pub(super) const LOOK_BACK_SECS: f64 = 120.0;

/// Where a reader of a user's notifications is.
#[derive(Debug)]
pub(crate) struct Feed {
    user: i32,
    /// Nothing with an id up to here is new.
    settled: i32,
    /// Given already, or there when the feed began, above `settled`.
    given: BTreeSet<i32>,
}

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Bool)]
    is_settled: bool,
}

impl Feed {
    /// Begins now: what is there already is not new.
    pub(crate) async fn open(conn: &mut AsyncPgConnection, user: i32) -> Result<Self, DbError> {
        let mut feed = Self { user, settled: 0, given: BTreeSet::new() };
        let newest: Option<Seen> = storage::sql(
            "SELECT id, true AS is_settled FROM notifications WHERE user_number = $1 \
             AND stored_at < now() - make_interval(secs => $2) ORDER BY id DESC LIMIT 1",
        )
        .bind::<Integer, _>(user)
        .bind::<Double, _>(LOOK_BACK_SECS)
        .get_result(conn)
        .await
        .optional()?;
        feed.settled = newest.map_or(0, |newest| newest.id);
        let there: Vec<Seen> =
            storage::sql("SELECT id, false AS is_settled FROM notifications WHERE user_number = $1 AND id > $2")
                .bind::<Integer, _>(user)
                .bind::<Integer, _>(feed.settled)
                .load(conn)
                .await?;
        feed.given = there.into_iter().map(|seen| seen.id).collect();
        Ok(feed)
    }

    /// At most `limit` notifications that were not given yet, ids ascending.
    pub(crate) async fn next(
        &mut self,
        conn: &mut AsyncPgConnection,
        limit: i64,
    ) -> Result<Vec<Notification>, DbError> {
        let given: Vec<i32> = self.given.iter().copied().collect();
        let rows: Vec<NotificationRow> = storage::sql(
            "SELECT id, at, author, ticket, conversation, message FROM notifications \
             WHERE user_number = $1 AND id > $2 AND NOT id = ANY($3) ORDER BY id LIMIT $4",
        )
        .bind::<Integer, _>(self.user)
        .bind::<Integer, _>(self.settled)
        .bind::<Array<Integer>, _>(&given)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
        let new: Vec<Notification> = all(rows)?;
        self.given.extend(new.iter().map(|notification| notification.id));
        if !new.is_empty() {
            self.settle(conn).await?;
        }
        Ok(new)
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.given.len()
    }

    /// Forgets the ids below which nothing can appear any more.
    async fn settle(&mut self, conn: &mut AsyncPgConnection) -> Result<(), DbError> {
        let given: Vec<i32> = self.given.iter().copied().collect();
        let seen: Vec<Seen> = storage::sql(
            "SELECT id, stored_at < now() - make_interval(secs => $2) AS is_settled FROM notifications \
             WHERE id = ANY($1) ORDER BY id",
        )
        .bind::<Array<Integer>, _>(&given)
        .bind::<Double, _>(LOOK_BACK_SECS)
        .load(conn)
        .await?;
        if let Some(last) = seen.iter().rev().find(|seen| seen.is_settled) {
            self.settled = last.id;
            self.given = self.given.split_off(&(last.id + 1));
        }
        Ok(())
    }
}
