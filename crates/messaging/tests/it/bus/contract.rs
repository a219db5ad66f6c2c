//! What code above the bus relies on, run on both buses.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use messaging::bus::{Listener, Subscription};
use messaging::topology::{DELIVERY_LIMIT, Queue};

use super::stage::{DEADLINE, Stage, command, done, event, next, nothing_comes, text};

macro_rules! on_both_buses {
    ($($test:ident)+) => {
        mod local {
            use super::Stage;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(Stage::local()).await; })+
        }
        mod rabbit {
            use super::Stage;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(Stage::rabbit().await).await; })+
        }
    };
}

on_both_buses! {
    a_message_arrives_with_everything_it_carries
    many_messages_in_flight_are_each_confirmed_and_each_delivered
    an_acked_message_does_not_come_again
    a_requeued_message_comes_again
    a_dropped_delivery_comes_again
    a_refused_message_becomes_a_dead_letter_and_counts_as_delivered
    a_message_delivered_too_often_becomes_a_dead_letter
    a_message_comes_again_when_its_reader_is_lost
    a_reader_holds_no_more_than_its_prefetch
    each_queue_gets_each_event
    a_queue_gets_only_what_it_is_bound_to
    one_active_reader_gets_all_in_order_and_the_next_takes_over
    readers_of_the_request_queue_share_the_work
    every_listener_hears_the_events_it_asked_for_and_takes_them_from_nobody
}

async fn a_message_arrives_with_everything_it_carries(stage: Stage) {
    let mut reader = stage.subscribe(Queue::MasResumeRequests, 10).await;
    let mut message = command("{\"a\":1}");
    message.properties.correlation_id = Some("100000457".to_owned());
    message.properties.reply_to = Some("mas.resume-results".to_owned());
    message.properties.headers =
        vec![("partitionkey".to_owned(), "k/attachments".to_owned()), ("traceparent".to_owned(), "00-ü".to_owned())];
    let sent = stage.send_once(message.clone());

    let delivery = next(&mut reader).await;
    assert_eq!(delivery.body(), &*message.body);
    assert_eq!(delivery.routing_key(), "resume-request");
    assert_eq!(delivery.properties(), &message.properties);
    assert!(!delivery.redelivered());
    delivery.ack().await;
    assert_eq!(done(sent).await, Ok(()));
}

async fn many_messages_in_flight_are_each_confirmed_and_each_delivered(stage: Stage) {
    const COUNT: u32 = 500;
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 50).await;
    let sent: Vec<_> = (0..COUNT).map(|number| stage.send_once(event("loan.ticket.opened", number))).collect();

    let mut received = Vec::new();
    while received.len() < COUNT as usize {
        let mut batch = vec![next(&mut reader).await];
        batch.extend(std::iter::from_fn(|| reader.try_next()));
        for delivery in batch {
            received.push(text(&delivery));
            delivery.ack().await;
        }
    }
    for result in join_all(sent.into_iter().map(done)).await {
        assert_eq!(result, Ok(()));
    }
    let expected: BTreeSet<String> = (0..COUNT).map(|number| number.to_string()).collect();
    assert_eq!(received.into_iter().collect::<BTreeSet<_>>(), expected);
    nothing_comes(&mut reader).await;
}

async fn an_acked_message_does_not_come_again(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send(event("loan.ticket.opened", "first"));
    next(&mut reader).await.ack().await;
    done(sent).await;
    drop(reader);

    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    stage.send(event("loan.ticket.opened", "second"));
    let delivery = next(&mut reader).await;
    assert_eq!(text(&delivery), "second");
    delivery.ack().await;
    nothing_comes(&mut reader).await;
}

async fn a_requeued_message_comes_again(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send(event("loan.ticket.opened", "again"));
    let delivery = next(&mut reader).await;
    assert!(!delivery.redelivered());
    delivery.requeue().await;

    let delivery = next(&mut reader).await;
    assert_eq!(text(&delivery), "again");
    assert!(delivery.redelivered());
    delivery.ack().await;
    done(sent).await;
    nothing_comes(&mut reader).await;
}

