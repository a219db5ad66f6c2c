//! From the event log to an effect: each event once, in order, whatever happens on the way. Real PostgreSQL.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    Actor, Clock as _, Envelope, EventData, EventId, Line, Priority, Status, Stream, SystemClock, TicketKey,
    TicketState,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use messaging::bus::{Bus, Listener, LocalBus, Message, PublishError, SubscribeError, Subscription};
use messaging::consumer::parked;
use messaging::event_log::{self, Append, NewRow};
use messaging::topology::Queue;
use messaging::{Apply, ApplyError, Consumer, Owner, OwnerError, Relay};
use storage::{Db, Together, sql};
use testkit::{TestDatabase, eventually};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A database with the tables of this crate and one for effects.
pub(crate) async fn database() -> (TestDatabase, Db) {
    let database =
        TestDatabase::with("messaging_flow", vec![storage::migrate::MIGRATIONS, messaging::MIGRATIONS]).await;
    let effects = "CREATE TABLE effects (at bigserial PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL)";
    database.run(effects).await;
    let db = Db::new(database.url(), "test", 4, Arc::new(SystemClock), Arc::new(Notify::new())).unwrap();
    (database, db)
}

fn data(key: TicketKey, version: i64) -> EventData {
    EventData {
        line: Line::Loan,
        ticket_key: key,
        ticket_id: "t".to_owned(),
        version,
        actor: Actor::system(),
        state: Some(TicketState { status: Status::New, line_status: None, priority: Priority::Normal }),
        members: serde_json::Map::from_iter([("fields".to_owned(), serde_json::json!(["x"]))]),
    }
}

pub(crate) fn event(key: TicketKey, version: i64) -> Envelope {
    let about = (Stream::of_ticket(key), SystemClock.now(), String::new());
    Envelope::wrap(EventId(SystemClock.new_id()), "loan-support", "ticket.updated", about, data(key, version))
}

pub(crate) fn key() -> TicketKey {
    TicketKey(SystemClock.new_id())
}

/// Writes down each event; refuses one while it is told to.
#[derive(Debug, Default)]
struct WriteDown {
    unfit: Mutex<Option<EventId>>,
    /// Batches that were tried.
    tries: AtomicUsize,
}

impl Apply for WriteDown {
    fn apply<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        events: &'a [&'a Envelope],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        async move {
            self.tries.fetch_add(1, Ordering::SeqCst);
            for event in events {
                if *self.unfit.lock().unwrap() == Some(event.id) {
                    return Err(ApplyError::Unfit("poison".to_owned()));
                }
                sql("INSERT INTO effects (stream, version) VALUES ($1, $2)")
                    .bind::<Text, _>(event.partitionkey.as_str())
                    .bind::<BigInt, _>(event.data.version)
                    .execute(&mut *conn)
                    .await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// The log of an owner, which may be out of reach.
#[derive(Debug, Default)]
pub(crate) struct OwnersLog {
    events: BTreeMap<String, Vec<Envelope>>,
    is_away: AtomicBool,
}

impl Owner for OwnersLog {
    fn events_after<'a>(
        &'a self,
        _: &'a str,
        stream: &'a Stream,
        version: i64,
    ) -> BoxFuture<'a, Result<Vec<Envelope>, OwnerError>> {
        async move {
            if AtomicBool::load(&self.is_away, Ordering::SeqCst) {
                return Err(OwnerError::Unreachable("away".to_owned()));
            }
            let all = self.events.get(stream.as_str()).cloned().unwrap_or_default();
            Ok(all.into_iter().filter(|event| event.data.version > version).collect())
        }
        .boxed()
    }
}

pub(crate) fn owner_of(events: &[Envelope]) -> Arc<OwnersLog> {
    let mut log = OwnersLog::default();
    for event in events {
        log.events.entry(event.partitionkey.to_string()).or_default().push(event.clone());
    }
    Arc::new(log)
}

fn consumer(db: &Db, bus: Arc<dyn Bus>, owner: Arc<OwnersLog>, effect: Arc<WriteDown>) -> Consumer {
    Consumer::new("desk", Queue::DeskTicketEvents, db.clone(), (bus, owner), effect)
}

