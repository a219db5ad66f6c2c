//! From a stored message to its reader: at least once, whatever happens on the way. Real PostgreSQL.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use domain::{Clock as _, SystemClock};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use messaging::bus::LocalBus;
use messaging::topology::{Exchange, Queue};
use messaging::{Outgoing, Put, Receive, ReceiveError, Received, Receiver, Relay};
use storage::{Db, Together, sql};
use testkit::{TestDatabase, eventually};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Keeps what comes; fails a few times first, and never takes poison.
#[derive(Debug, Default)]
struct Keep {
    kept: Mutex<Vec<Vec<u8>>>,
    failures_left: AtomicUsize,
}

impl Receive for Keep {
    fn receive<'a>(&'a self, message: &'a Received) -> BoxFuture<'a, Result<(), ReceiveError>> {
        async move {
            if &*message.body == b"poison" {
                return Err(ReceiveError::Unfit("poison".to_owned()));
            }
            if self.failures_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                return Err(ReceiveError::Later("away".to_owned()));
            }
            self.kept.lock().unwrap().push(message.body.to_vec());
            Ok(())
        }
        .boxed()
    }
}

/// Writes what comes into a table, as a request that is taken.
#[derive(Debug)]
struct WriteDown {
    db: Db,
    attempts: AtomicUsize,
}

impl WriteDown {
    fn into(db: &Db) -> Arc<Self> {
        Arc::new(Self { db: db.clone(), attempts: AtomicUsize::new(0) })
    }

    async fn tried(&self, times: usize) {
        let what = format!("{times} attempts");
        eventually(&what, async || (AtomicUsize::load(&self.attempts, Ordering::SeqCst) >= times).then_some(())).await;
    }
}

impl Receive for WriteDown {
    fn receive<'a>(&'a self, message: &'a Received) -> BoxFuture<'a, Result<(), ReceiveError>> {
        async move {
            self.attempts.fetch_add(1, Ordering::SeqCst);
            let mut conn = self.db.conn().await?;
            sql("INSERT INTO taken (body) VALUES ($1)")
                .bind::<Text, _>(String::from_utf8_lossy(&message.body).into_owned())
                .execute(&mut **conn)
                .await?;
            Ok(())
        }
        .boxed()
    }
}

struct Stage {
    database: TestDatabase,
    db: Db,
    bus: Arc<LocalBus>,
    stop: CancellationToken,
}

impl Stage {
    async fn new() -> Self {
        let tables = vec![storage::migrate::MIGRATIONS, messaging::MIGRATIONS];
        let database = TestDatabase::with("messaging_flow", tables).await;
        let db = Db::new(database.url(), "test", 4, Arc::new(SystemClock), Arc::new(Notify::new())).unwrap();
        Self { database, db, bus: LocalBus::new(), stop: CancellationToken::new() }
    }

    fn relay(&self) {
        let relay = Relay::new("mas-gateway", self.db.clone(), self.bus.clone(), Arc::new(Notify::new()), &SystemClock);
        tokio::spawn(relay.run(self.stop.clone()));
    }

    fn receive(&self, effect: &Arc<impl Receive>) {
        self.receive_as("mas-bridge", effect);
    }

    fn receive_as(&self, service: &'static str, effect: &Arc<impl Receive>) {
        let effect: Arc<dyn Receive> = effect.clone();
        let receiver = Receiver::new(service, Queue::MasResumeRequests, self.bus.clone(), effect);
        tokio::spawn(receiver.run(self.stop.clone()));
    }

    async fn put(&self, body: &[u8]) {
        let message = Outgoing {
            message_id: SystemClock.new_id(),
            exchange: Exchange::MasCommands,
            routing_key: "resume-request".to_owned(),
            kind: "mas.resume-request".to_owned(),
            content_type: "application/json".to_owned(),
            correlation_id: Some("100000457".to_owned()),
            reply_to: Some("mas.resume-results".to_owned()),
            headers: vec![("traceparent".to_owned(), "00-1".to_owned())],
            at: SystemClock.now(),
            body: body.to_vec(),
        };
        let mut tx = self.db.begin();
        tx.save(Together::new().and(Put::new(message))).await.unwrap();
        tx.finish().await.unwrap();
    }

    async fn unpublished(&self) -> i64 {
        self.database.count("SELECT count(*) FROM outgoing_messages WHERE published_at IS NULL").await
    }
}

