//! What an agent may do to a ticket's status in the desk (canonical mapping, section 4).

use crate::{Line, Status};

/// The answer to "may an agent set this status?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentMove {
    /// Yes, and it changes something.
    Allowed,
    /// The ticket has this status already: nothing to do, nothing to tell.
    NoChange,
    /// No.
    Refused,
}

/// Whether an agent may move a ticket of `line` from one canonical status to another. Nobody sets `new`.
#[must_use]
pub fn agent_move(line: Line, from: Status, to: Status) -> AgentMove {
    use Status::{Closed, New, Open, Pending, Resolved};
    let allowed = match (from, to) {
        (_, New) => false,
        (New | Open | Pending, _) | (Resolved, Closed) => true,
        (Resolved, Open) => line != Line::Mas,
        (Closed, Open) => matches!(line, Line::Helpdesk | Line::Tours),
        (Resolved | Closed, _) => false,
    };
    if from == to && to != New {
        AgentMove::NoChange
    } else if allowed {
        AgentMove::Allowed
    } else {
        AgentMove::Refused
    }
}
