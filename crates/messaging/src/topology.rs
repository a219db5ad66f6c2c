//! Exchanges, queues and bindings, as data.
//!
//! Publisher and consumer declare the same things with the same arguments (`events.md` section 1), or RabbitMQ refuses
//! the second of them. So the table stands here once: `RabbitBus` declares from it, `LocalBus` routes by it.
//! The fifth queue, [`UNROUTED_QUEUE`], and the dead-letter queues have no reader in Crossdesk; operators empty them.

/// The queue behind [`Exchange::TicketUnrouted`]: what no other queue wanted. It should always be empty.
pub const UNROUTED_QUEUE: &str = "ticket.unrouted";

/// How often a message may be delivered before it is dead-lettered: a fuse against crash loops.
pub const DELIVERY_LIMIT: u32 = 50;

/// An exchange of Crossdesk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exchange {
    /// Facts about tickets, for any number of readers.
    TicketEvents,
    /// Where messages go that no queue wanted.
    TicketUnrouted,
    /// Where messages go that a reader refused or failed on too often.
    TicketDlx,
    /// Commands to the MAS integration.
    MasCommands,
    /// What the MAS integration answers.
    MasResults,
}

/// How an exchange picks its queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// The routing key equals the binding key.
    Direct,
    /// Every queue.
    Fanout,
    /// The routing key matches the binding key as a pattern, see [`topic_matches`].
    Topic,
}

impl Exchange {
    /// The name on the broker.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TicketEvents => "ticket.events",
            Self::TicketUnrouted => "ticket.unrouted",
            Self::TicketDlx => "ticket.dlx",
            Self::MasCommands => "mas.commands",
            Self::MasResults => "mas.results",
        }
    }

    /// How it picks queues.
    #[must_use]
    pub const fn kind(self) -> ExchangeKind {
        match self {
            Self::TicketEvents => ExchangeKind::Topic,
            Self::TicketUnrouted => ExchangeKind::Fanout,
            Self::TicketDlx | Self::MasCommands | Self::MasResults => ExchangeKind::Direct,
        }
    }

    /// Where a message goes that no queue wanted.
    #[must_use]
    pub const fn alternate(self) -> Option<Self> {
        match self {
            Self::TicketEvents | Self::MasCommands | Self::MasResults => Some(Self::TicketUnrouted),
            Self::TicketUnrouted | Self::TicketDlx => None,
        }
    }

    /// The readers' queues bound to it.
    pub fn queues(self) -> impl Iterator<Item = Queue> {
        Queue::ALL.into_iter().filter(move |queue| queue.source() == self)
    }
}

/// What somebody keeps an eye on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// A queue with a reader, and its dead-letter queue.
    WithDeadLetters(Queue),
    /// [`UNROUTED_QUEUE`].
    Unrouted,
}

/// A queue with a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Queue {
    /// Every ticket event, for the desk.
    DeskTicketEvents,
    /// Deletions of tours tickets, for attachments.
    AttachmentsTicketEvents,
    /// Resume requests, for the MAS integration.
    MasResumeRequests,
    /// Outcomes of resume requests, for mas-gateway.
    MasResumeResults,
}

impl Queue {
    /// Every queue with a reader.
    pub const ALL: [Self; 4] =
        [Self::DeskTicketEvents, Self::AttachmentsTicketEvents, Self::MasResumeRequests, Self::MasResumeResults];

