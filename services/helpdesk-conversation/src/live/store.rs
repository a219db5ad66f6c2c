//! What the database knows of sockets: who is connected, over all processes, and whether there is something new.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;
use uuid::Uuid;

use super::hub::Concerned;

/// A number with the id it belongs to.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub(super) struct Latest {
    #[diesel(sql_type = Integer)]
    pub(super) id: i32,
    #[diesel(sql_type = BigInt)]
    pub(super) value: i64,
}

/// A socket to a conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Socket {
    pub(super) id: Uuid,
    pub(super) conversation: i32,
    pub(super) user: i32,
}

/// The ticket of a conversation that this user is a member of.
pub(super) async fn ticket_of(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    user: i32,
) -> Result<Option<i32>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Integer)]
        id: i32,
    }
    let found: Option<Found> = storage::sql(
        "SELECT tickets.id FROM tickets JOIN members USING (conversation_id) \
         WHERE conversation_id = $1 AND user_number = $2",
    )
    .bind::<Integer, _>(conversation)
    .bind::<Integer, _>(user)
    .get_result(conn)
    .await
    .optional()?;
    Ok(found.map(|found| found.id))
}

/// The socket is open. Also when a cleaning took it for dead.
pub(super) async fn keep_open(conn: &mut AsyncPgConnection, socket: Socket) -> Result<(), DbError> {
    storage::sql(
        "INSERT INTO open_sockets (socket_id, conversation_id, user_number) VALUES ($1, $2, $3) \
         ON CONFLICT (socket_id) DO UPDATE SET seen_at = now()",
    )
    .bind::<SqlUuid, _>(socket.id)
    .bind::<Integer, _>(socket.conversation)
    .bind::<Integer, _>(socket.user)
    .execute(conn)
    .await?;
    Ok(())
}

/// The socket is closed.
pub(super) async fn close(conn: &mut AsyncPgConnection, socket: Uuid) -> Result<(), DbError> {
    storage::sql("DELETE FROM open_sockets WHERE socket_id = $1").bind::<SqlUuid, _>(socket).execute(conn).await?;
    Ok(())
}

/// Removes the sockets of processes that died. How many.
pub(super) async fn forget_dead(conn: &mut AsyncPgConnection) -> Result<usize, DbError> {
    // Well after they stopped to count as connected: a process that was only slow refreshes its own.
    Ok(storage::sql("DELETE FROM open_sockets WHERE seen_at < now() - interval '5 minutes'").execute(conn).await?)
}

/// The newest entry of each of these conversations that has any.
pub(super) async fn newest_entries(
    conn: &mut AsyncPgConnection,
    conversations: &[i32],
) -> Result<Vec<Latest>, DbError> {
    Ok(storage::sql(
        "SELECT asked.id, newest.value FROM unnest($1) AS asked (id) CROSS JOIN LATERAL \
         (SELECT entries.id::bigint AS value FROM entries WHERE conversation_id = asked.id ORDER BY entries.id DESC LIMIT 1) \
         AS newest",
    )
    .bind::<Array<Integer>, _>(conversations)
    .load(conn)
    .await?)
}

/// For each of these users the sum of the ids of the newest notifications. It is another one after each notification
/// that becomes visible, also after one with a smaller id than others that were there before it.
pub(super) async fn notified(conn: &mut AsyncPgConnection, users: &[i32]) -> Result<Vec<Latest>, DbError> {
    Ok(storage::sql(
        "SELECT asked.id, newest.value FROM unnest($1) AS asked (id) CROSS JOIN LATERAL \
         (SELECT coalesce(sum(latest.id), 0)::bigint AS value FROM (SELECT notifications.id FROM notifications \
         WHERE user_number = asked.id ORDER BY notifications.id DESC LIMIT 64) AS latest) AS newest",
    )
    .bind::<Array<Integer>, _>(users)
    .load(conn)
    .await?)
}

