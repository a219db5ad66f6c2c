//! The queries whose rules no JSON operation shows: history, feeds, and who is concerned by a message.

use domain::SystemClock;
use storage::{Conn, Db};
use testkit::TestDatabase;

use super::*;
use crate::HelpdeskConversation;
use crate::model::{Entry, Notification, Person};

struct Stage {
    database: TestDatabase,
    db: Db,
}

/// A conversation 1 of user 1, with users 2 (support) and 3 beside.
async fn stage() -> Stage {
    let database = TestDatabase::for_service::<HelpdeskConversation>().await;
    let db = Db::new(database.url(), "test", 4, std::sync::Arc::new(SystemClock), Default::default()).unwrap();
    database
        .run(
            "INSERT INTO users (subject, name, is_super, is_support) VALUES ('u1', 'u1', false, false), \
             ('u2', 'u2', false, true), ('u3', 'u3', false, false); \
             INSERT INTO tickets VALUES (1, gen_random_uuid(), 1, 1, '', 1, 'new', 'normal', NULL, now(), now()), \
             (2, gen_random_uuid(), 1, 2, '', 1, 'new', 'normal', NULL, now(), now()); \
             INSERT INTO members VALUES (1, 1, 0), (2, 1, 0)",
        )
        .await;
    Stage { database, db }
}

impl Stage {
    async fn conn(&self) -> Conn {
        self.db.conn().await.unwrap()
    }

    /// Entries with these ids in conversation 1.
    async fn fill(&self, ids: &str) {
        let insert =
            format!("INSERT INTO entries SELECT 1, id, now(), 1, '\\x0000', NULL FROM generate_series({ids}) AS id");
        self.database.run(&insert).await;
    }

    /// The ids of both lists of a history.
    async fn history(&self, first_visible: i32, reference: i32, before: u16, after: u16) -> (Vec<i32>, Vec<i32>) {
        let mut conn = self.conn().await;
        let found = history(&mut conn, 1, first_visible, reference, before, after).await.unwrap();
        (ids(&found.0), ids(&found.1))
    }
}

fn ids(entries: &[Entry]) -> Vec<i32> {
    entries.iter().map(|entry| entry.id).collect()
}

