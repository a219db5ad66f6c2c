//! A conversation that sockets of this process are connected to, and its latest entries: what one of them has read from
//! the database the others need not read again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use storage::{Db, DbError};
use tokio::sync::Mutex;

use super::bell::{Bell, Wakes};
use crate::db;
use crate::model::{Entry, What};

/// Entries in one read.
pub(super) const BATCH: usize = 128;
/// Entries kept for the others. Sockets of one process are woken together, so a batch or two is plenty.
const MAX_KEPT: usize = 256;
/// Bytes kept for the others.
const MAX_KEPT_BYTES: usize = 2 * 1024 * 1024;

/// A conversation with connected sockets.
#[derive(Debug)]
pub(super) struct Room {
    conversation: i32,
    bell: Bell,
    /// How often the bell had rung when the last socket came.
    joined: AtomicU64,
    /// The newest entry that was read here. Everybody in the room was woken for it.
    newest: AtomicI32,
    recent: Mutex<Option<Recent>>,
}

/// The latest entries, without a gap.
#[derive(Debug)]
struct Recent {
    /// The wake-ups that had come before the last read.
    woken: u64,
    /// All entries above this id, up to `newest`, are here.
    floor: i32,
    newest: i32,
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
}

impl Room {
    pub(super) fn new(conversation: i32) -> Self {
        let (joined, newest) = (AtomicU64::new(0), AtomicI32::new(0));
        Self { conversation, bell: Bell::default(), joined, newest, recent: Mutex::default() }
    }

    /// A socket comes: it hears the bell from now on.
    pub(super) fn join(&self) -> Wakes {
        let mut wakes = self.bell.listen();
        self.joined.store(wakes.heard(), Ordering::SeqCst);
        wakes
    }

    /// There may be new entries.
    pub(super) fn ring(&self) {
        self.bell.ring();
    }

    /// The database has this entry. Wakes everybody if nobody has read it.
    pub(super) fn newest_is(&self, entry: i32) {
        if self.newest.load(Ordering::SeqCst) < entry {
            self.bell.ring();
        }
    }

    /// The entries above `last`, ascending, at most some batches of them. `woken` is how often the bell had rung when the
    /// caller was woken: entries that were stored before that are found.
    pub(super) async fn after(&self, db: &Db, last: i32, woken: u64) -> Result<Vec<Arc<Entry>>, DbError> {
        let mut recent = self.recent.lock().await;
        let recent = recent.get_or_insert_with(|| Recent::from(last));
        if recent.woken < woken {
            let ringing = self.bell.count();
            let found = self.read(db, recent.newest).await?;
            // Somebody who came after the bell had rung was not woken by it, but may lack what is found now.
            if !found.is_empty() && woken <= self.joined.load(Ordering::SeqCst) {
                self.bell.ring();
            }
            if found.len() < BATCH {
                recent.woken = ringing;
            }
            recent.add(found);
            self.newest.fetch_max(recent.newest, Ordering::SeqCst);
        }
        match recent.after(last) {
            Some(found) => Ok(found),
            None => self.read(db, last).await,
        }
    }

    async fn read(&self, db: &Db, after: i32) -> Result<Vec<Arc<Entry>>, DbError> {
        let mut conn = db.conn().await?;
        // Whoever is connected sees all that is new: only older entries can be hidden.
        let entries = db::entries_after(&mut conn, self.conversation, 0, after, BATCH as i64).await?;
        Ok(entries.into_iter().map(Arc::new).collect())
    }
}

impl Recent {
    fn from(last: i32) -> Self {
        Self { woken: 0, floor: last, newest: last, entries: VecDeque::new(), bytes: 0 }
    }

    fn add(&mut self, found: Vec<Arc<Entry>>) {
        for entry in found {
            self.newest = entry.id;
            self.bytes += bytes_of(&entry);
            self.entries.push_back(entry);
        }
        while self.entries.len() > MAX_KEPT || self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.floor = oldest.id;
            self.bytes -= bytes_of(&oldest);
        }
    }

    /// What is above `last`; `None` if not all of that is kept.
    fn after(&self, last: i32) -> Option<Vec<Arc<Entry>>> {
        let from = self.entries.partition_point(|entry| entry.id <= last);
        (last >= self.floor).then(|| self.entries.range(from..).cloned().collect())
    }
}