async fn a_dropped_delivery_comes_again(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 1).await;
    let sent = stage.send(event("loan.ticket.opened", "dropped"));
    drop(next(&mut reader).await);

    let delivery = next(&mut reader).await;
    assert_eq!(text(&delivery), "dropped");
    assert!(delivery.redelivered());
    delivery.ack().await;
    done(sent).await;
}

async fn a_refused_message_becomes_a_dead_letter_and_counts_as_delivered(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send_once(event("loan.ticket.opened", "nonsense"));
    next(&mut reader).await.dead_letter().await;
    assert_eq!(done(sent).await, Ok(()));
    assert_eq!(stage.dead_letter(Queue::DeskTicketEvents).await, b"nonsense");
    nothing_comes(&mut reader).await;
}

async fn a_message_delivered_too_often_becomes_a_dead_letter(stage: Stage) {
    let mut reader = stage.subscribe(Queue::MasResumeRequests, 10).await;
    let sent = stage.send_once(command("poison"));
    // RabbitMQ counts the deliveries after the first.
    for _ in 0..DELIVERY_LIMIT {
        next(&mut reader).await.requeue().await;
    }
    if let Stage::Rabbit(..) = stage {
        next(&mut reader).await.requeue().await;
    }
    assert_eq!(stage.dead_letter(Queue::MasResumeRequests).await, b"poison");
    assert_eq!(done(sent).await, Ok(()));
    nothing_comes(&mut reader).await;
}

async fn a_message_comes_again_when_its_reader_is_lost(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send(event("loan.ticket.opened", "held"));
    let held = next(&mut reader).await;
    drop(reader);

    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let delivery = next(&mut reader).await;
    assert_eq!(text(&delivery), "held");
    // The first reader's place is gone, so its answer means nothing.
    held.dead_letter().await;
    delivery.ack().await;
    done(sent).await;
    nothing_comes(&mut reader).await;
}

async fn a_reader_holds_no_more_than_its_prefetch(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 2).await;
    let sent: Vec<_> = (0..4).map(|number| stage.send(event("loan.ticket.opened", number))).collect();
    let first = next(&mut reader).await;
    let second = next(&mut reader).await;
    nothing_comes(&mut reader).await;
    first.ack().await;
    let third = next(&mut reader).await;
    nothing_comes(&mut reader).await;
    second.ack().await;
    third.ack().await;
    next(&mut reader).await.ack().await;
    join_all(sent.into_iter().map(done)).await;
}

async fn each_queue_gets_each_event(stage: Stage) {
    let mut desk = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let mut attachments = stage.subscribe(Queue::AttachmentsTicketEvents, 10).await;
    let sent: Vec<_> = (0..3).map(|number| stage.send(event("tours.ticket.deleted", number))).collect();
    for reader in [&mut desk, &mut attachments] {
        let mut received = BTreeSet::new();
        for _ in 0..3 {
            let delivery = next(reader).await;
            received.insert(text(&delivery));
            delivery.ack().await;
        }
        assert_eq!(received.into_iter().collect::<Vec<_>>(), ["0", "1", "2"]);
        nothing_comes(reader).await;
    }
    join_all(sent.into_iter().map(done)).await;
}

async fn a_queue_gets_only_what_it_is_bound_to(stage: Stage) {
    let mut desk = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let mut attachments = stage.subscribe(Queue::AttachmentsTicketEvents, 10).await;
    let mut results = stage.subscribe(Queue::MasResumeResults, 10).await;
    let keys = ["loan.ticket.deleted", "tours.ticket.opened", "tours.ticket.deleted"];
    for key in keys {
        let sent = stage.send(event(key, key));
        let delivery = next(&mut desk).await;
        assert_eq!(delivery.routing_key(), key);
        delivery.ack().await;
        if key == "tours.ticket.deleted" {
            let delivery = next(&mut attachments).await;
            assert_eq!(delivery.routing_key(), key);
            delivery.ack().await;
        }
        done(sent).await;
    }
    nothing_comes(&mut attachments).await;
    nothing_comes(&mut results).await;
}

