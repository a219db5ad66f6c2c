//! Resume requests on their way: accepted by mas-gateway, kept by one of two bridges, asked of MAS, and the outcome back.
//!
//! As in [`crate::events`], anything may fail at any step, and where no step is left everything must be done: each accepted
//! request effected once, and its outcome told.

mod steps;

use stateright::{Model, Property};

/// Requests in the model.
pub const REQUESTS: usize = 2;

/// A classic defect, put into the model so that the checker can show that it sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Each attempt has a key of its own, or none.
    NewKey,
    /// The command is answered before its row is committed.
    AckBeforeKeep,
    /// The row says done before MAS was asked.
    DoneBeforeAsking,
    /// The first failure is the last attempt.
    NoRetry,
    /// A claim never ends, also if its holder did.
    EndlessClaim,
    /// The outcome is published by another transaction than the one that finishes the request.
    OutcomeApart,
    /// The command is marked as published before its confirm.
    MarkBeforeConfirm,
    /// A result is answered before it is written down.
    ResultAckedFirst,
}

/// The model.
#[derive(Debug, Clone, Copy)]
pub struct Bridge {
    /// How many requests there are, at most [`REQUESTS`].
    requests: usize,
    bug: Option<Bug>,
}

/// The state of the whole system, in a form in which states that cannot be told apart are mostly equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// Each request, wherever it is.
    pub requests: [Request; REQUESTS],
    /// What each bridge has in memory.
    pub bridges: [Process; 2],
}

/// A request, in every database and queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// mas-gateway's ticket and command: one statement.
    pub is_accepted: bool,
    /// The command.
    pub command: Message,
    /// The bridge's row.
    pub row: Row,
    /// Effects at MAS: 2 stands for more.
    pub effects: u8,
    /// The result.
    pub result: Message,
    /// mas-gateway knows the outcome.
    pub is_told: bool,
}

/// A message from an outbox to a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// It is in the outbox.
    pub is_put: bool,
    /// `published_at`.
    pub is_marked: bool,
    /// A copy is in the queue. A second one would do nothing that this one cannot do later.
    pub is_queued: bool,
}

/// The row of `resume_requests`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// None yet.
    #[default]
    Absent,
    /// It waits, or an attempt is under way.
    Pending {
        /// Who made the newest attempt: what `attempts` tells.
        latest: Option<usize>,
        /// `claimed_until` is in the future.
        is_claimed: bool,
    },
    /// MAS has it.
    Done,
    /// Given up.
    Dead,
}

/// What a bridge has in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// The command it received, and whether its row is committed.
    pub received: Option<(usize, bool)>,
    /// The request it claimed, and how far the attempt is.
    pub attempt: Option<(usize, Attempt)>,
}

/// How far an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attempt {
    /// To be sent.
    Claimed,
    /// MAS said yes.
    Answered,
    /// No answer came, or a failure.
    Failed,
    /// With `OutcomeApart`: the row is done, the outcome is not put.
    Finished,
}

/// One step of one participant. The README says which lines of the code each stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// mas-gateway accepts a request.
    Accept(usize),
    /// A relay publishes the command and marks it.
    PublishCommand(usize),
    /// The same, killed before the mark.
    CommandIsUnmarked(usize),
    /// With `MarkBeforeConfirm`: marked, and lost.
    CommandIsLost(usize),
    /// A bridge gets a command.
    Deliver(usize, usize),
    /// It commits the row.
    Keep(usize),
    /// It acks.
    Ack(usize),
    /// The broker takes a delivery back that a bridge still works on.
    TakeBack(usize),
    /// A bridge claims a request.
    Claim(usize, usize),
    /// A claim ends by the clock.
    ClaimEnds(usize),
    /// A bridge asks MAS and gets the answer.
    Ask(usize),
    /// MAS fails before its effect.
    MasRefuses(usize),
    /// MAS has its effect, and the answer is lost.
    AnswerIsLost(usize),
    /// The bridge writes down how the attempt ended.
    Settle(usize),
    /// With `OutcomeApart`: the second transaction.
    PutOutcome(usize),
    /// A bridge is killed.
    Kill(usize),
    /// A relay publishes the result and marks it.
    PublishResult(usize),
    /// The same, killed before the mark.
    ResultIsUnmarked(usize),
    /// mas-gateway writes the outcome down and acks.
    Tell(usize),
    /// mas-gateway writes the outcome down and is killed before the ack.
    TellWithoutAck(usize),
    /// With `ResultAckedFirst`: acked, and killed before it is written down.
    AckWithoutTelling(usize),
}

impl Bridge {
    /// The model as the code is.
    #[must_use]
    pub const fn sound() -> Self {
        Self { requests: REQUESTS, bug: None }
    }

    /// The model with a defect. One request is enough to show any of them.
    #[must_use]
    pub const fn with(bug: Bug) -> Self {
        Self { requests: 1, bug: Some(bug) }
    }

    fn has(self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn is_at_rest(self, state: &State) -> bool {
        let mut steps = Vec::new();
        self.steps(state, &mut steps);
        steps.is_empty()
    }
}

impl State {
    /// Requests and bridges have no names of their own: they are sorted.
    fn in_one_form(mut self) -> Self {
        if self.requests[0] < self.requests[1] {
            self.requests.swap(0, 1);
            for process in &mut self.bridges {
                process.received = process.received.map(|(id, is_kept)| (1 - id, is_kept));
                process.attempt = process.attempt.map(|(id, attempt)| (1 - id, attempt));
            }
        }
        if self.bridges[0] < self.bridges[1] {
            self.bridges.swap(0, 1);
            for request in &mut self.requests {
                if let Row::Pending { latest: Some(number), .. } = &mut request.row {
                    *number = 1 - *number;
                }
            }
        }
        self
    }
}

impl Model for Bridge {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        self.faults(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        self.step(&mut state, action);
        Some(state.in_one_form())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("MAS effects each request at most once", |_, state: &State| {
                state.requests.iter().all(|request| request.effects <= 1)
            }),
            Property::always(
                "no effect of what was not accepted, no outcome of what has no effect",
                |_, state: &State| {
                    let is_wrong = |r: &Request| (r.effects > 0 && !r.is_accepted) || (r.is_told && r.effects == 0);
                    !state.requests.iter().any(is_wrong)
                },
            ),
            Property::always(
                "where no step is left every request is effected and told",
                |model: &Self, state: &State| {
                    let is_done = |r: &Request| r.effects == 1 && r.is_told && r.row == Row::Done;
                    !model.is_at_rest(state) || state.requests.iter().filter(|r| is_done(r)).count() == model.requests
                },
            ),
            Property::sometimes("two bridges ask for one request", |_, state: &State| {
                let [one, other] = &state.bridges;
                matches!((one.attempt, other.attempt), (Some((a, _)), Some((b, _))) if a == b)
            }),
            Property::sometimes("a command comes again after the end", |_, state: &State| {
                state.requests.iter().any(|request| request.row == Row::Done && request.command.is_queued)
            }),
            Property::sometimes("a bridge repeats what MAS has done", |_, state: &State| {
                state.bridges.iter().any(|process| {
                    matches!(process.attempt, Some((id, Attempt::Claimed)) if state.requests[id].effects == 1)
                })
            }),
        ]
    }
}
