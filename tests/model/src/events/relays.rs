//! What relays do: `crates/messaging/src/relay.rs`, and the publishing half of the broker.

use super::{Action, Bug, EVENTS, Events, Sending, State};

impl Events {
    pub(super) fn relay_steps(&self, state: &State, steps: &mut Vec<Action>) {
        if state.lease.is_some() {
            steps.push(Action::LeaseExpires);
        }
        for relay in 0..state.relays.len() {
            let batch = &state.relays[relay];
            if *batch == [Sending::No; EVENTS] {
                let may_work = state.lease.is_none_or(|holder| holder == relay) || self.has(Bug::NoLease);
                if may_work && self.unpublished(state).next().is_some() {
                    steps.push(Action::Take(relay));
                }
            } else if !batch.contains(&Sending::Waiting) {
                steps.push(Action::Mark(relay));
            }
            let sendable = (0..EVENTS).filter(|event| self.is_next_to_send(state, relay, *event));
            steps.extend(sendable.filter(|event| !state.has_copy(*event)).map(|event| Action::Publish(relay, event)));
        }
    }

    pub(super) fn relay_faults(&self, state: &State, faults: &mut Vec<Action>) {
        if self.has(Bug::PublishBeforeCommit) {
            let announced = (0..EVENTS).filter(|event| self.is_next_to_commit(state, *event));
            faults.extend(announced.filter(|event| !state.has_copy(*event)).map(Action::Announce));
        }
        for relay in 0..state.relays.len() {
            for event in (0..EVENTS).filter(|event| self.is_next_to_send(state, relay, *event)) {
                faults.push(Action::PublishFails(relay, event));
                if !state.has_copy(event) {
                    faults.push(Action::ConfirmIsLost(relay, event));
                }
            }
            if state.relays[relay] != [Sending::No; EVENTS] {
                faults.push(Action::KillRelay(relay));
            }
        }
    }

    /// Streams go side by side, and the events of one stream one after the other.
    fn is_next_to_send(&self, state: &State, relay: usize, event: usize) -> bool {
        let batch = &state.relays[relay];
        let mut earlier = self.events_of(self.stream(event)).filter(|earlier| *earlier < event);
        batch[event] == Sending::Waiting && earlier.all(|earlier| batch[earlier] != Sending::Waiting)
    }

    /// Takes the step if it is a relay's.
    pub(super) fn relay_step(&self, state: &mut State, action: Action) -> bool {
        match action {
            Action::LeaseExpires => state.lease = None,
            Action::Announce(event) => state.queue[event] = true,
            Action::Take(relay) => {
                let batch: Vec<usize> = self.unpublished(state).collect();
                state.lease = Some(relay);
                for event in batch {
                    state.relays[relay][event] = Sending::Waiting;
                    state.published[event] |= self.has(Bug::MarkBeforeConfirm);
                }
            }
            Action::Publish(relay, event) => {
                state.relays[relay][event] = Sending::Confirmed;
                state.queue[event] = true;
            }
            Action::ConfirmIsLost(relay, event) => {
                state.queue[event] = true;
                self.give_up(state, relay, event);
            }
            Action::PublishFails(relay, event) if self.has(Bug::NoConfirm) => {
                state.relays[relay][event] = Sending::Confirmed;
            }
            Action::PublishFails(relay, event) => self.give_up(state, relay, event),
            Action::Mark(relay) => {
                for event in 0..EVENTS {
                    state.published[event] |= state.relays[relay][event] == Sending::Confirmed;
                }
                state.relays[relay] = [Sending::No; EVENTS];
            }
            Action::KillRelay(relay) => state.relays[relay] = [Sending::No; EVENTS],
            _ => return false,
        }
        true
    }

    /// This batch does without the rest of the event's stream.
    fn give_up(&self, state: &mut State, relay: usize, event: usize) {
        for rest in self.events_of(self.stream(event)).filter(|rest| *rest >= event) {
            state.relays[relay][rest] = Sending::No;
        }
    }

    /// The set of unpublished events.
    fn unpublished<'a>(&'a self, state: &'a State) -> impl Iterator<Item = usize> + 'a {
        let last = (0..EVENTS).rfind(|event| state.published[*event]);
        let cursor = last.filter(|_| self.has(Bug::CursorPolling));
        let unpublished = (0..EVENTS).filter(|event| state.committed[*event] && !state.published[*event]);
        unpublished.filter(move |event| cursor.is_none_or(|last| *event > last))
    }
}
