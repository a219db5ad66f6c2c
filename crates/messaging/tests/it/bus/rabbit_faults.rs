//! RabbitMQ behind a line that breaks: nothing hangs, nothing is lost, everything comes back by itself.

use std::time::Duration;

use futures_util::future::join_all;
use messaging::bus::{Bus, Delivery, PublishError, RabbitBus};
use messaging::topology::Queue;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::proxy::Proxy;
use super::stage::{DEADLINE, command, event, eventually, next, nothing_comes, prepare, text};

/// Connections cut while answers are on their way.
const CUTS: u64 = 40;

async fn behind_proxy() -> (std::sync::Arc<RabbitBus>, Proxy, Broker) {
    let broker = Broker::of_this_test();
    let proxy = Proxy::to(broker.address()).await;
    let bus = RabbitBus::connect_prefixed(&broker.url_at(proxy.port), "test", &broker.prefix, CancellationToken::new());
    prepare(&bus, &broker).await;
    (bus, proxy, broker)
}

async fn publish_until_confirmed(bus: &RabbitBus, body: &str) {
    eventually("confirm", async || bus.publish(event("loan.ticket.opened", body)).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_and_reading_survive_cut_connections() {
    let (bus, proxy, _broker) = behind_proxy().await;
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    publish_until_confirmed(&bus, "before").await;
    next(&mut reader).await.ack().await;
    for round in 0..3 {
        proxy.cut();
        let body = format!("after {round}");
        publish_until_confirmed(&bus, &body).await;
        // A copy of a publish that broke before its confirm may come too.
        loop {
            let delivery = next(&mut reader).await;
            let received = text(&delivery);
            delivery.ack().await;
            if received == body {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_of_a_lost_connection_comes_again_and_its_ack_means_nothing() {
    let (bus, proxy, _broker) = behind_proxy().await;
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    publish_until_confirmed(&bus, "held").await;
    let held = next(&mut reader).await;
    proxy.cut();
    let again = next(&mut reader).await;
    assert_eq!(text(&again), "held");
    assert!(again.redelivered());
    timeout(DEADLINE, held.ack()).await.expect("an ack that comes too late does not hang");
    again.requeue().await;
    let last = next(&mut reader).await;
    assert_eq!(text(&last), "held");
    last.ack().await;
    nothing_comes(&mut reader).await;
}

/// The client may forget an ack that it takes up while the connection breaks. A reader that waits for it would hold its
/// place at the queue and read nothing, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_end_wherever_the_connection_breaks() {
    let (bus, proxy, _broker) = behind_proxy().await;
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 100).await.expect("subscribes");
    for round in 0..CUTS {
        for number in 0..30 {
            publish_until_confirmed(&bus, &format!("{round} {number}")).await;
        }
        let mut held = vec![next(&mut reader).await];
        while let Some(delivery) = reader.try_next() {
            held.push(delivery);
        }
        let answers = async {
            join_all(held.into_iter().map(Delivery::ack)).await;
        };
        let cut = async {
            tokio::time::sleep(Duration::from_micros(round * 40)).await;
            proxy.cut();
        };
        timeout(DEADLINE, async { tokio::join!(answers, cut) }).await.expect("every answer ends");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_in_flight_fails_at_once_when_the_connection_is_cut() {
    let (bus, proxy, _broker) = behind_proxy().await;
    publish_until_confirmed(&bus, "declares").await;
    proxy.set_silent(true);
    let publishing = std::sync::Arc::clone(&bus);
    let mut sent = tokio::spawn(async move { publishing.publish(event("loan.ticket.opened", "in flight")).await });
    let started = Instant::now();
    // The confirm cannot come, so it is in flight until the cut.
    assert!(timeout(Duration::from_millis(300), &mut sent).await.is_err());
    proxy.cut();
    let result = timeout(DEADLINE, sent).await.expect("no hang").expect("no panic");
    assert!(matches!(result, Err(PublishError::Disconnected(_))), "{result:?}");
    assert!(started.elapsed() < Duration::from_secs(4), "the cut, not the timeout, ended it: {:?}", started.elapsed());
    proxy.set_silent(false);
    publish_until_confirmed(&bus, "after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirm_that_does_not_come_times_out_and_the_channel_is_built_again() {
    let (bus, proxy, broker) = behind_proxy().await;
    publish_until_confirmed(&bus, "declares").await;
    broker.drain("desk.ticket-events").await;
    proxy.set_silent(true);
    let started = Instant::now();
    assert_eq!(bus.publish(event("loan.ticket.opened", "slow")).await, Err(PublishError::TimedOut));
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(8), "{waited:?}");
    let refused = bus.publish(event("loan.ticket.opened", "next")).await;
    assert!(matches!(refused, Err(PublishError::Disconnected(_))), "{refused:?}");
    proxy.set_silent(false);
    publish_until_confirmed(&bus, "after").await;
    assert!(broker.drain("desk.ticket-events").await.contains(&b"after".to_vec()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_connection_left_unread_is_skipped() {
    let (bus, proxy, _broker) = behind_proxy().await;
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    publish_until_confirmed(&bus, "read").await;
    publish_until_confirmed(&bus, "unread").await;
    let read = next(&mut reader).await;
    let before = proxy.accepted();
    proxy.cut();
    // Both connections are back, so the reader's loss of the first is known.
    eventually("reconnect", async || (proxy.accepted() >= before + 2).then_some(())).await;
    for _ in 0..2 {
        let delivery = next(&mut reader).await;
        assert!(delivery.redelivered(), "{} is a leftover", text(&delivery));
        delivery.ack().await;
    }
    drop(read);
    nothing_comes(&mut reader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_bus_leaves_no_connection_behind_even_if_the_broker_is_silent() {
    let (bus, proxy, _broker) = behind_proxy().await;
    let reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    eventually("two connections", async || (proxy.open() == 2).then_some(())).await;
    proxy.set_silent(true);
    drop(reader);
    drop(bus);
    eventually("end of the connections", async || (proxy.open() == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_without_a_broker_fails_at_once() {
    let bus = RabbitBus::connect("amqp://127.0.0.1:1/%2f", "test", CancellationToken::new());
    for _ in 0..3 {
        let started = Instant::now();
        assert!(matches!(bus.publish(command("x")).await, Err(PublishError::Disconnected(_))));
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    }
    assert!(!bus.is_connected());
}