fn bytes_of(entry: &Entry) -> usize {
    size_of::<Entry>()
        + match &entry.what {
            What::NewMessage { body, .. } => body.len(),
            What::UserJoined { users } => size_of_val(&users[..]),
        }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::SystemClock;
    use testkit::TestDatabase;

    use super::*;
    use crate::HelpdeskConversation;

    fn entries(ids: std::ops::RangeInclusive<i32>, bytes: usize) -> Vec<Arc<Entry>> {
        let what = What::NewMessage { author: 1, body: vec![0; bytes] };
        ids.map(|id| Arc::new(Entry { id, at: DateTime::UNIX_EPOCH, what: what.clone() })).collect()
    }

    fn ids(found: Option<Vec<Arc<Entry>>>) -> Option<Vec<i32>> {
        found.map(|found| found.iter().map(|entry| entry.id).collect())
    }

    #[test]
    fn what_was_read_is_there_for_the_others() {
        let mut recent = Recent::from(4);
        assert_eq!(ids(recent.after(4)), Some(vec![]));
        recent.add(entries(5..=7, 10));
        assert_eq!(ids(recent.after(4)), Some(vec![5, 6, 7]));
        assert_eq!(ids(recent.after(6)), Some(vec![7]));
        assert_eq!(ids(recent.after(9)), Some(vec![]), "a socket that came later knows more");
        assert_eq!(ids(recent.after(3)), None, "entry 4 was never here");
    }

    #[test]
    fn old_entries_are_forgotten_and_nobody_gets_a_gap() {
        let mut recent = Recent::from(0);
        recent.add(entries(1..=300, 10));
        assert_eq!((recent.floor, recent.entries.len()), (44, MAX_KEPT));
        assert_eq!(ids(recent.after(43)), None);
        assert_eq!(ids(recent.after(44)).map(|ids| ids.len()), Some(MAX_KEPT));
        recent.add(entries(301..=340, 65_000));
        assert!(recent.bytes <= MAX_KEPT_BYTES && recent.entries.len() <= 33, "large ones sooner");
        assert_eq!(recent.bytes, recent.entries.iter().map(|entry| bytes_of(entry)).sum::<usize>());
    }

    /// A database with entries 1 to 3 in conversation 7.
    async fn database() -> (TestDatabase, Db) {
        let database = TestDatabase::for_service::<HelpdeskConversation>().await;
        let db = Db::new(database.url(), "test", 2, Arc::new(SystemClock), Arc::default()).unwrap();
        database
            .run(
                "INSERT INTO users (subject, name, is_super, is_support) VALUES ('u1', 'u1', false, false); \
                 INSERT INTO tickets VALUES (1, gen_random_uuid(), 1, 7, '', 1, 'new', 'normal', NULL, now(), now()); \
                 INSERT INTO entries SELECT 7, id, now(), 1, '\\x0000', NULL FROM generate_series(1, 3) AS id",
            )
            .await;
        (database, db)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_read_is_enough_for_everybody_who_was_woken_with_it() {
        let (database, db) = database().await;
        let room = Room::new(7);
        let (mut one, mut two) = (room.join(), room.join());
        room.ring();
        assert_eq!(ids(room.after(&db, 0, one.heard()).await.ok()), Some(vec![1, 2, 3]));
        // What is gone from the database can only have been kept.
        database.run("DELETE FROM entries WHERE id > 1").await;
        assert_eq!(ids(room.after(&db, 1, two.heard()).await.ok()), Some(vec![2, 3]));
        room.ring();
        database.run("INSERT INTO entries VALUES (7, 4, now(), 1, '\\x0000', NULL)").await;
        assert_eq!(ids(room.after(&db, 3, two.heard()).await.ok()), Some(vec![4]), "woken again, it reads again");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_came_after_the_bell_is_woken_by_those_who_find_something() {
        let (_database, db) = database().await;
        let room = Room::new(7);
        let mut early = room.join();
        room.ring();
        let woken = early.heard();
        let mut late = room.join();
        assert!(!late.is_woken());
        room.after(&db, 2, woken).await.unwrap();
        assert!(late.is_woken());
        room.newest_is(3);
        late.heard();
        assert!(!late.is_woken(), "everybody was woken for what was read");
        room.newest_is(4);
        assert!(late.is_woken());
    }
}