fn nothing() -> (Vec<i32>, Vec<i32>) {
    (Vec::new(), Vec::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn history_without_a_reference_is_the_newest_and_at_most_128() {
    let stage = stage().await;
    assert_eq!(stage.history(0, 0, 20, 20).await, nothing());
    stage.fill("10, 400").await;
    assert_eq!(stage.history(0, 0, 3, 7).await, (vec![398, 399, 400], vec![]), "after is ignored");
    assert_eq!(stage.history(0, 0, 0, 9).await, nothing());
    assert_eq!(stage.history(0, 0, u16::MAX, 0).await, ((273..=400).collect(), vec![]));
    assert_eq!(stage.history(399, 0, 20, 0).await, (vec![399, 400], vec![]), "what came before is hidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_around_a_reference_has_it_first_in_after_and_at_most_64_on_each_side() {
    let stage = stage().await;
    stage.fill("10, 400").await;
    assert_eq!(stage.history(0, 20, 3, 2).await, (vec![17, 18, 19], vec![20, 21, 22]));
    assert_eq!(stage.history(0, 20, 3, 0).await, (vec![17, 18, 19], vec![20]), "also if after is 0");
    assert_eq!(stage.history(0, 20, 0, 0).await, (vec![], vec![20]));
    assert_eq!(stage.history(0, 20, 64, 0).await, ((10..20).collect(), vec![20]), "fewer: nothing older exists");
    assert_eq!(stage.history(0, 400, 0, 9).await, (vec![], vec![400]));
    let (before, after) = stage.history(0, 200, u16::MAX, u16::MAX).await;
    assert_eq!((before, after), ((136..200).collect(), (200..264).collect()));
    assert_eq!(stage.history(18, 20, 9, 0).await, (vec![18, 19], vec![20]));
    assert_eq!(stage.history(20, 20, 9, 0).await, (vec![], vec![20]));
}

#[tokio::test(flavor = "multi_thread")]
async fn history_around_what_the_caller_cannot_see_is_empty() {
    let stage = stage().await;
    stage.fill("10, 400, 10").await;
    stage.database.run("INSERT INTO entries VALUES (2, 25, now(), 1, '\\x0000', NULL)").await;
    for (what, first_visible, reference) in
        [("unknown", 0, 9999), ("of another conversation", 0, 25), ("hidden", 30, 20), ("negative", 0, -1)]
    {
        assert_eq!(stage.history(first_visible, reference, 20, 20).await, nothing(), "{what}");
    }
    assert_eq!(stage.history(0, i32::MIN, 20, 20).await, nothing());
    assert_eq!(stage.history(0, i32::MAX, 20, u16::MAX).await, nothing());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_go_on_after_the_last_entry_they_know() {
    let stage = stage().await;
    let mut conn = stage.conn().await;
    assert_eq!(newest_entry(&mut conn, 1).await.unwrap(), 0);
    stage.fill("10, 50, 10").await;
    assert_eq!(newest_entry(&mut conn, 1).await.unwrap(), 50);
    assert_eq!(ids(&entries_after(&mut conn, 1, 0, 20, 2).await.unwrap()), [30, 40]);
    assert_eq!(ids(&entries_after(&mut conn, 1, 40, 0, 9).await.unwrap()), [40, 50]);
    assert_eq!(ids(&entries_after(&mut conn, 2, 0, 0, 9).await.unwrap()), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_gives_also_what_becomes_visible_out_of_order() {
    let stage = stage().await;
    let insert = |id: i32| {
        format!("INSERT INTO notifications (id, user_number, at, author, ticket) VALUES ({id}, 2, now(), 1, 1)")
    };
    let numbers = |new: Vec<Notification>| new.iter().map(|new| new.id).collect::<Vec<_>>();
    let mut conn = stage.conn().await;
    stage.database.run(&insert(10)).await;
    stage.database.run("UPDATE notifications SET stored_at = now() - interval '1 hour'").await;
    stage.database.run(&insert(12)).await;
    let mut feed = Feed::open(&mut conn, 2).await.unwrap();
    assert_eq!(numbers(feed.next(&mut conn, 9).await.unwrap()), [0; 0], "what was there is not new");
    stage.database.run(&insert(14)).await;
    assert_eq!(numbers(feed.next(&mut conn, 9).await.unwrap()), [14]);
    stage.database.run(&insert(11)).await;
    stage.database.run(&insert(13)).await;
    assert_eq!(numbers(feed.next(&mut conn, 1).await.unwrap()), [11], "committed later, with a smaller id");
    assert_eq!(numbers(feed.next(&mut conn, 9).await.unwrap()), [13]);
    assert_eq!(numbers(feed.next(&mut conn, 9).await.unwrap()), [0; 0], "each once");
    stage.database.run("UPDATE notifications SET stored_at = now() - interval '1 hour'").await;
    stage.database.run(&insert(15)).await;
    assert_eq!(numbers(feed.next(&mut conn, 9).await.unwrap()), [15]);
    assert_eq!(feed.remembered(), 1, "what is settled is forgotten");
    assert_eq!(numbers(feed.next(&mut conn, 9).await.unwrap()), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_looks_back_further_than_a_change_can_last() {
    #[derive(diesel::QueryableByName)]
    struct Limits {
        #[diesel(sql_type = diesel::sql_types::Double)]
        seconds: f64,
    }
    let stage = stage().await;
    let limits = storage::sql(
        "SELECT 2 * extract(epoch FROM current_setting('statement_timeout')::interval \
         + current_setting('idle_in_transaction_session_timeout')::interval)::float8 AS seconds",
    );
    let limits: Limits = diesel_async::RunQueryDsl::get_result(limits, &mut *stage.conn().await).await.unwrap();
    assert!(limits.seconds > 0.0, "there are limits");
    assert!(limits.seconds < feed::LOOK_BACK_SECS, "{} s", limits.seconds);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_is_the_members_and_the_known_of_those_mentioned() {
    let stage = stage().await;
    stage
        .database
        .run(
            "INSERT INTO open_sockets VALUES (gen_random_uuid(), 2, 1, now()), \
             (gen_random_uuid(), 1, 1, now() - interval '91 seconds')",
        )
        .await;
    let mut conn = stage.conn().await;
    let member = |is_connected, is_mentioned| Person {
        number: 1,
        is_member: true,
        is_support: false,
        is_connected,
        is_mentioned,
    };
    let (first, people) = audience(&mut conn, 1, Vec::new()).await.unwrap();
    assert_eq!(people, [member(false, false)], "a socket to another conversation, and one of a dead process");
    assert_eq!(first.message, first.joining, "no id is taken for a joining that cannot be");
    stage
        .database
        .run("INSERT INTO open_sockets VALUES (gen_random_uuid(), 1, 1, now() - interval '35 seconds')")
        .await;
    let (second, people) = audience(&mut conn, 1, vec![2, 1, 999]).await.unwrap();
    let mentioned = Person { number: 2, is_member: false, is_support: true, is_connected: false, is_mentioned: true };
    assert_eq!(people, [member(true, true), mentioned]);
    assert!(first.message < second.message && second.message < second.joining);
}