/// The same for those of the users whom changes concern. Whoever is told of a message is a member when it is stored.
pub(super) async fn notified_of(
    conn: &mut AsyncPgConnection,
    users: &[i32],
    concerned: &Concerned,
) -> Result<Vec<Latest>, DbError> {
    Ok(storage::sql(
        "SELECT asked.id, newest.value FROM (SELECT user_number AS id FROM members WHERE conversation_id = ANY($2) \
         UNION SELECT user_number FROM tickets JOIN members USING (conversation_id) WHERE tickets.id = ANY($3) \
         UNION SELECT number FROM users WHERE $4 AND is_support) AS asked CROSS JOIN LATERAL \
         (SELECT coalesce(sum(latest.id), 0)::bigint AS value FROM (SELECT notifications.id FROM notifications \
         WHERE user_number = asked.id ORDER BY notifications.id DESC LIMIT 64) AS latest) AS newest \
         WHERE asked.id = ANY($1)",
    )
    .bind::<Array<Integer>, _>(users)
    .bind::<Array<Integer>, _>(concerned.conversations.iter().copied().collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(concerned.tickets.iter().copied().collect::<Vec<_>>())
    .bind::<Bool, _>(concerned.is_support)
    .load(conn)
    .await?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::SystemClock;
    use storage::Db;
    use testkit::TestDatabase;

    use super::*;
    use crate::HelpdeskConversation;

    async fn database(statements: &str) -> (TestDatabase, Db) {
        let database = TestDatabase::for_service::<HelpdeskConversation>().await;
        let db = Db::new(database.url(), "test", 2, Arc::new(SystemClock), Arc::default()).unwrap();
        database.run("INSERT INTO users (subject, name, is_super, is_support) VALUES ('u1', 'u1', false, false)").await;
        database.run(statements).await;
        (database, db)
    }

    fn pairs(latest: Vec<Latest>) -> Vec<(i32, i64)> {
        latest.into_iter().map(|latest| (latest.id, latest.value)).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_the_sockets_of_dead_processes_are_forgotten() {
        let age = |minutes: i32| format!("(gen_random_uuid(), 1, 1, now() - interval '{minutes} minutes')");
        let rows = format!("INSERT INTO open_sockets VALUES {}, {}, {}", age(0), age(4), age(6));
        let (database, db) = database(&rows).await;
        assert_eq!(forget_dead(&mut db.conn().await.unwrap()).await.unwrap(), 1);
        assert_eq!(database.count("SELECT count(*) FROM open_sockets").await, 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_newest_entry_is_found_for_each_conversation_that_has_one() {
        let (_database, db) = database(
            "INSERT INTO tickets SELECT id, gen_random_uuid(), 1, id, '', 1, 'new', 'normal', NULL, now(), now() \
             FROM generate_series(1, 3) AS id; \
             INSERT INTO entries VALUES (1, 4, now(), 1, '\\x0000', NULL), (1, 6, now(), 1, '\\x0000', NULL), \
             (2, 5, now(), 1, '\\x0000', NULL)",
        )
        .await;
        let mut found = pairs(newest_entries(&mut db.conn().await.unwrap(), &[1, 2, 3, 9]).await.unwrap());
        found.sort_unstable();
        assert_eq!(found, [(1, 6), (2, 5)]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_new_notification_changes_the_sum_also_one_that_becomes_visible_late() {
        let (database, db) = database("SELECT 1").await;
        let mut conn = db.conn().await.unwrap();
        let mut sums = Vec::new();
        // More than are summed up, the even ids first.
        for id in (2..=140).step_by(2).chain([139, 75, 141]) {
            let insert = format!(
                "INSERT INTO notifications (id, user_number, at, author, ticket) VALUES ({id}, 1, now(), 1, 1)"
            );
            database.run(&insert).await;
            sums.push(pairs(notified(&mut conn, &[1]).await.unwrap())[0].1);
        }
        assert!(sums.is_sorted_by(|before, after| before < after), "{sums:?}");
        assert_eq!(pairs(notified(&mut conn, &[7]).await.unwrap()), [(7, 0)]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn changes_concern_members_and_support_and_only_those_who_are_connected() {
        let (_database, db) = database(
            "INSERT INTO users (subject, name, is_super, is_support) SELECT 'u' || n, 'u', false, n = 4 \
             FROM generate_series(2, 5) AS n; \
             INSERT INTO tickets SELECT id, gen_random_uuid(), 1, id + 10, '', 1, 'new', 'normal', NULL, now(), now() \
             FROM generate_series(1, 2) AS id; \
             INSERT INTO members VALUES (11, 1, 0), (11, 3, 0), (12, 2, 0), (12, 3, 0); \
             INSERT INTO notifications (id, user_number, at, author, ticket) VALUES (7, 3, now(), 1, 1)",
        )
        .await;
        let mut conn = db.conn().await.unwrap();
        for (conversations, tickets, is_support, expected) in [
            (vec![11], vec![], false, vec![(1, 0), (3, 7)]),
            (vec![], vec![2], false, vec![(2, 0), (3, 7)]),
            (vec![], vec![], true, vec![(4, 0)]),
            (vec![11], vec![2], true, vec![(1, 0), (2, 0), (3, 7), (4, 0)]),
            (vec![], vec![], false, vec![]),
        ] {
            let concerned = Concerned {
                conversations: conversations.into_iter().collect(),
                tickets: tickets.into_iter().collect(),
                is_support,
            };
            let mut found = pairs(notified_of(&mut conn, &[1, 2, 3, 4, 5], &concerned).await.unwrap());
            found.sort_unstable();
            assert_eq!(found, expected, "{concerned:?}");
        }
        let concerned = Concerned { conversations: [11].into(), ..Concerned::default() };
        assert_eq!(
            pairs(notified_of(&mut conn, &[1], &concerned).await.unwrap()),
            [(1, 0)],
            "others are not connected"
        );
    }
}
