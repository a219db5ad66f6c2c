//! What is told of queues: how full they are, whether somebody reads them, and nothing when nobody can know.

use messaging::bus::{Bus, RabbitBus};
use messaging::topology::{Exchange, Queue};
use telemetry::init_metrics;
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::stage::{connected, event, eventually, message, next, prepare};

/// The value of a series, as it is printed.
fn told(name: &str, service: &str, queue: &str) -> Option<String> {
    let series = format!("{name}{{service=\"{service}\",queue=\"{queue}\"}} ");
    init_metrics().render().lines().find_map(|line| Some(line.strip_prefix(&series)?.to_owned()))
}

async fn messages(service: &str, queue: &str, wanted: &str) {
    let what = format!("{wanted} messages in {queue}");
    let told = async || told("crossdesk_queue_messages", service, queue).filter(|found| found == wanted);
    eventually(&what, told).await;
}

async fn consumers(service: &str, queue: &str, wanted: &str) {
    let what = format!("{wanted} readers of {queue}");
    let told = async || told("crossdesk_queue_consumers", service, queue).filter(|found| found == wanted);
    eventually(&what, told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_and_strays_are_told_by_the_desk_and_forgotten_with_its_connection() {
    let _metrics = init_metrics();
    let broker = Broker::of_this_test();
    let bus = RabbitBus::connect_prefixed(&broker.url, "first-desk", &broker.prefix, CancellationToken::new());
    prepare(&bus, &broker).await;
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    eventually("confirm", async || bus.publish(event("loan.ticket.opened", "poison")).await.ok()).await;
    next(&mut reader).await.dead_letter().await;
    assert_eq!(bus.publish(message(Exchange::MasCommands, "nonsense", "stray")).await, Ok(()));
    messages("first-desk", "desk.ticket-events", "0").await;
    drop(reader);
    messages("first-desk", "desk.ticket-events", "NaN").await;

    let bus = RabbitBus::connect_prefixed(&broker.url, "second-desk", &broker.prefix, CancellationToken::new());
    let _reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    messages("second-desk", "desk.ticket-events.dlq", "1").await;
    messages("second-desk", "ticket.unrouted", "1").await;
    messages("second-desk", "desk.ticket-events", "0").await;
    consumers("second-desk", "desk.ticket-events", "1").await;
    assert_eq!(told("crossdesk_queue_consumers", "second-desk", "ticket.unrouted"), None, "nobody should read it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_missing_has_no_reader_and_the_next_one_is_measured_all_the_same() {
    let _metrics = init_metrics();
    let broker = Broker::of_this_test();
    let bus = RabbitBus::connect_prefixed(&broker.url, "test-mas-gateway", &broker.prefix, CancellationToken::new());
    connected(&*bus).await;
    let _results = bus.subscribe(Queue::MasResumeResults, 10).await.expect("subscribes");
    consumers("test-mas-gateway", "mas.resume-results", "1").await;
    consumers("test-mas-gateway", "mas.resume-requests", "0").await;
    messages("test-mas-gateway", "mas.resume-requests", "0").await;

    let _bridge = bus.subscribe(Queue::MasResumeRequests, 10).await.expect("subscribes");
    consumers("test-mas-gateway", "mas.resume-requests", "1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_never_had_a_connection_says_that_nothing_is_known() {
    let _metrics = init_metrics();
    let broker = Broker::of_this_test();
    // Nobody listens there.
    let bus =
        RabbitBus::connect_prefixed(&broker.url_at(1), "desk-without-broker", &broker.prefix, CancellationToken::new());
    let _reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    messages("desk-without-broker", "desk.ticket-events", "NaN").await;
    messages("desk-without-broker", "ticket.unrouted", "NaN").await;
    consumers("desk-without-broker", "desk.ticket-events", "NaN").await;
}
