//! What consumers do: `crates/messaging/src/consumer.rs` with its gate and its parked events, and the delivering half of
//! the broker.

use super::{Action, Bug, Consumer, EVENTS, Events, State};

/// Who gets deliveries: after each hand-over the consumers change places.
const ACTIVE: usize = 0;

impl Events {
    pub(super) fn consumer_steps(&self, state: &State, steps: &mut Vec<Action>) {
        if state.consumers[ACTIVE] == Consumer::Idle {
            steps.extend((0..EVENTS).filter(|event| state.queue[*event]).map(Action::Deliver));
        }
        for (number, consumer) in state.consumers.iter().enumerate() {
            match *consumer {
                Consumer::Idle => {}
                Consumer::Holds(event) | Consumer::HoldsInVain(event) if self.is_behind(state, event) => {
                    steps.push(Action::Fill(number));
                }
                Consumer::Holds(_) | Consumer::HoldsInVain(_) => steps.push(Action::Apply(number)),
                Consumer::Unrecorded(_) => steps.push(Action::Record(number)),
                Consumer::Settled(_) => steps.push(Action::Ack(number)),
            }
        }
        steps.extend((0..EVENTS).filter(|event| state.parked[*event]).map(Action::Retry));
    }

    pub(super) fn consumer_faults(&self, state: &State, faults: &mut Vec<Action>) {
        faults.push(Action::HandOver);
        for (number, consumer) in state.consumers.iter().enumerate() {
            if *consumer != Consumer::Idle {
                faults.push(Action::KillConsumer(number));
            }
            if let Some(event) = held(state, number) {
                if self.is_behind(state, event) {
                    faults.push(Action::Park(number));
                }
                if self.has(Bug::FailureIsAcked) {
                    faults.push(Action::ApplyFails(number));
                }
            }
        }
    }

    pub(super) fn consumer_step(&self, state: &mut State, action: Action) {
        match action {
            Action::Deliver(event) => {
                state.queue[event] = false;
                state.consumers[ACTIVE] = Consumer::Holds(event);
            }
            Action::Apply(consumer) => {
                if let Some(event) = held(state, consumer) {
                    let gate = state.gate;
                    self.pass(state, event);
                    if self.has(Bug::EffectAndGateApart) {
                        state.gate = gate;
                        state.consumers[consumer] = Consumer::Unrecorded(event);
                    } else {
                        settle(state, consumer);
                    }
                }
            }
            Action::Record(consumer) => {
                if let Consumer::Unrecorded(event) = state.consumers[consumer] {
                    let gate = &mut state.gate[self.stream(event)];
                    *gate = (*gate).max(self.version(event));
                    settle(state, consumer);
                }
            }
            Action::ApplyFails(consumer) => settle(state, consumer),
            Action::Fill(consumer) => {
                if let Some(event) = held(state, consumer).filter(|_| !self.has(Bug::GapIsDropped)) {
                    self.fill(state, event);
                }
                settle(state, consumer);
            }
            Action::Park(consumer) => {
                if let Some(event) = held(state, consumer) {
                    state.parked[event] = true;
                }
                settle(state, consumer);
            }
            Action::Ack(consumer) => state.consumers[consumer] = Consumer::Idle,
            Action::KillConsumer(consumer) => {
                self.take_back(state, consumer);
                state.consumers[consumer] = Consumer::Idle;
            }
            Action::HandOver => {
                self.take_back(state, ACTIVE);
                state.consumers[ACTIVE] = match state.consumers[ACTIVE] {
                    Consumer::Holds(event) | Consumer::HoldsInVain(event) => Consumer::HoldsInVain(event),
                    // Its ack comes to nothing.
                    Consumer::Idle | Consumer::Unrecorded(_) | Consumer::Settled(_) => Consumer::Idle,
                };
                state.consumers.swap(0, 1);
            }
            Action::Retry(event) => {
                if state.gate[self.stream(event)] >= self.version(event) || self.has(Bug::ParkedIsReleased) {
                    state.parked[event] = false;
                } else {
                    self.fill(state, event);
                }
            }
            _ => {}
        }
    }

    /// The broker takes back what a consumer has not answered.
    fn take_back(&self, state: &mut State, consumer: usize) {
        if let Some(event) = state.consumers[consumer].unanswered().filter(|_| !self.has(Bug::AckBeforeCommit)) {
            state.queue[event] = true;
        }
    }

    /// Takes everything of an event's stream from the owner's log, in one transaction.
    fn fill(&self, state: &mut State, event: usize) {
        for missed in self.events_of(self.stream(event)) {
            if state.committed[missed] {
                self.pass(state, missed);
            }
        }
    }

    /// Whether the gate says that others must come first.
    pub(super) fn is_behind(&self, state: &State, event: usize) -> bool {
        let is_newer = self.version(event) > state.gate[self.stream(event)] + 1;
        is_newer && !self.has(Bug::NoGate) && !self.has(Bug::AnyNewerPasses)
    }

    /// The transaction of an event that is not behind: its effect, unless it is a duplicate.
    fn pass(&self, state: &mut State, event: usize) {
        let (stream, version) = (self.stream(event), self.version(event));
        let last = state.gate[stream];
        let is_duplicate = version <= last && !self.has(Bug::NoGate);
        if is_duplicate || self.is_behind(state, event) {
            return;
        }
        let earlier = self.events_of(stream).filter(|earlier| *earlier < event);
        state.is_disordered |= earlier.into_iter().any(|earlier| state.effects[earlier] == 0);
        state.effects[event] = (state.effects[event] + 1).min(2);
        state.gate[stream] = last.max(version);
    }
}

fn held(state: &State, consumer: usize) -> Option<usize> {
    match state.consumers[consumer] {
        Consumer::Holds(event) | Consumer::HoldsInVain(event) => Some(event),
        _ => None,
    }
}

/// The delivery is dealt with: an ack is due, if the broker still waits for one.
fn settle(state: &mut State, consumer: usize) {
    state.consumers[consumer] = match state.consumers[consumer] {
        Consumer::Holds(event) | Consumer::Unrecorded(event) => Consumer::Settled(event),
        Consumer::HoldsInVain(_) | Consumer::Idle => Consumer::Idle,
        settled @ Consumer::Settled(_) => settled,
    };
}