/// The value of a series, as it is printed.
fn told(series: &str) -> Option<String> {
    let text = telemetry::init_metrics().render();
    text.lines().find_map(|line| Some(line.strip_prefix(series)?.trim().to_owned()))
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_message_reaches_its_reader_and_is_kept_as_sent() {
    let stage = Stage::new().await;
    let effect = Arc::new(Keep::default());
    stage.put(b"one").await;
    stage.put(b"two").await;
    stage.relay();
    // There is no reader yet: the messages wait.
    eventually("two waiting messages", async || (stage.unpublished().await == 2).then_some(())).await;
    stage.receive(&effect);
    eventually("both messages sent", async || (stage.unpublished().await == 0).then_some(())).await;
    let mut kept = effect.kept.lock().unwrap().clone();
    kept.sort();
    assert_eq!(kept, [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(stage.database.count("SELECT count(*) FROM outgoing_messages").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_fails_gets_the_message_again_and_poison_is_a_dead_letter() {
    let stage = Stage::new().await;
    let effect = Arc::new(Keep { failures_left: AtomicUsize::new(2), ..Keep::default() });
    stage.receive(&effect);
    stage.relay();
    stage.put(b"poison").await;
    stage.put(b"good").await;
    eventually("everything dealt with", async || (stage.unpublished().await == 0).then_some(())).await;
    assert_eq!(*effect.kept.lock().unwrap(), [b"good".to_vec()]);
    let letters = stage.bus.dead_letters();
    assert_eq!(letters.iter().map(|letter| &*letter.message.body).collect::<Vec<_>>(), [b"poison"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_waits_while_its_table_the_right_to_it_or_room_on_the_disk_is_missing() {
    let _metrics = telemetry::init_metrics();
    let stage = Stage::new().await;
    let effect = WriteDown::into(&stage.db);
    stage.receive_as("test-patient", &effect);
    stage.relay();
    stage.put(b"resume me").await;
    effect.tried(2).await;
    stage.database.run("CREATE TABLE taken (body text NOT NULL CHECK (body <> 'poison'))").await;
    eventually("the message dealt with", async || (stage.unpublished().await == 0).then_some(())).await;

    // What PostgreSQL says to a role without the grant, and on a full disk.
    for (code, words) in [
        ("insufficient_privilege", "permission denied for table taken"),
        ("disk_full", "could not extend file \"base/5/16384\": No space left on device"),
    ] {
        let refusal = format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION USING errcode = '{code}', message = '{words}'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON taken EXECUTE FUNCTION refuse()"
        );
        stage.database.run(&refusal).await;
        stage.put(code.as_bytes()).await;
        effect.tried(AtomicUsize::load(&effect.attempts, Ordering::SeqCst) + 2).await;
        stage.database.run("DROP TRIGGER refuse ON taken; DROP FUNCTION refuse").await;
        eventually("the message dealt with", async || (stage.unpublished().await == 0).then_some(())).await;
    }
    assert_eq!(stage.bus.dead_letters(), [], "nothing was thrown away");
    let failures = told("crossdesk_reader_failures_total{service=\"test-patient\",consumer=\"mas.resume-requests\"}");
    assert!(failures.unwrap().parse::<u64>().unwrap() >= 6, "each attempt is counted");
    assert_eq!(stage.database.count("SELECT count(*) FROM taken").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_breaks_a_constraint_is_a_dead_letter() {
    let stage = Stage::new().await;
    stage.database.run("CREATE TABLE taken (body text NOT NULL CHECK (body <> 'poison'))").await;
    stage.receive(&WriteDown::into(&stage.db));
    stage.relay();
    stage.put(b"poison").await;
    eventually("the message dealt with", async || (stage.unpublished().await == 0).then_some(())).await;
    assert_eq!(stage.bus.dead_letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_is_forgotten_after_thirty_days_and_what_waits_is_not() {
    let stage = Stage::new().await;
    for body in [&b"old"[..], b"new", b"waiting"] {
        stage.put(body).await;
    }
    stage
        .database
        .run("UPDATE outgoing_messages SET published_at = now() - interval '31 days' WHERE body = 'old'")
        .await;
    stage.database.run("UPDATE outgoing_messages SET published_at = now() WHERE body = 'new'").await;
    stage.database.run("UPDATE outgoing_messages SET sent_at = now() - interval '1 year' WHERE body = 'waiting'").await;
    let mut conn = stage.db.conn().await.unwrap();
    assert_eq!(messaging::outgoing::forget_old_bodies(&mut conn).await.unwrap(), 1);
    assert_eq!(messaging::outgoing::forget_old_bodies(&mut conn).await.unwrap(), 0);
    let kept = "SELECT count(*) FROM outgoing_messages WHERE body IN ('new', 'waiting')";
    assert_eq!(
        (stage.database.count(kept).await, stage.database.count("SELECT count(*) FROM outgoing_messages").await),
        (2, 3)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_alerts_look_at_is_counted_from_nought() {
    let _metrics = telemetry::init_metrics();
    let stage = Stage::new().await;
    stage.receive_as("test-nought", &Arc::new(Keep::default()));
    let relay = Relay::new("test-nought", stage.db.clone(), stage.bus.clone(), Arc::default(), &SystemClock);
    tokio::spawn(relay.run(stage.stop.clone()));
    for series in [
        "crossdesk_dead_letters_total{service=\"test-nought\",consumer=\"mas.resume-requests\"}",
        "crossdesk_reader_failures_total{service=\"test-nought\",consumer=\"mas.resume-requests\"}",
        "crossdesk_messages_received_total{service=\"test-nought\",consumer=\"mas.resume-requests\"}",
        "crossdesk_unroutable_total{service=\"test-nought\"}",
        "crossdesk_events_published_total{service=\"test-nought\"}",
        "crossdesk_messages_published_total{service=\"test-nought\"}",
    ] {
        let value = eventually(series, async || told(series)).await;
        assert_eq!(value, "0", "{series}");
    }
}
