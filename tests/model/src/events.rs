//! Events on their way: committed to the log, carried by two relays to a broker, applied by two readers of one queue.
//!
//! Anything may crash or break at any step, as often as it likes. When faults end, what is left are steps, and steps alone
//! come to an end: each batch of a relay has an event that is marked then, and each delivery is answered. So "everything
//! takes effect in the end" is a property of states: where no step is left, everything has taken effect.

mod consumers;
mod relays;
mod state;

use stateright::{Model, Property};

pub use state::{Consumer, EVENTS, Sending, State};

/// A classic defect, put into the model so that the checker can show that it sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Whatever arrives takes effect.
    NoGate,
    /// The gate lets every version pass that is newer than the last.
    AnyNewerPasses,
    /// A delivery is answered before its effect is committed.
    AckBeforeCommit,
    /// A delivery is answered although its transaction failed.
    FailureIsAcked,
    /// The effect is committed before, and apart from, the gate's record of it.
    EffectAndGateApart,
    /// An event behind a gap is answered and forgotten.
    GapIsDropped,
    /// A parked event is released although it has no effect yet.
    ParkedIsReleased,
    /// Events are marked as published before the broker has confirmed them.
    MarkBeforeConfirm,
    /// A publish that failed counts as done.
    NoConfirm,
    /// The relay reads what is newer than the last one it published.
    CursorPolling,
    /// The event is sent to the broker first and committed afterwards.
    PublishBeforeCommit,
    /// No defect at all: the lease is ignored. It saves work and is not what correctness rests on.
    NoLease,
}

/// The model. Its three events are one stream of three, or a stream of two and one of one.
#[derive(Debug, Clone)]
pub struct Events {
    streams: [(usize, u8); EVENTS],
    bug: Option<Bug>,
}

impl Events {
    /// One stream of three events.
    #[must_use]
    pub const fn one_stream(bug: Option<Bug>) -> Self {
        Self { streams: [(0, 1), (0, 2), (0, 3)], bug }
    }

    /// Two streams, of two events and of one. Ids are handed out in this order, commits come in any.
    #[must_use]
    pub const fn two_streams(bug: Option<Bug>) -> Self {
        Self { streams: [(0, 1), (0, 2), (1, 1)], bug }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn stream(&self, event: usize) -> usize {
        self.streams[event].0
    }

    fn version(&self, event: usize) -> u8 {
        self.streams[event].1
    }

    /// The events of a stream in the order of their versions.
    fn events_of(&self, stream: usize) -> impl Iterator<Item = usize> + '_ {
        (0..EVENTS).filter(move |event| self.stream(*event) == stream)
    }

    /// The next one of a stream that can be committed: versions are handed out under the ticket's row lock.
    fn is_next_to_commit(&self, state: &State, event: usize) -> bool {
        !state.committed[event]
            && self.events_of(self.stream(event)).take_while(|e| *e < event).all(|e| state.committed[e])
    }
}

/// One step of one participant. The README says which lines of the code each stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A service commits a change and its event.
    Commit(usize),
    /// With `PublishBeforeCommit`: the event goes to the broker, its commit may follow.
    Announce(usize),
    /// A relay gets the lease and reads the unpublished events.
    Take(usize),
    /// The lease runs out, whatever its holder believes.
    LeaseExpires,
    /// A relay sends an event, the broker puts it into the queue, and the relay hears so.
    Publish(usize, usize),
    /// The same, but the relay does not hear of it.
    ConfirmIsLost(usize, usize),
    /// A relay sends an event, and the broker never gets it, or returns it.
    PublishFails(usize, usize),
    /// A relay marks what was confirmed.
    Mark(usize),
    /// A relay is killed.
    KillRelay(usize),
    /// The broker hands an event to the active consumer.
    Deliver(usize),
    /// A consumer commits the effect of what it holds, with the gate; a duplicate has none.
    Apply(usize),
    /// With `EffectAndGateApart`: the second transaction.
    Record(usize),
    /// With `FailureIsAcked`: the transaction fails.
    ApplyFails(usize),
    /// A consumer fills the gap before an event from the owner's log, in one transaction.
    Fill(usize),
    /// The owner does not answer: the event is parked.
    Park(usize),
    /// A consumer acks one delivery.
    Ack(usize),
    /// A consumer is killed; the broker takes its unanswered deliveries back.
    KillConsumer(usize),
    /// The broker gives the queue to the other consumer and takes the deliveries back; the first does not know yet.
    HandOver,
    /// The timer tries a parked event.
    Retry(usize),
}

impl Model for Events {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        self.relay_faults(state, actions);
        self.consumer_faults(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Commit(event) => state.committed[event] = true,
            action if self.relay_step(&mut state, action) => {}
            action => self.consumer_step(&mut state, action),
        }
        Some(state.in_one_form())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("versions take effect in order, each once", |_, state: &State| {
                !state.is_disordered && state.effects.iter().all(|count| *count <= 1)
            }),
            Property::always("no effect without a commit", |_, state: &State| {
                (0..EVENTS).all(|event| state.effects[event] == 0 || state.committed[event])
            }),
            Property::always("where no step is left everything has taken effect", |model: &Self, state: &State| {
                !model.is_at_rest(state) || state.is_done()
            }),
            Property::sometimes(
                "an event arrives that took effect before",
                |_, state: &State| matches!(state.consumers[0], Consumer::Holds(event) if state.effects[event] > 0),
            ),
            Property::sometimes("both relays are about to publish one event", |_, state: &State| {
                let [one, other] = &state.relays;
                one.iter().zip(other).any(|(a, b)| *a == Sending::Waiting && *b == Sending::Waiting)
            }),
            Property::sometimes(
                "both consumers hold one event",
                |_, state: &State| matches!(state.consumers, [Consumer::Holds(one), Consumer::HoldsInVain(other)] if one == other),
            ),
            Property::sometimes(
                "an event arrives before an earlier one of its stream",
                |model: &Self, state: &State| matches!(state.consumers[0], Consumer::Holds(event) if model.is_behind(state, event)),
            ),
            Property::sometimes("an event is parked", |_, state: &State| state.parked.contains(&true)),
        ]
    }
}

impl Events {
    /// What happens by itself, as long as nobody is killed and nothing gets lost.
    fn steps(&self, state: &State, steps: &mut Vec<Action>) {
        steps.extend((0..EVENTS).filter(|event| self.is_next_to_commit(state, *event)).map(Action::Commit));
        self.relay_steps(state, steps);
        self.consumer_steps(state, steps);
    }

    /// Whether nothing is left to do.
    fn is_at_rest(&self, state: &State) -> bool {
        let mut steps = Vec::new();
        self.steps(state, &mut steps);
        steps.is_empty()
    }
}
