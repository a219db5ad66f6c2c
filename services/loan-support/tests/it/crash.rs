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

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_write_and_publish_loses_no_event() {
    let _turn = QUEUE.lock().await;
    let database = TestDatabase::for_service::<LoanSupport>().await;
    let secrets = tempfile::tempdir().unwrap();
    let settings = |crash_points: &str| {
        BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", database.url().to_owned()),
            ("CROSSDESK__AMQP__URL", amqp_url()),
            ("FAILPOINTS", crash_points.to_owned()),
        ])
    };
    let over = CancellationToken::new();
    let bus = RabbitBus::connect(&amqp_url(), "test", over.clone());
    let mut events = bus.subscribe(Queue::DeskTicketEvents, 10).await.unwrap();

    let service = Process::start(PROGRAM, secrets.path(), settings("relay.before_publish=pause")).await;
    let ticket = open(&service).await;
    service.kill();
    assert_eq!(database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await, 1);

    let service = Process::start(PROGRAM, secrets.path(), settings("")).await;
    let event = event_of(&ticket, &mut events).await;
    assert_eq!((event.kind.as_str(), event.data.version), ("ticket.opened", 1));
    testkit::eventually("the event is marked as published", async || {
        let left = database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await;
        (left == 0).then_some(())
    })
    .await;
    assert_eq!(service.terminate().await, Some(0), "an orderly stop");
    over.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_confirm_and_mark_publishes_the_same_event_again() {
    let _turn = QUEUE.lock().await;
    let database = TestDatabase::for_service::<LoanSupport>().await;
    let secrets = tempfile::tempdir().unwrap();
    let settings = |crash_points: &str| {
        BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", database.url().to_owned()),
            ("CROSSDESK__AMQP__URL", amqp_url()),
            ("FAILPOINTS", crash_points.to_owned()),
        ])
    };
    let over = CancellationToken::new();
    let bus = RabbitBus::connect(&amqp_url(), "test", over.clone());
    let mut events = bus.subscribe(Queue::DeskTicketEvents, 10).await.unwrap();

    let service = Process::start(PROGRAM, secrets.path(), settings("relay.before_mark=pause")).await;
    let ticket = open(&service).await;
    let first = event_of(&ticket, &mut events).await;
    service.kill();
    let service = Process::start(PROGRAM, secrets.path(), settings("")).await;
    let second = event_of(&ticket, &mut events).await;
    assert_eq!(first, second, "the same event, with the same id: readers drop it");
    drop(service);
    over.cancel();
}
