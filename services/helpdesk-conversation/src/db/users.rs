//! Users and their numbers.

use auth::Caller;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::rows::{UserRow, all};
use crate::model::{NewIds, User};

/// The caller as a user: with a number from now on, and with what this token says. One round trip and no write for
/// somebody who comes again with the same name and role.
pub(crate) async fn known_user(conn: &mut AsyncPgConnection, caller: &Caller) -> Result<User, DbError> {
    let row: Option<UserRow> =
        storage::sql("SELECT number, subject, name, is_super, is_support FROM users WHERE subject = $1")
            .bind::<Text, _>(caller.subject().as_str())
            .get_result(conn)
            .await
            .optional()?;
    match row.map(User::try_from).transpose()? {
        Some(user) => refresh_user(conn, caller, user).await,
        None => store(conn, caller).await,
    }
}

/// Stores what the token says, if that is not what was stored.
pub(crate) async fn refresh_user(conn: &mut AsyncPgConnection, caller: &Caller, user: User) -> Result<User, DbError> {
    if user == User::of(user.number, caller) { Ok(user) } else { store(conn, caller).await }
}

/// Of concurrent first requests one inserts and the others find its number.
async fn store(conn: &mut AsyncPgConnection, caller: &Caller) -> Result<User, DbError> {
    let user = User::of(0, caller);
    let row: UserRow = storage::sql(
        "INSERT INTO users (subject, name, is_super, is_support) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (subject) DO UPDATE SET name = excluded.name, is_super = excluded.is_super, \
         is_support = excluded.is_support RETURNING number, subject, name, is_super, is_support",
    )
    .bind::<Text, _>(user.subject.as_str())
    .bind::<Text, _>(&user.name)
    .bind::<Bool, _>(user.is_super)
    .bind::<Bool, _>(user.is_support)
    .get_result(conn)
    .await?;
    Ok(row.try_into()?)
}

/// The caller as a user, and ids for a ticket, in one round trip for somebody who comes again.
pub(crate) async fn new_ids(conn: &mut AsyncPgConnection, caller: &Caller) -> Result<(User, NewIds), DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        user: UserRow,
        #[diesel(sql_type = Integer)]
        ticket: i32,
        #[diesel(sql_type = Integer)]
        conversation: i32,
    }
    let query = || {
        storage::sql(
            "SELECT number, subject, name, is_super, is_support, nextval('ticket_ids')::integer AS ticket, \
             nextval('conversation_ids')::integer AS conversation FROM users WHERE subject = $1",
        )
        .bind::<Text, _>(caller.subject().as_str())
    };
    let found: Option<Found> = query().get_result(conn).await.optional()?;
    let found = match found {
        Some(found) => found,
        None => {
            store(conn, caller).await?;
            query().get_result(conn).await?
        }
    };
    let user = refresh_user(conn, caller, found.user.try_into()?).await?;
    Ok((user, NewIds { ticket: found.ticket, conversation: found.conversation }))
}

/// A user whom `me` may see: support sees all, others themselves and those they share a conversation with.
pub(crate) async fn find_user(conn: &mut AsyncPgConnection, me: &User, number: i32) -> Result<Option<User>, DbError> {
    let row: Option<UserRow> = storage::sql(
        "SELECT number, subject, name, is_super, is_support FROM users WHERE number = $1 AND ($2 OR number = $3 \
         OR EXISTS (SELECT 1 FROM members AS theirs JOIN members AS mine USING (conversation_id) \
         WHERE theirs.user_number = $1 AND mine.user_number = $3))",
    )
    .bind::<Integer, _>(number)
    .bind::<Bool, _>(me.is_support)
    .bind::<Integer, _>(me.number)
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

/// A page of the users whom `me` may see, by the same rule: above `after`, numbers ascending.
pub(crate) async fn list_users(
    conn: &mut AsyncPgConnection,
    me: &User,
    after: i32,
    limit: i64,
) -> Result<Vec<User>, DbError> {
    // Two texts: customers see few of many.
    let query = if me.is_support {
        storage::sql(
            "SELECT number, subject, name, is_super, is_support FROM users WHERE number > $2 AND $1 IS NOT NULL \
             ORDER BY number LIMIT $3",
        )
    } else {
        storage::sql(
            "SELECT number, subject, name, is_super, is_support FROM users WHERE number > $2 AND number IN \
             (SELECT $1 UNION SELECT theirs.user_number FROM members AS mine \
             JOIN members AS theirs USING (conversation_id) WHERE mine.user_number = $1) ORDER BY number LIMIT $3",
        )
    };
    let rows: Vec<UserRow> =
        query.bind::<Integer, _>(me.number).bind::<Integer, _>(after).bind::<BigInt, _>(limit).load(conn).await?;
    Ok(all(rows)?)
}