async fn one_active_reader_gets_all_in_order_and_the_next_takes_over(stage: Stage) {
    let mut first = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send(event("loan.ticket.opened", "0"));
    next(&mut first).await.ack().await;
    done(sent).await;
    let mut second = stage.subscribe(Queue::DeskTicketEvents, 10).await;

    fifty_come_in_order(&stage, &mut first).await;
    nothing_comes(&mut second).await;

    drop(first);
    let sent = stage.send(event("loan.ticket.opened", "after"));
    let delivery = next(&mut second).await;
    assert_eq!(text(&delivery), "after");
    delivery.ack().await;
    done(sent).await;
}

async fn fifty_come_in_order(stage: &Stage, reader: &mut Subscription) {
    let bus = stage.bus();
    // One at a time, as the relay publishes a stream.
    let publishing = tokio::spawn(async move {
        for number in 1..=50 {
            assert_eq!(bus.publish(event("loan.ticket.opened", number)).await, Ok(()));
        }
    });
    for number in 1..=50 {
        let delivery = next(reader).await;
        assert_eq!(text(&delivery), number.to_string());
        delivery.ack().await;
    }
    done(publishing).await;
}

async fn readers_of_the_request_queue_share_the_work(stage: Stage) {
    let mut one = stage.subscribe(Queue::MasResumeRequests, 1).await;
    let mut two = stage.subscribe(Queue::MasResumeRequests, 1).await;
    let sent: Vec<_> = ["a", "b"].into_iter().map(|body| stage.send(command(body))).collect();
    // Neither is answered before both are there, so one reader cannot have had both.
    let (first, second) = tokio::join!(next(&mut one), next(&mut two));
    assert_eq!(BTreeSet::from([text(&first), text(&second)]), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    first.ack().await;
    second.ack().await;
    join_all(sent.into_iter().map(done)).await;
}

async fn every_listener_hears_the_events_it_asked_for_and_takes_them_from_nobody(stage: Stage) {
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let (mut one, mut other) = (stage.bus().listen("helpdesk.#"), stage.bus().listen("helpdesk.#"));
    let answering = tokio::spawn(async move {
        let mut taken = Vec::new();
        while taken.last().is_none_or(|last| last != "last") {
            let delivery = next(&mut reader).await;
            taken.push(text(&delivery));
            delivery.ack().await;
        }
        // The reader stays: what it says while it leaves does not count.
        (taken, reader)
    });
    // A listener hears only what comes after it is there, and a broker takes a moment: call until both have heard.
    let hears = async |listener: &mut Listener| {
        for _ in 0..200 {
            done(stage.send(event("helpdesk.ticket.updated", "call"))).await;
            if let Ok(heard) = tokio::time::timeout(Duration::from_millis(100), listener.next()).await {
                return heard.map(|heard| heard.routing_key);
            }
        }
        panic!("nothing was heard");
    };
    assert_eq!(hears(&mut one).await.as_deref(), Some("helpdesk.ticket.updated"));
    assert_eq!(hears(&mut other).await.as_deref(), Some("helpdesk.ticket.updated"));
    done(stage.send(event("loan.ticket.opened", "not asked for"))).await;
    done(stage.send(event("helpdesk.ticket.opened", "last"))).await;
    for listener in [&mut one, &mut other] {
        loop {
            let heard = tokio::time::timeout(DEADLINE, listener.next()).await.expect("in time").expect("lasts");
            assert!(heard.routing_key.starts_with("helpdesk."), "{heard:?}");
            if &*heard.body == b"last" {
                break;
            }
        }
    }
    let (taken, _reader) = done(answering).await;
    assert!(taken.contains(&"not asked for".to_owned()) && taken.contains(&"call".to_owned()), "{taken:?}");
}
