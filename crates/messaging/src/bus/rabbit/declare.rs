//! Declares the topology on the broker.
//!
//! Each side declares only what it uses: a service needs no rights on the queues of others. Declaring again what is
//! there changes nothing; declaring it with other arguments is refused, so a broker set up by hand in another way shows.
//! What a thing depends on comes first: an alternate exchange before its exchange, a dead-letter queue before its queue.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Error};

use crate::topology::{DELIVERY_LIMIT, Exchange, ExchangeKind, Queue, UNROUTED_QUEUE};

/// What the things are called on the broker.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn prefixed(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub(super) fn exchange(&self, exchange: Exchange) -> ShortString {
        format!("{}{}", self.prefix, exchange.name()).into()
    }

    pub(super) fn queue(&self, queue: Queue) -> ShortString {
        format!("{}{}", self.prefix, queue.name()).into()
    }

    pub(super) fn dead_letter_queue(&self, queue: Queue) -> ShortString {
        format!("{}{}.dlq", self.prefix, queue.name()).into()
    }

    pub(super) fn unrouted_queue(&self) -> ShortString {
        format!("{}{UNROUTED_QUEUE}", self.prefix).into()
    }
}

/// Declares what a publisher to `exchange` uses: the exchange and the queues that take its messages.
pub(super) async fn for_publisher(channel: &Channel, names: &Names, exchange: Exchange) -> Result<(), Error> {
    exchange_and_alternate(channel, names, exchange).await?;
    for queue in exchange.queues() {
        declare_queue(channel, names, queue).await?;
    }
    Ok(())
}

/// Declares what a reader of `queue` uses: the queue, its dead-letter queue and the exchanges before and behind it.
pub(super) async fn for_reader(channel: &Channel, names: &Names, queue: Queue) -> Result<(), Error> {
    exchange_and_alternate(channel, names, queue.source()).await?;
    declare_queue(channel, names, queue).await
}

/// Declares an exchange and where its unroutable messages go.
pub(super) async fn exchange_and_alternate(channel: &Channel, names: &Names, exchange: Exchange) -> Result<(), Error> {
    if let Some(alternate) = exchange.alternate() {
        declare_exchange(channel, names, alternate).await?;
        let unrouted = names.unrouted_queue();
        declare(channel, unrouted.clone(), quorum()).await?;
        bind(channel, unrouted, names.exchange(alternate), "".into()).await?;
    }
    declare_exchange(channel, names, exchange).await
}

async fn declare_exchange(channel: &Channel, names: &Names, exchange: Exchange) -> Result<(), Error> {
    let kind = match exchange.kind() {
        ExchangeKind::Direct => lapin::ExchangeKind::Direct,
        ExchangeKind::Fanout => lapin::ExchangeKind::Fanout,
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
    };
    let mut arguments = FieldTable::default();
    if let Some(alternate) = exchange.alternate() {
        arguments.insert("alternate-exchange".into(), text(names.exchange(alternate).as_str()));
    }
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(names.exchange(exchange), kind, options, arguments).await
}

async fn declare_queue(channel: &Channel, names: &Names, queue: Queue) -> Result<(), Error> {
    declare_exchange(channel, names, Exchange::TicketDlx).await?;
    let name = names.queue(queue);
    let dead_letters = names.dead_letter_queue(queue);
    declare(channel, dead_letters.clone(), quorum()).await?;
    bind(channel, dead_letters, names.exchange(Exchange::TicketDlx), name.clone()).await?;

    let mut arguments = quorum();
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT.into()));
    arguments.insert("x-dead-letter-exchange".into(), text(names.exchange(Exchange::TicketDlx).as_str()));
    arguments.insert("x-dead-letter-routing-key".into(), text(name.as_str()));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    if queue.is_single_active_consumer() {
        arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    }
    declare(channel, name.clone(), arguments).await?;
    bind(channel, name, names.exchange(queue.source()), queue.binding().into()).await
}

async fn declare(channel: &Channel, name: ShortString, arguments: FieldTable) -> Result<(), Error> {
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name, options, arguments).await.map(drop)
}

async fn bind(channel: &Channel, queue: ShortString, exchange: ShortString, key: ShortString) -> Result<(), Error> {
    channel.queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default()).await
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
