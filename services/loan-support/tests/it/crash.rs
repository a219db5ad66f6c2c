//! The service as a program that is killed at the worst moment.

use std::collections::BTreeMap;

use domain::{Envelope, Role};
use loan_support::LoanSupport;
use messaging::bus::{Bus as _, RabbitBus, Subscription};
use messaging::topology::Queue;
use serde_json::Value;
use testkit::{Process, TestDatabase, amqp_url};
use tokio_util::sync::CancellationToken;

use crate::draft;

const PROGRAM: &str = env!("CARGO_BIN_EXE_loan-support");

/// One test at a time reads the broker's queue: two readers would take each other's events.
static QUEUE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Opens a ticket and gives its id.
async fn open(service: &Process) -> String {
    let request = reqwest::Client::builder().build().unwrap().post(format!("{}/support/tickets", service.url));
    let answer =
        request.bearer_auth(service.tokens.of("user_123", Role::Customer)).json(&draft()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["data"]["ticketId"].as_str().unwrap().to_owned()
}

/// Reads the queue until the event of this ticket comes.
async fn event_of(ticket: &str, events: &mut Subscription) -> Envelope {
    let reading = async {
        loop {
            let delivery = events.next().await.unwrap();
            let event: Envelope = serde_json::from_slice(delivery.body()).unwrap();
            let is_ours = event.data.ticket_id == ticket;
            delivery.ack().await;
            if is_ours {
                return event;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), reading).await.unwrap()
}

/// A database, a reader of the broker's events, and the service to be killed.
struct Stage {
    database: TestDatabase,
    secrets: tempfile::TempDir,
    events: Subscription,
    over: CancellationToken,
}

impl Stage {
    async fn set() -> Self {
        let over = CancellationToken::new();
        let bus = RabbitBus::connect(&amqp_url(), "test", over.clone());
        Self {
            database: TestDatabase::for_service::<LoanSupport>().await,
            secrets: tempfile::tempdir().unwrap(),
            events: bus.subscribe(Queue::DeskTicketEvents, 10).await.unwrap(),
            over,
        }
    }

    /// Starts the service; it stops where a crash point says so.
    async fn service(&self, crash_points: &str) -> Process {
        let settings = BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", self.database.url().to_owned()),
            ("CROSSDESK__AMQP__URL", amqp_url()),
            ("FAILPOINTS", crash_points.to_owned()),
        ]);
        Process::start(PROGRAM, self.secrets.path(), settings).await
    }

    async fn unpublished(&self) -> i64 {
        self.database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_write_and_publish_loses_no_event() {
    let _turn = QUEUE.lock().await;
    let mut stage = Stage::set().await;
    let service = stage.service("relay.before_publish=pause").await;
    let ticket = open(&service).await;
    service.kill();
    assert_eq!(stage.unpublished().await, 1);

    let service = stage.service("").await;
    let event = event_of(&ticket, &mut stage.events).await;
    assert_eq!((event.kind.as_str(), event.data.version), ("ticket.opened", 1));
    testkit::eventually("the event is marked as published", async || (stage.unpublished().await == 0).then_some(()))
        .await;
    assert_eq!(service.terminate().await, Some(0), "an orderly stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_confirm_and_mark_publishes_the_same_event_again() {
    let _turn = QUEUE.lock().await;
    let mut stage = Stage::set().await;
    let service = stage.service("relay.before_mark=pause").await;
    let ticket = open(&service).await;
    let first = event_of(&ticket, &mut stage.events).await;
    service.kill();
    assert_eq!(stage.unpublished().await, 1);

    let _service = stage.service("").await;
    let second = event_of(&ticket, &mut stage.events).await;
    assert_eq!(first, second, "the same event, with the same id: readers drop it");
}