/// What took effect, stream by stream, in the order in which it did.
async fn effects(db: &Db) -> BTreeMap<String, Vec<i64>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        stream: String,
        #[diesel(sql_type = BigInt)]
        version: i64,
    }
    let mut conn = db.conn().await.unwrap();
    let rows: Vec<Row> = sql("SELECT stream, version FROM effects ORDER BY at").load(&mut **conn).await.unwrap();
    let mut found = BTreeMap::<_, Vec<i64>>::new();
    for row in rows {
        found.entry(row.stream).or_default().push(row.version);
    }
    found
}

/// The same shuffle for the same seed.
fn shuffled(mut events: Vec<Envelope>, mut seed: u64) -> Vec<Envelope> {
    for last in (1..events.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        events.swap(last, (seed >> 33) as usize % (last + 1));
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn events_delivered_three_times_and_shuffled_take_effect_once_and_in_order() {
    let (_database, db) = database().await;
    let keys: Vec<TicketKey> = (0..5).map(|_| key()).collect();
    let events: Vec<Envelope> = keys.iter().flat_map(|key| (1..=8).map(|version| event(*key, version))).collect();
    let consumer = consumer(&db, LocalBus::new(), owner_of(&events), Arc::default());
    let storm = shuffled([events.clone(), events.clone(), events].concat(), 7);
    for batch in storm.chunks(11) {
        consumer.settle(batch).await.unwrap();
    }
    let found = effects(&db).await;
    assert_eq!(found.len(), 5);
    assert!(found.values().all(|versions| *versions == [1, 2, 3, 4, 5, 6, 7, 8]), "{found:?}");
    assert!(parked::list(&db, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_at_once_do_not_apply_an_event_twice() {
    let (_database, db) = database().await;
    let keys: Vec<TicketKey> = (0..4).map(|_| key()).collect();
    let events: Vec<Envelope> = (1..=10).flat_map(|version| keys.iter().map(move |key| event(*key, version))).collect();
    let readers = (0..4).map(|seed| {
        let consumer = consumer(&db, LocalBus::new(), owner_of(&events), Arc::default());
        let batches = shuffled(events.clone(), seed);
        async move {
            for batch in batches.chunks(7) {
                consumer.settle(batch).await.unwrap();
            }
        }
    });
    futures_util::future::join_all(readers).await;
    let found = effects(&db).await;
    assert!(found.values().all(|versions| *versions == (1..=10).collect::<Vec<i64>>()), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_cannot_be_filled_waits_parked_and_heals_by_itself() {
    let (_database, db) = database().await;
    let (gapped, whole) = (key(), key());
    let events: Vec<Envelope> = (1..=4).map(|version| event(gapped, version)).collect();
    let owner = owner_of(&events);
    owner.is_away.store(true, Ordering::SeqCst);
    let bus = LocalBus::new();
    bus.declare(Queue::DeskTicketEvents);
    let reader = consumer(&db, Arc::clone(&bus) as _, Arc::clone(&owner), Arc::default());
    reader.settle(&[events[0].clone(), events[2].clone(), events[3].clone(), event(whole, 1)]).await.unwrap();
    assert_eq!(effects(&db).await.values().map(Vec::len).sum::<usize>(), 2, "the other stream goes on");
    let waiting = parked::list(&db, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|event| event.version).collect::<Vec<_>>(), [3, 4]);
    assert!(waiting[1].reason.contains("waits for version 3"), "{}", waiting[1].reason);

    owner.is_away.store(false, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let running = tokio::spawn(reader.run(stop.clone()));
    eventually("the gap is filled", async || parked::list(&db, 10).await.unwrap().is_empty().then_some(())).await;
    assert_eq!(effects(&db).await[Stream::of_ticket(gapped).as_str()], [1, 2, 3, 4]);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_event_parks_its_stream_and_no_other() {
    let (_database, db) = database().await;
    let (poisoned, healthy) = (key(), key());
    let events: Vec<Envelope> =
        [poisoned, healthy].into_iter().flat_map(|key| (1..=3).map(move |version| event(key, version))).collect();
    let effect = Arc::new(WriteDown::default());
    *effect.unfit.lock().unwrap() = Some(events[1].id);
    let bus = LocalBus::new();
    let reader = consumer(&db, Arc::clone(&bus) as _, owner_of(&events), Arc::clone(&effect));
    reader.settle(&events).await.unwrap();
    let waiting: Vec<i64> = parked::list(&db, 10).await.unwrap().iter().map(|event| event.version).collect();
    assert_eq!(waiting, [2, 3], "the poisoned one, and what waits for it");
    assert_eq!(effects(&db).await[Stream::of_ticket(healthy).as_str()], [1, 2, 3]);
    *effect.unfit.lock().unwrap() = None;
    parked::replay(&db).await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(reader.run(stop.clone()));
    eventually("everything is applied", async || parked::list(&db, 10).await.unwrap().is_empty().then_some(())).await;
    assert!(effects(&db).await.values().all(|versions| *versions == [1, 2, 3]));
    stop.cancel();
    running.await.unwrap();
}

/// A bus that fails now and then, and notes what was in flight together.
#[derive(Debug)]
struct Flaky {
    calls: AtomicUsize,
    fails_every: usize,
    confirmed: Mutex<Vec<(String, i64)>>,
    in_flight: Mutex<BTreeMap<String, usize>>,
}

impl Flaky {
    fn failing_every(fails_every: usize) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicUsize::new(0),
            fails_every,
            confirmed: Mutex::default(),
            in_flight: Mutex::default(),
        })
    }
}

impl Bus for Flaky {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>> {
        async move {
            let event: Envelope = serde_json::from_slice(&message.body).unwrap();
            let stream = event.partitionkey.to_string();
            {
                let mut in_flight = self.in_flight.lock().unwrap();
                let count = in_flight.entry(stream.clone()).or_default();
                *count += 1;
                assert_eq!(*count, 1, "one event of a stream in flight");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.in_flight.lock().unwrap().remove(&stream);
            if self.calls.fetch_add(1, Ordering::SeqCst) % self.fails_every == self.fails_every - 1 {
                return Err(PublishError::TimedOut);
            }
            self.confirmed.lock().unwrap().push((stream, event.data.version));
            Ok(())
        }
        .boxed()
    }

    fn subscribe(&self, _: Queue, _: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> {
        unreachable!("nobody reads this bus")
    }

    fn listen(&self, _: &str) -> Listener {
        unreachable!("nobody listens here")
    }

    fn is_connected(&self) -> bool {
        true
    }
}

/// A batch that costs a transaction for each of its events makes a reader that is behind fall behind further.
#[tokio::test(flavor = "multi_thread")]
async fn one_unfit_event_of_many_costs_a_few_transactions() {
    let (_database, db) = database().await;
    let events: Vec<Envelope> = (0..128).map(|_| event(key(), 1)).collect();
    let effect = Arc::new(WriteDown::default());
    *effect.unfit.lock().unwrap() = Some(events[77].id);
    let consumer = consumer(&db, LocalBus::new(), owner_of(&events), Arc::clone(&effect));
    consumer.settle(&events).await.unwrap();
    assert_eq!(effects(&db).await.len(), 127);
    assert_eq!(parked::list(&db, 10).await.unwrap().len(), 1);
    let tries = AtomicUsize::load(&effect.tries, Ordering::SeqCst);
    assert!(tries <= 15, "two for each halving: {tries}");
}

/// An alert takes a duplicate for a sign that work is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_counts_once_however_often_its_batch_comes_again() {
    let _metrics = telemetry::init_metrics();
    let (database, _) = database().await;
    // A name of its own, because all tests of this process share the metrics.
    let db = Db::new(database.url(), "counts-duplicates", 4, Arc::new(SystemClock), Arc::default()).unwrap();
    let events: Vec<Envelope> = (0..128).map(|_| event(key(), 1)).collect();
    let effect = Arc::new(WriteDown::default());
    let consumer = consumer(&db, LocalBus::new(), owner_of(&events), Arc::clone(&effect));
    consumer.settle(&events[..1]).await.unwrap();
    *effect.unfit.lock().unwrap() = Some(events[1].id);
    consumer.settle(&events).await.unwrap();
    let series = "crossdesk_events_duplicate_total{service=\"counts-duplicates\",consumer=\"desk.ticket-events\"} ";
    let text = telemetry::init_metrics().render();
    assert_eq!(text.lines().find_map(|line| line.strip_prefix(series)), Some("1"), "{text}");
}

async fn write(db: &Db, key: TicketKey, versions: std::ops::RangeInclusive<i64>) {
    for version in versions {
        let row = NewRow {
            stream: Stream::of_ticket(key),
            event_id: EventId(SystemClock.new_id()),
            kind: "ticket.updated",
            traceparent: String::new(),
            occurred_at: SystemClock.now(),
            data: data(key, version),
        };
        let mut tx = db.begin();
        tx.save(Together::new().and(Append::new(&[row]).unwrap())).await.unwrap();
        tx.finish().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_publishes_every_event_in_order_through_failures_and_marks_only_what_was_confirmed() {
    let (_database, db) = database().await;
    let keys: Vec<TicketKey> = (0..10).map(|_| key()).collect();
    for key in &keys {
        write(&db, *key, 1..=6).await;
    }
    let bus = Flaky::failing_every(7);
    let relay = Relay::new("loan-support", db.clone(), Arc::clone(&bus) as _, Arc::default(), &SystemClock);
    for _ in 0..100 {
        let _ = relay.step().await;
        let left = event_log::unpublished(&mut db.conn().await.unwrap(), 1000).await.unwrap().len();
        let confirmed = bus.confirmed.lock().unwrap().len();
        assert_eq!(left + confirmed, 60, "marked is exactly what was confirmed");
        if left == 0 {
            break;
        }
    }
    let confirmed = bus.confirmed.lock().unwrap().clone();
    for key in &keys {
        let stream = Stream::of_ticket(*key).to_string();
        let order: Vec<i64> = confirmed.iter().filter(|(of, _)| *of == stream).map(|(_, version)| *version).collect();
        assert_eq!(order, [1, 2, 3, 4, 5, 6]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_holder_of_the_lease_relays_and_another_takes_over_when_it_is_gone() {
    let (database, db) = database().await;
    let bus = Flaky::failing_every(usize::MAX);
    let relay = || Relay::new("loan-support", db.clone(), Arc::clone(&bus) as _, Arc::default(), &SystemClock);
    let (first, second) = (relay(), relay());
    write(&db, key(), 1..=1).await;
    assert_eq!(first.step().await.unwrap(), 1);
    write(&db, key(), 1..=1).await;
    assert_eq!(second.step().await.unwrap(), 0, "the first holds the lease");
    database.run("UPDATE relay_lease SET expires_at = clock_timestamp()").await;
    assert_eq!(second.step().await.unwrap(), 1, "the first is gone");
    write(&db, key(), 1..=1).await;
    assert_eq!(first.step().await.unwrap(), 0, "it does not come back by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_commits_late_is_not_skipped() {
    let (_database, db) = database().await;
    let bus = Flaky::failing_every(usize::MAX);
    let relay = Relay::new("loan-support", db.clone(), Arc::clone(&bus) as _, Arc::default(), &SystemClock);
    let early = key();
    // Its id is made first, its transaction ends last.
    let row = NewRow {
        stream: Stream::of_ticket(early),
        event_id: EventId(SystemClock.new_id()),
        kind: "ticket.updated",
        traceparent: String::new(),
        occurred_at: SystemClock.now(),
        data: data(early, 1),
    };
    let mut tx = db.begin();
    tx.conn().await.unwrap();
    tx.save(Together::new().and(Append::new(&[row]).unwrap())).await.unwrap();
    write(&db, key(), 1..=1).await;
    assert_eq!(relay.step().await.unwrap(), 1);
    tx.finish().await.unwrap();
    assert_eq!(relay.step().await.unwrap(), 1, "ids are no cursor");
}
