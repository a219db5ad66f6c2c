//! Exchanges and queues with their arguments, as the documents show them. A broker compares: the test of this crate
//! declares each again with the arguments written here, which RabbitMQ refuses if they are not those of the program.

use messaging::topology::{DELIVERY_LIMIT, Exchange, ExchangeKind, Queue, UNROUTED_QUEUE};
use serde_json::{Map, Value, json};

const EXCHANGES: [Exchange; 5] = [
    Exchange::TicketEvents,
    Exchange::TicketUnrouted,
    Exchange::TicketDlx,
    Exchange::MasCommands,
    Exchange::MasResults,
];

/// Something on the broker.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// `topic`, `direct` or `fanout` for an exchange, `quorum` for a queue.
    pub kind: &'static str,
    /// The arguments it is declared with.
    pub arguments: Map<String, Value>,
    /// What is bound to what, for a queue: exchange and key.
    pub binding: Option<(String, String)>,
    /// Who reads it, for a queue.
    pub reader: &'static str,
}

/// The exchanges. All are durable.
#[must_use]
pub fn exchanges() -> Vec<Declared> {
    EXCHANGES.into_iter().map(exchange).collect()
}

fn exchange(exchange: Exchange) -> Declared {
    let kind = match exchange.kind() {
        ExchangeKind::Direct => "direct",
        ExchangeKind::Fanout => "fanout",
        ExchangeKind::Topic => "topic",
    };
    let alternate = exchange.alternate().map(|alternate| ("alternate-exchange".to_owned(), json!(alternate.name())));
    let arguments = alternate.into_iter().collect();
    Declared { name: exchange.name().to_owned(), kind, arguments, binding: None, reader: "" }
}

/// The queues: those with a reader, each with its dead letters, and the one for what nobody wanted. All are durable.
#[must_use]
pub fn queues() -> Vec<Declared> {
    let pairs = Queue::ALL.into_iter().flat_map(|queue| [read(queue), dead_letters(queue)]);
    pairs.chain([unrouted()]).collect()
}

fn read(queue: Queue) -> Declared {
    let mut arguments = quorum();
    let mut put = |name: &str, value: Value| arguments.insert(name.to_owned(), value);
    put("x-delivery-limit", json!(DELIVERY_LIMIT));
    put("x-dead-letter-exchange", json!(Exchange::TicketDlx.name()));
    put("x-dead-letter-routing-key", json!(queue.name()));
    put("x-dead-letter-strategy", json!("at-least-once"));
    put("x-overflow", json!("reject-publish"));
    if queue.is_single_active_consumer() {
        put("x-single-active-consumer", json!(true));
    }
    let reader = match queue {
        Queue::DeskTicketEvents => "desk",
        Queue::AttachmentsTicketEvents => "attachments",
        Queue::MasResumeRequests => "the MAS integration: mas-bridge, or a MAS that reads AMQP itself",
        Queue::MasResumeResults => "mas-gateway",
    };
    let binding = Some((queue.source().name().to_owned(), queue.binding().to_owned()));
    Declared { name: queue.name().to_owned(), kind: "quorum", arguments, binding, reader }
}

fn dead_letters(queue: Queue) -> Declared {
    let binding = Some((Exchange::TicketDlx.name().to_owned(), queue.name().to_owned()));
    let name = format!("{}.dlq", queue.name());
    Declared { name, kind: "quorum", arguments: quorum(), binding, reader: "operators" }
}

fn unrouted() -> Declared {
    let binding = Some((Exchange::TicketUnrouted.name().to_owned(), String::new()));
    Declared { name: UNROUTED_QUEUE.to_owned(), kind: "quorum", arguments: quorum(), binding, reader: "operators" }
}

fn quorum() -> Map<String, Value> {
    [("x-queue-type".to_owned(), json!("quorum"))].into_iter().collect()
}
