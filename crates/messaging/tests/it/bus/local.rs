//! What is special to the bus within one process: the outbox is the queue.

use messaging::bus::{Bus, LocalBus, PublishError};
use messaging::topology::{Exchange, Queue};

use super::stage::{Stage, command, done, event, message, next};

#[tokio::test]
async fn a_publish_is_not_confirmed_before_the_reader_has_answered() {
    let stage = Stage::local();
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send_once(event("loan.ticket.opened", "one"));
    let delivery = next(&mut reader).await;
    assert!(!sent.is_finished());
    delivery.ack().await;
    assert_eq!(done(sent).await, Ok(()));
}

#[tokio::test]
async fn a_publish_fails_when_the_reader_leaves_without_an_answer() {
    let stage = Stage::local();
    let mut reader = stage.subscribe(Queue::DeskTicketEvents, 10).await;
    let sent = stage.send_once(event("loan.ticket.opened", "one"));
    let _held = next(&mut reader).await;
    drop(reader);
    assert!(matches!(done(sent).await, Err(PublishError::Disconnected(_))));
}

#[tokio::test]
async fn events_pass_by_queues_that_nobody_declared() {
    let bus = LocalBus::new();
    assert_eq!(bus.publish(event("loan.ticket.opened", "one")).await, Ok(()));
}

#[tokio::test]
async fn events_wait_for_the_reader_of_a_declared_queue() {
    let bus = LocalBus::new();
    bus.declare(Queue::DeskTicketEvents);
    let refused = bus.publish(event("loan.ticket.opened", "one")).await;
    assert!(matches!(refused, Err(PublishError::Disconnected(_))), "{refused:?}");
}

#[tokio::test]
async fn events_wait_when_the_reader_is_between_two_subscriptions() {
    let stage = Stage::local();
    drop(stage.subscribe(Queue::DeskTicketEvents, 10).await);
    let refused = stage.bus().publish(event("loan.ticket.opened", "one")).await;
    assert!(matches!(refused, Err(PublishError::Disconnected(_))), "{refused:?}");
}

#[tokio::test]
async fn a_missing_reader_does_not_starve_the_reader_of_another_queue() {
    let stage = Stage::local();
    drop(stage.subscribe(Queue::DeskTicketEvents, 10).await);
    let mut attachments = stage.subscribe(Queue::AttachmentsTicketEvents, 10).await;
    let sent = stage.send_once(event("tours.ticket.deleted", "one"));
    next(&mut attachments).await.ack().await;
    assert!(matches!(done(sent).await, Err(PublishError::Disconnected(_))));
}

#[tokio::test]
async fn commands_and_results_wait_until_somebody_reads_them() {
    let stage = Stage::local();
    let result = message(Exchange::MasResults, "resume-result", "{}");
    assert_eq!(stage.bus().publish(command("one")).await, Err(PublishError::Unroutable));
    assert_eq!(stage.bus().publish(result).await, Err(PublishError::Unroutable));

    let mut reader = stage.subscribe(Queue::MasResumeRequests, 1).await;
    let sent = stage.send_once(command("one"));
    next(&mut reader).await.ack().await;
    assert_eq!(done(sent).await, Ok(()));
}