    /// The name on the broker.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeskTicketEvents => "desk.ticket-events",
            Self::AttachmentsTicketEvents => "attachments.ticket-events",
            Self::MasResumeRequests => "mas.resume-requests",
            Self::MasResumeResults => "mas.resume-results",
        }
    }

    /// The exchange it is bound to.
    #[must_use]
    pub const fn source(self) -> Exchange {
        match self {
            Self::DeskTicketEvents | Self::AttachmentsTicketEvents => Exchange::TicketEvents,
            Self::MasResumeRequests => Exchange::MasCommands,
            Self::MasResumeResults => Exchange::MasResults,
        }
    }

    /// The binding key.
    #[must_use]
    pub const fn binding(self) -> &'static str {
        match self {
            Self::DeskTicketEvents => "#",
            Self::AttachmentsTicketEvents => "tours.ticket.deleted",
            Self::MasResumeRequests => "resume-request",
            Self::MasResumeResults => "resume-result",
        }
    }

    /// Whether one reader gets everything while others stand by: what keeps the order of a stream.
    #[must_use]
    pub const fn is_single_active_consumer(self) -> bool {
        match self {
            Self::DeskTicketEvents | Self::AttachmentsTicketEvents | Self::MasResumeResults => true,
            Self::MasResumeRequests => false,
        }
    }

    /// The queues that whoever reads this one measures, so that each has one such service. Resume requests may have a
    /// reader that is not ours, so it is mas-gateway that looks at them. A reader that cannot connect measures nothing
    /// either: then it says that nothing is known, and an alert looks for that.
    #[must_use]
    pub const fn watched_by_reader(self) -> &'static [Watched] {
        match self {
            Self::DeskTicketEvents => &[Watched::WithDeadLetters(Self::DeskTicketEvents), Watched::Unrouted],
            Self::AttachmentsTicketEvents => &[Watched::WithDeadLetters(Self::AttachmentsTicketEvents)],
            Self::MasResumeRequests => &[],
            Self::MasResumeResults => {
                &[Watched::WithDeadLetters(Self::MasResumeRequests), Watched::WithDeadLetters(Self::MasResumeResults)]
            }
        }
    }

    /// Whether a message to `exchange` with `routing_key` belongs in it.
    #[must_use]
    pub fn takes(self, exchange: Exchange, routing_key: &str) -> bool {
        self.source() == exchange
            && match exchange.kind() {
                ExchangeKind::Topic => topic_matches(self.binding(), routing_key),
                ExchangeKind::Direct => self.binding() == routing_key,
                ExchangeKind::Fanout => true,
            }
    }
}

/// Whether a routing key matches a topic binding: `*` is one word, `#` any number of words, words end at dots
/// (AMQP 0-9-1, section 3.1.3.3).
#[must_use]
pub fn topic_matches(binding: &str, routing_key: &str) -> bool {
    let pattern: Vec<&str> = binding.split('.').collect();
    // The empty key is no words, not one empty word.
    let words: Vec<&str> = if routing_key.is_empty() { Vec::new() } else { routing_key.split('.').collect() };
    words_match(&pattern, &words)
}

fn words_match(pattern: &[&str], words: &[&str]) -> bool {
    match (pattern.split_first(), words.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((&"#", rest)), _) => (0..=words.len()).any(|taken| words_match(rest, &words[taken..])),
        (Some(_), None) => false,
        (Some((part, rest)), Some((word, others))) => (*part == "*" || part == word) && words_match(rest, others),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_patterns_match_whole_words() {
        for (binding, key, expected) in [
            ("#", "loan.ticket.opened", true),
            ("#", "", true),
            ("tours.ticket.deleted", "tours.ticket.deleted", true),
            ("tours.ticket.deleted", "tours.ticket.opened", false),
            ("tours.ticket.deleted", "tours.ticket.deleted.again", false),
            ("tours.#", "tours", true),
            ("tours.#", "tours.ticket.deleted", true),
            ("tours.*", "tours", false),
            ("tours.*", "tours.ticket.deleted", false),
            ("*.ticket.*", "mas.ticket.closed", true),
            ("#.closed", "mas.ticket.closed", true),
            ("#.closed", "mas.ticket.opened", false),
        ] {
            assert_eq!(topic_matches(binding, key), expected, "{binding} {key}");
        }
    }

    #[test]
    fn every_queue_is_watched_by_one_service() {
        let mut watched: Vec<Watched> =
            Queue::ALL.into_iter().flat_map(|queue| queue.watched_by_reader().iter().copied()).collect();
        for queue in Queue::ALL {
            let place = watched.iter().position(|found| *found == Watched::WithDeadLetters(queue));
            watched.remove(place.unwrap_or_else(|| panic!("nobody watches {}", queue.name())));
        }
        assert_eq!(watched, [Watched::Unrouted], "and nothing is watched twice");
    }

    #[test]
    fn each_message_finds_exactly_the_queues_of_the_contract() {
        let queues = |exchange: Exchange, key: &str| -> Vec<Queue> {
            Queue::ALL.into_iter().filter(|queue| queue.takes(exchange, key)).collect()
        };
        assert_eq!(queues(Exchange::TicketEvents, "loan.ticket.opened"), [Queue::DeskTicketEvents]);
        assert_eq!(
            queues(Exchange::TicketEvents, "tours.ticket.deleted"),
            [Queue::DeskTicketEvents, Queue::AttachmentsTicketEvents]
        );
        assert_eq!(queues(Exchange::MasCommands, "resume-request"), [Queue::MasResumeRequests]);
        assert_eq!(queues(Exchange::MasResults, "resume-result"), [Queue::MasResumeResults]);
        assert_eq!(queues(Exchange::MasCommands, "resume-result"), []);
        assert_eq!(queues(Exchange::TicketDlx, "desk.ticket-events"), []);
    }
}
