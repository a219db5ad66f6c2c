//! What users are told.

use diesel::sql_types::{BigInt, Bool, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::rows::{NotificationRow, all};
use crate::model::Notification;

/// The unread notifications of a user, newest first, at most `limit`.
pub(crate) async fn list_unread(
    conn: &mut AsyncPgConnection,
    user: i32,
    limit: i64,
) -> Result<Vec<Notification>, DbError> {
    let rows: Vec<NotificationRow> = storage::sql(
        "SELECT id, at, author, ticket, conversation, message FROM notifications \
         WHERE user_number = $1 AND unread ORDER BY id DESC LIMIT $2",
    )
    .bind::<Integer, _>(user)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(all(rows)?)
}

/// Marks a notification of this user. False if the user has no such notification; repeating is harmless.
pub(crate) async fn set_unread(
    conn: &mut AsyncPgConnection,
    user: i32,
    id: i32,
    unread: bool,
) -> Result<bool, DbError> {
    let rows = storage::sql("UPDATE notifications SET unread = $3 WHERE id = $1 AND user_number = $2")
        .bind::<Integer, _>(id)
        .bind::<Integer, _>(user)
        .bind::<Bool, _>(unread)
        .execute(conn)
        .await?;
    Ok(rows == 1)
}
