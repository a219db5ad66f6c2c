//! Conversations and their entries, as far as a member sees them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::rows::{EntryRow, all};
use crate::model::{Entry, Membership};

/// Most entries of a history without a reference (live protocol, section 5).
const MAX_NEWEST: i64 = 128;
/// Most entries on either side of a reference.
const MAX_AROUND: i64 = 64;

/// A conversation with its members' numbers, ascending.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Members {
    #[diesel(sql_type = Integer)]
    pub(crate) conversation_id: i32,
    #[diesel(sql_type = Array<Integer>)]
    pub(crate) members: Vec<i32>,
}

/// Which entries of a conversation: below `before`, or from the newest on, so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) before: Option<i32>,
    pub(crate) limit: i64,
}

/// What this user sees of the conversation; nothing if not a member.
pub(crate) async fn membership(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    user: i32,
) -> Result<Option<Membership>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Integer)]
        first_visible: i32,
    }
    let found: Option<Found> =
        storage::sql("SELECT first_visible FROM members WHERE conversation_id = $1 AND user_number = $2")
            .bind::<Integer, _>(conversation)
            .bind::<Integer, _>(user)
            .get_result(conn)
            .await
            .optional()?;
    Ok(found.map(|found| Membership { first_visible: found.first_visible }))
}

/// A conversation that this user is a member of.
pub(crate) async fn find_conversation(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    user: i32,
) -> Result<Option<Members>, DbError> {
    Ok(storage::sql(
        "SELECT conversation_id, ARRAY(SELECT user_number FROM members \
         WHERE conversation_id = mine.conversation_id ORDER BY 1) AS members \
         FROM members AS mine WHERE conversation_id = $1 AND user_number = $2",
    )
    .bind::<Integer, _>(conversation)
    .bind::<Integer, _>(user)
    .get_result(conn)
    .await
    .optional()?)
}

/// The conversations that this user is a member of, below `before`, ids descending, at most `limit`.
pub(crate) async fn list_conversations(
    conn: &mut AsyncPgConnection,
    user: i32,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Members>, DbError> {
    Ok(storage::sql(
        "SELECT conversation_id, ARRAY(SELECT user_number FROM members \
         WHERE conversation_id = mine.conversation_id ORDER BY 1) AS members \
         FROM members AS mine WHERE user_number = $1 AND conversation_id < $2 \
         ORDER BY conversation_id DESC LIMIT $3",
    )
    .bind::<Integer, _>(user)
    .bind::<BigInt, _>(before.map_or(i64::MAX, i64::from))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// The visible entries with an id above `after`, ascending. Entries become visible in the order of their ids, so whoever
/// goes on from the last id misses none.
pub(crate) async fn entries_after(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    first_visible: i32,
    after: i32,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let rows: Vec<EntryRow> = storage::sql(
        "SELECT id, at, author, body, users FROM entries \
         WHERE conversation_id = $1 AND id >= $2 AND id > $3 ORDER BY id LIMIT $4",
    )
    .bind::<Integer, _>(conversation)
    .bind::<Integer, _>(first_visible)
    .bind::<Integer, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(all(rows)?)
}

/// A page of the visible entries, newest first.
pub(crate) async fn entries_before(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    membership: Membership,
    page: Page,
) -> Result<Vec<Entry>, DbError> {
    let rows: Vec<EntryRow> = storage::sql(
        "SELECT id, at, author, body, users FROM entries \
         WHERE conversation_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4",
    )
    .bind::<Integer, _>(conversation)
    .bind::<Integer, _>(membership.first_visible)
    .bind::<BigInt, _>(page.before.map_or(i64::MAX, i64::from))
    .bind::<BigInt, _>(page.limit)
    .load(conn)
    .await?;
    Ok(all(rows)?)
}

/// The entries before and from a reference on, both ascending (live protocol, section 5).
#[expect(clippy::too_many_arguments, reason = "the three of the protocol's request, and whose they are")]
pub(crate) async fn history(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    first_visible: i32,
    reference: i32,
    before: u16,
    after: u16,
) -> Result<(Vec<Entry>, Vec<Entry>), DbError> {
    if reference == 0 {
        let page = Page { before: None, limit: i64::from(before).min(MAX_NEWEST) };
        let mut newest = entries_before(conn, conversation, Membership { first_visible }, page).await?;
        newest.reverse();
        return Ok((newest, Vec::new()));
    }
    let rows: Vec<EntryRow> = storage::sql(
        "(SELECT id, at, author, body, users FROM entries \
         WHERE conversation_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4) UNION ALL \
         (SELECT id, at, author, body, users FROM entries \
         WHERE conversation_id = $1 AND id >= $2 AND id >= $3 ORDER BY id LIMIT $5) ORDER BY id",
    )
    .bind::<Integer, _>(conversation)
    .bind::<Integer, _>(first_visible)
    .bind::<Integer, _>(reference)
    .bind::<BigInt, _>(i64::from(before).min(MAX_AROUND))
    .bind::<BigInt, _>((i64::from(after) + 1).min(MAX_AROUND))
    .load(conn)
    .await?;
    let mut before: Vec<Entry> = all(rows)?;
    let after = before.split_off(before.partition_point(|entry| entry.id < reference));
    // The second part has at least the reference, if the caller may see it.
    let is_visible = matches!(&after[..], [first, ..] if first.id == reference);
    Ok(if is_visible { (before, after) } else { (Vec::new(), Vec::new()) })
}

/// The id of the newest entry; 0 if there is none.
pub(crate) async fn newest_entry(conn: &mut AsyncPgConnection, conversation: i32) -> Result<i32, DbError> {
    #[derive(QueryableByName)]
    struct Newest {
        #[diesel(sql_type = Integer)]
        id: i32,
    }
    let newest: Newest = storage::sql("SELECT coalesce(max(id), 0) AS id FROM entries WHERE conversation_id = $1")
        .bind::<Integer, _>(conversation)
        .get_result(conn)
        .await?;
    Ok(newest.id)
}
