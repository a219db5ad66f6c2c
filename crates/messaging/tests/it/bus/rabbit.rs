//! What is special to RabbitMQ: the topology of the contract, and what the broker says about messages.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use lapin::ExchangeKind;
use lapin::types::AMQPValue;
use messaging::bus::{Bus, PublishError, RabbitBus};
use messaging::topology::{Exchange, Queue};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::stage::{Stage, command, connected, done, event, eventually, message, next, nothing_comes};

fn words(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_and_queues_have_exactly_the_arguments_of_the_contract() {
    let Stage::Rabbit(bus, broker, _shutdown) = Stage::rabbit().await else { unreachable!() };
    for exchange in [Exchange::TicketEvents, Exchange::MasCommands, Exchange::MasResults] {
        // Publishing declares; the key does not matter.
        assert_eq!(bus.publish(message(exchange, "tours.ticket.deleted", "x")).await, Ok(()));
    }
    let alternate = [("alternate-exchange", words("prefix+ticket.unrouted"))];
    for (name, kind, arguments) in [
        ("ticket.events", ExchangeKind::Topic, &alternate[..]),
        ("ticket.unrouted", ExchangeKind::Fanout, &[]),
        ("ticket.dlx", ExchangeKind::Direct, &[]),
        ("mas.commands", ExchangeKind::Direct, &alternate[..]),
        ("mas.results", ExchangeKind::Direct, &alternate[..]),
    ] {
        assert!(broker.accepts_exchange(name, kind, arguments).await, "{name}");
    }
    let quorum = [("x-queue-type", words("quorum"))];
    assert!(broker.accepts_queue("ticket.unrouted", &quorum).await);
    for (name, single) in [
        ("desk.ticket-events", true),
        ("attachments.ticket-events", true),
        ("mas.resume-requests", false),
        ("mas.resume-results", true),
    ] {
        let mut arguments = vec![
            ("x-queue-type", words("quorum")),
            ("x-delivery-limit", AMQPValue::LongInt(50)),
            ("x-dead-letter-exchange", words("prefix+ticket.dlx")),
            ("x-dead-letter-routing-key", words(&format!("prefix+{name}"))),
            ("x-dead-letter-strategy", words("at-least-once")),
            ("x-overflow", words("reject-publish")),
        ];
        if single {
            arguments.push(("x-single-active-consumer", AMQPValue::Boolean(true)));
        }
        assert!(broker.accepts_queue(name, &arguments).await, "{name}");
        assert!(broker.accepts_queue(&format!("{name}.dlq"), &quorum).await, "{name}.dlq");
        // The broker does look: without the last argument it is another queue.
        arguments.pop();
        assert!(!broker.accepts_queue(name, &arguments).await, "{name}");
    }
}

/// The first start ever: RabbitMQ lets one side see a queue that the other is still creating, and fails it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publisher_and_reader_may_declare_at_the_same_moment() {
    let broker = Broker::of_this_test();
    let bus = RabbitBus::connect_prefixed(&broker.url, "test", &broker.prefix, CancellationToken::new());
    connected(&*bus).await;
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    eventually("confirm", async || bus.publish(event("loan.ticket.opened", "first")).await.ok()).await;
    let delivery = next(&mut reader).await;
    assert_eq!(delivery.body(), b"first");
    delivery.ack().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_no_queue_wants_lands_in_the_unrouted_queue() {
    let Stage::Rabbit(bus, broker, _shutdown) = Stage::rabbit().await else { unreachable!() };
    assert_eq!(bus.publish(message(Exchange::MasCommands, "nonsense", "stray")).await, Ok(()));
    assert_eq!(broker.take("ticket.unrouted").await, b"stray");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_returned_message_fails_and_the_topology_is_declared_again() {
    let stage = Stage::rabbit().await;
    let Stage::Rabbit(bus, broker, _) = &stage else { unreachable!() };
    assert_eq!(bus.publish(command("before")).await, Ok(()));
    broker.delete_queue("mas.resume-requests").await;
    broker.delete_queue("ticket.unrouted").await;
    assert_eq!(bus.publish(command("lost?")).await, Err(PublishError::Unroutable));
    done(stage.send(command("again"))).await;
    assert_eq!(broker.take("mas.resume-requests").await, b"again");
}

/// Confirms and returns of many messages arrive mixed; believing the wrong one would lose a message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_messages_are_there_and_returned_ones_are_not_among_many_in_flight() {
    let Stage::Rabbit(bus, broker, _shutdown) = Stage::rabbit().await else { unreachable!() };
    broker.delete_queue("mas.resume-requests").await;
    broker.delete_queue("ticket.unrouted").await;
    let bodies: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let results = join_all(bodies.iter().enumerate().map(|(number, body)| {
        bus.publish(if number % 2 == 0 { event("loan.ticket.opened", body) } else { command(body) })
    }))
    .await;

    let mut there = BTreeSet::new();
    for queue in ["desk.ticket-events", "mas.resume-requests", "ticket.unrouted"] {
        there.extend(broker.drain(queue).await);
    }
    let mut returned = 0;
    for (body, result) in bodies.iter().zip(results) {
        match result {
            Ok(()) => assert!(there.contains(body.as_bytes()), "{body} was confirmed and is lost"),
            Err(PublishError::Unroutable) => {
                returned += 1;
                assert!(!there.contains(body.as_bytes()), "{body} was returned and is there");
            }
            // The session ends with the first return; what was in flight then is published again.
            Err(error) => assert!(matches!(error, PublishError::Disconnected(_)), "{error:?}"),
        }
    }
    assert!(returned > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_queue_is_built_again_under_its_reader() {
    let stage = Stage::rabbit().await;
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    done(stage.send(event("loan.ticket.opened", "before"))).await;
    next(&mut reader).await.ack().await;
    let Stage::Rabbit(_, broker, _) = &stage else { unreachable!() };
    broker.delete_queue("desk.ticket-events").await;

    // Until the queue is there again this goes to the unrouted one, as it should.
    let sender = async {
        loop {
            done(stage.send(event("loan.ticket.opened", "after"))).await;
        }
    };
    tokio::select! {
        () = sender => {}
        delivery = next(&mut reader) => assert_eq!(delivery.body(), b"after"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_ends_reading_but_lets_the_reader_finish_and_the_relay_publish() {
    let stage = Stage::rabbit().await;
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    done(stage.send(event("loan.ticket.opened", "held"))).await;
    let held = next(&mut reader).await;
    let Stage::Rabbit(bus, broker, shutdown) = &stage else { unreachable!() };
    shutdown.cancel();
    assert!(reader.next().await.is_none());
    assert!(bus.subscribe(Queue::DeskTicketEvents, 1).await.is_err());
    held.ack().await;
    assert_eq!(bus.publish(event("loan.ticket.opened", "flushed")).await, Ok(()));
    drop(reader);

    let other = RabbitBus::connect_prefixed(&broker.url, "test", &broker.prefix, CancellationToken::new());
    connected(&*other).await;
    let mut reader = other.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    let delivery = next(&mut reader).await;
    assert_eq!(delivery.body(), b"flushed");
    delivery.ack().await;
    nothing_comes(&mut reader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_never_shown() {
    let bus = RabbitBus::connect("amqp://someone:geheim@127.0.0.1:1/%2f", "test", CancellationToken::new());
    let error = bus.publish(command("x")).await.expect_err("nobody listens there");
    let shown = format!("{bus:?} {error:?} {error}");
    assert!(!shown.contains("geheim") && !shown.contains("someone"), "{shown}");
    assert!(Broker::of_this_test().url.starts_with("amqp"));
}
