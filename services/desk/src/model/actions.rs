//! What a caller may do to a ticket now: what a console shows as buttons. The owner decides again when it is done.

use auth::Caller;
use domain::{AgentMove, Line, Status, agent_move};

use super::Ticket;

/// The open ways to change a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    /// Write a public message.
    pub(crate) reply: bool,
    /// Set one of these statuses.
    pub(crate) set_status: Vec<Status>,
    /// Set any priority.
    pub(crate) set_priority: bool,
    /// Give it to somebody, or to nobody.
    pub(crate) assign: bool,
}

impl Actions {
    /// For this caller, who may see the ticket.
    pub(crate) fn of(ticket: &Ticket, caller: &Caller) -> Self {
        if caller.is_support() {
            Self::for_support(ticket.line, ticket.status)
        } else {
            Self::for_owner(ticket.line, ticket.status)
        }
    }

    fn for_support(line: Line, status: Status) -> Self {
        let allowed = |to: &Status| agent_move(line, status, *to) == AgentMove::Allowed;
        Self {
            // Canonical mapping, section 6: the other lines refuse a reply to a closed ticket.
            reply: status != Status::Closed || matches!(line, Line::Helpdesk | Line::Tours),
            set_status: Status::ALL.into_iter().filter(allowed).collect(),
            set_priority: true,
            assign: true,
        }
    }

    /// Only two lines know messages of the one who asked; on the helpdesk a message also reopens a closed ticket.
    fn for_owner(line: Line, status: Status) -> Self {
        let reply = match line {
            Line::Helpdesk => true,
            Line::Loan => status != Status::Closed,
            Line::Mobility | Line::Mas | Line::Tours => false,
        };
        Self { reply, set_status: Vec::new(), set_priority: false, assign: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_may_set_exactly_the_statuses_of_the_mapping() {
        use Status::{Closed, New, Open, Pending, Resolved};
        for line in Line::ALL {
            let set = |status| Actions::for_support(line, status).set_status;
            assert_eq!(set(New), [Open, Pending, Resolved, Closed], "{line}");
            assert_eq!(set(Open), [Pending, Resolved, Closed], "{line}");
            assert_eq!(set(Pending), [Open, Resolved, Closed], "{line}");
            assert_eq!(set(Resolved), if line == Line::Mas { vec![Closed] } else { vec![Open, Closed] }, "{line}");
            let reopens = matches!(line, Line::Helpdesk | Line::Tours);
            assert_eq!(set(Closed), if reopens { vec![Open] } else { Vec::new() }, "{line}");
        }
    }

    #[test]
    fn only_helpdesk_and_tours_take_replies_of_agents_to_closed_tickets() {
        for line in Line::ALL {
            let expected = matches!(line, Line::Helpdesk | Line::Tours);
            assert_eq!(Actions::for_support(line, Status::Closed).reply, expected, "{line}");
            assert!(Actions::for_support(line, Status::Resolved).reply, "{line}");
        }
    }

    #[test]
    fn customers_reply_where_their_line_has_messages_and_manage_nothing() {
        for (line, status) in Line::ALL.into_iter().flat_map(|line| Status::ALL.map(|status| (line, status))) {
            let actions = Actions::for_owner(line, status);
            let expected = line == Line::Helpdesk || (line == Line::Loan && status != Status::Closed);
            assert_eq!(actions.reply, expected, "{line} {}", status.as_str());
            assert!(actions.set_status.is_empty() && !actions.set_priority && !actions.assign);
        }
    }
}
