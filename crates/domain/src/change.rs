//! A decided change: the next state and the events that tell it, made together and saved together.
//!
//! A verb takes the state, decides, and returns a `Change`. The state inside can only be altered by [`Change::apply`],
//! which wants the event for it; so there is no state without its event. The event log's `commit` takes nothing but a
//! `Change`; so there is no event without its state.

use chrono::{DateTime, Utc};

use crate::{Actor, Line, Stream, TicketEvent, TicketKey, TicketState};

/// What a change needs to know of the ticket that it changes.
pub trait Aggregate {
    /// The line it belongs to.
    const LINE: Line;

    /// Its key over all lines.
    fn key(&self) -> TicketKey;

    /// The id its line's clients use.
    fn ticket_id(&self) -> String;

    /// The stream its events belong to: the ticket's own, unless it is only about the ticket.
    fn stream(&self) -> Stream {
        Stream::of_ticket(self.key())
    }

    /// The state events carry; none if its stream is not the ticket's own.
    fn state(&self) -> Option<TicketState>;

    /// Number of events so far.
    fn version(&self) -> i64;

    /// Counts one more event. Called by [`Change::apply`] only.
    fn bump_version(&mut self);
}

/// One event of a change, with the state of the ticket right after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub event: TicketEvent,
    /// The ticket after it.
    pub state: Option<TicketState>,
    /// Its position in the ticket's stream.
    pub version: i64,
}

/// The next state of a ticket and its events.
#[derive(Debug, Clone)]
#[must_use = "a change has no effect until it is committed"]
pub struct Change<T> {
    next: T,
    events: Vec<NewEvent>,
    actor: Actor,
    at: DateTime<Utc>,
}

impl<T: Aggregate> Change<T> {
    /// Starts from the current state; without [`apply`](Self::apply) nothing changes.
    pub fn of(current: T, actor: Actor, at: DateTime<Utc>) -> Self {
        Self { next: current, events: Vec::new(), actor, at }
    }

    /// Alters the state and records the event that tells it.
    pub fn apply(mut self, event: TicketEvent, alter: impl FnOnce(&mut T)) -> Self {
        alter(&mut self.next);
        self.next.bump_version();
        self.events.push(NewEvent { event, state: self.next.state(), version: self.next.version() });
        self
    }

    /// As [`apply`](Self::apply), if there is something to tell; otherwise nothing is altered.
    pub fn apply_if(self, event: Option<TicketEvent>, alter: impl FnOnce(&mut T)) -> Self {
        match event {
            Some(event) => self.apply(event, alter),
            None => self,
        }
    }

    /// The state as it is so far.
    pub fn next(&self) -> &T {
        &self.next
    }

    /// The events so far, in order.
    #[must_use]
    pub fn events(&self) -> &[NewEvent] {
        &self.events
    }

    /// Who makes the change.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// When the change was decided.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The next state, for `commit` once it is saved, and for tests of the pure model.
    pub fn into_next(self) -> T {
        self.next
    }
}
