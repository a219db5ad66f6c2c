//! Everything there is: three databases' worth of rows, a queue, and what four processes have in memory.

/// Events in the model.
pub const EVENTS: usize = 3;

/// The state of the whole system, in a form in which states that cannot be told apart are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// The owner's log.
    pub committed: [bool; EVENTS],
    /// `published_at`.
    pub published: [bool; EVENTS],
    /// Whose the lease is, by the database's clock.
    pub lease: Option<usize>,
    /// What each relay has in memory.
    pub relays: [[Sending; EVENTS]; 2],
    /// The queue: a set, for the broker may deliver in any order.
    pub queue: [bool; EVENTS],
    /// What each consumer has in memory. The first is the active one.
    pub consumers: [Consumer; 2],
    /// `applied_streams`.
    pub gate: [u8; 2],
    /// How often each event took effect.
    pub effects: [u8; EVENTS],
    /// An event took effect before an earlier one of its stream.
    pub is_disordered: bool,
    /// `parked_events`.
    pub parked: [bool; EVENTS],
}

/// Where a relay is with an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sending {
    /// Not in its batch, or given up.
    #[default]
    No,
    /// To be sent, or sent and not confirmed.
    Waiting,
    /// Confirmed.
    Confirmed,
}

/// What a consumer has in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Consumer {
    /// It waits for a delivery.
    #[default]
    Idle,
    /// It has one, without an effect so far.
    Holds(usize),
    /// The broker has taken this one back, and the consumer does not know.
    HoldsInVain(usize),
    /// With `EffectAndGateApart`: the effect is committed, the gate is not.
    Unrecorded(usize),
    /// Applied or parked; the ack is due.
    Settled(usize),
}

impl Consumer {
    /// The delivery the broker waits for an answer to.
    pub(super) fn unanswered(self) -> Option<usize> {
        match self {
            Self::Holds(event) | Self::Unrecorded(event) | Self::Settled(event) => Some(event),
            Self::Idle | Self::HoldsInVain(_) => None,
        }
    }
}

impl State {
    /// Every event is committed, published, applied once, and nothing is left over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let all = |flags: &[bool; EVENTS]| flags.iter().all(|flag| *flag);
        all(&self.committed)
            && all(&self.published)
            && self.effects == [1; EVENTS]
            && self.queue == [false; EVENTS]
            && !self.parked.contains(&true)
            && self.consumers == [Consumer::Idle; 2]
    }

    /// Whether the broker has the event, ready or without an answer. It takes no second copy then: what a copy does it can
    /// do later as well.
    pub(super) fn has_copy(&self, event: usize) -> bool {
        self.queue[event] || self.consumers.iter().any(|consumer| consumer.unanswered() == Some(event))
    }

    /// The same state in its one form: relays in order, and no lease of a relay that does nothing, which only delays.
    pub(super) fn in_one_form(mut self) -> Self {
        if self.lease.is_some_and(|holder| self.relays[holder] == [Sending::No; EVENTS]) {
            self.lease = None;
        }
        if self.relays[0] < self.relays[1] || (self.relays[0] == self.relays[1] && self.lease == Some(1)) {
            self.relays.swap(0, 1);
            self.lease = self.lease.map(|holder| 1 - holder);
        }
        self
    }
}
