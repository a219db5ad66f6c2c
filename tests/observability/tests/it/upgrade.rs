//! The schema is brought up to date while programs of the previous release go on working: what a rolling upgrade does.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chassis::Service;
use desk::Desk;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use loan_support::LoanSupport;
use storage::migrate;
use testkit::{TestDatabase, eventually};

use crate::previous::{self, Released};

const USER: &str = "customer-of-before";
/// Rounds before the change and after it.
const ROUNDS: i64 = 30;
/// How long a statement may wait for a change of the schema: a fraction of what a request may take.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Enough rows that an index over them takes a moment.
const SEED_LOAN: &str = "INSERT INTO tickets SELECT gen_random_uuid(), 1, 'seed', 's', 'd', 'category_001', 'new', 'Open', \
    'high', 'High', NULL, '{}', now(), now(), NULL, NULL FROM generate_series(1, 20000);
    INSERT INTO ticket_events SELECT ticket_key::text, 1, gen_random_uuid(), 'ticket.opened', jsonb_build_object('actor', \
    jsonb_build_object('id', 'seed', 'role', 'agent')), '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', now(), \
    now() FROM tickets;";
const SEED_DESK: &str = "INSERT INTO tickets SELECT key, 'loan', 'ticket_' || key, 1, 'new', 'Open', 'high', 'seed', NULL, \
    NULL, '/crossdesk/loan-support', now(), now() FROM (SELECT gen_random_uuid() AS key FROM generate_series(1, 20000)) AS keys;
    INSERT INTO applied_streams SELECT ticket_key::text, 1 FROM tickets;";

async fn connected(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

/// What a program of the previous release did meanwhile.
struct Meanwhile {
    rounds: AtomicI64,
    stop: AtomicBool,
}

/// One round of its work, and how much of its own work it sees.
type Round =
    for<'a> fn(&'a mut AsyncPgConnection) -> Pin<Box<dyn Future<Output = diesel::QueryResult<i64>> + Send + 'a>>;

async fn upgraded<S: Service>(own: Released, seed: &str, round: Round) -> (TestDatabase, i64) {
    let database = TestDatabase::with("empty", Vec::new()).await;
    let mut conn = previous::migrate(connected(database.url()).await, own).await;
    conn.batch_execute(seed).await.unwrap();
    let meanwhile = Arc::new(Meanwhile { rounds: AtomicI64::new(0), stop: AtomicBool::new(false) });
    let shared = Arc::clone(&meanwhile);
    let old = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        while !shared.stop.load(Ordering::Acquire) {
            let began = Instant::now();
            let seen = round(&mut conn).await.unwrap();
            longest = longest.max(began.elapsed());
            let done = shared.rounds.fetch_add(1, Ordering::AcqRel) + 1;
            assert_eq!(seen, done, "it reads all that it wrote");
        }
        longest
    });
    let reached = async |count: i64| {
        eventually("rounds", async || {
            (meanwhile.rounds.load(Ordering::Acquire) >= count || old.is_finished()).then_some(())
        })
        .await;
    };
    reached(ROUNDS).await;
    assert!(
        migrate::is_pending(database.url(), chassis::migrations::<S>()).await.unwrap(),
        "`migrate --check` says so"
    );
    let applied = migrate::run(database.url(), chassis::migrations::<S>()).await.unwrap();
    assert!(applied >= 2, "there was something to do: {applied}");
    assert!(!migrate::is_pending(database.url(), chassis::migrations::<S>()).await.unwrap());
    reached(meanwhile.rounds.load(Ordering::Acquire) + ROUNDS).await;
    meanwhile.stop.store(true, Ordering::Release);
    let longest = old.await.unwrap();
    assert!(longest < LONGEST_WAIT, "it waited {longest:?} for a change of the schema");
    assert_eq!(migrate::run(database.url(), chassis::migrations::<S>()).await.unwrap(), 0, "again is nothing");
    (database, meanwhile.rounds.load(Ordering::Acquire))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_line_of_the_previous_release_serves_while_its_database_is_upgraded() {
    let round: Round = |conn| Box::pin(previous::loan_round(conn, USER));
    let (database, rounds) = upgraded::<LoanSupport>(previous::LOAN, SEED_LOAN, round).await;
    let written = "SELECT count(*) FROM tickets JOIN ticket_events ON stream = ticket_key::text AND ticket_events.version = 1 \
                   WHERE user_id = 'customer-of-before' AND published_at IS NOT NULL";
    assert_eq!(database.count(written).await, rounds, "every ticket with its event, relayed");
    assert_eq!(database.count("SELECT count(*) FROM tickets").await, 20_000 + rounds, "and nothing went away");
    // What the new release needs of old rows is there.
    assert_eq!(database.count("SELECT count(*) FROM ticket_events WHERE audited IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_of_the_previous_release_serves_while_its_database_is_upgraded() {
    let round: Round = |conn| Box::pin(previous::desk_round(conn, USER));
    let (database, rounds) = upgraded::<Desk>(previous::DESK, SEED_DESK, round).await;
    assert_eq!(database.count("SELECT count(*) FROM tickets").await, 20_000 + rounds);
}
