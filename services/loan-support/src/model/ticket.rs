//! The loan ticket. Each verb takes the ticket and gives back the change, or says why not.

use chrono::{DateTime, Utc};
use domain::lines::loan::{LoanPriority, LoanStatus};
use domain::{
    Actor, AgentMove, Aggregate, Change, Line, Priority, PriorityWord as _, Shown, Status, StatusWord as _, Subject,
    TicketEvent, TicketKey, TicketState, agent_move,
};

use super::{Author, Message, TicketId};

/// What a client sends to open a ticket, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) subject: String,
    pub(crate) description: String,
    pub(crate) category_id: String,
    pub(crate) priority: LoanPriority,
    pub(crate) attachments: Vec<String>,
}

/// When and how a ticket was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) at: DateTime<Utc>,
    pub(crate) resolution: Option<String>,
}

/// The stored members of a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: TicketKey,
    pub(crate) version: i64,
    pub(crate) user_id: Subject,
    pub(crate) draft: Draft,
    pub(crate) shown: Shown<LoanStatus>,
    pub(crate) priority: Priority,
    pub(crate) assigned_agent: Option<Subject>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) closing: Option<Closing>,
}

/// A loan ticket.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    row: Row,
    /// The message of the change that is being made; saved with it.
    added: Option<Message>,
}

/// The ticket's state does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// A closed ticket stays as it is.
    #[error("Ticket is closed")]
    Closed,
    /// An agent may not make this move (canonical mapping, section 4).
    #[error("a ticket that is {} cannot become {}", .0.as_str(), .1.as_str())]
    Move(Status, Status),
}

impl Ticket {
    /// A new ticket.
    pub(crate) fn open(key: TicketKey, author: &Author, draft: Draft, now: DateTime<Utc>) -> Change<Self> {
        let event =
            TicketEvent::Opened { requester: Some(author.subject.clone()), category: Some(draft.category_id.clone()) };
        let row = Row {
            key,
            version: 0,
            user_id: author.subject.clone(),
            shown: Shown::created_with(LoanStatus::Open),
            priority: draft.priority.canon(),
            draft,
            assigned_agent: None,
            created_at: now,
            updated_at: now,
            closing: None,
        };
        Change::of(Self::stored(row), author.actor.clone(), now).apply(event, |_| {})
    }

    /// A ticket as the database has it.
    pub(crate) fn stored(row: Row) -> Self {
        Self { row, added: None }
    }

    /// Adds a public message. The first support author of an unassigned ticket gets it.
    pub(crate) fn add_message(self, author: &Author, message: Message) -> Result<Change<Self>, Refused> {
        if self.row.shown.status() == Status::Closed {
            return Err(Refused::Closed);
        }
        let (before, at) = (self.row.shown, message.at);
        let takes = (author.is_support && self.row.assigned_agent.is_none()).then(|| author.subject.clone());
        let after = match (author.is_support, before.status()) {
            (true, Status::New) | (false, Status::Pending | Status::Resolved) => before.agent_sets(Status::Open),
            _ => before,
        };
        let event = TicketEvent::MessageAdded { message_id: message.id.to_string() };
        let assigned = takes.clone().map(|agent| TicketEvent::Assigned { assignee: Some(agent), previous: None });
        Ok(Change::of(self, author.actor.clone(), at)
            .apply(event, |ticket| {
                ticket.added = Some(message);
                ticket.row.updated_at = at;
            })
            .apply_if(assigned, |ticket| ticket.row.assigned_agent = takes)
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after))
    }

    /// Closes the ticket; closing it again changes nothing.
    pub(crate) fn close(self, actor: Actor, resolution: Option<String>, now: DateTime<Utc>) -> Change<Self> {
        let (before, after) = (self.row.shown, self.row.shown.client_sets(LoanStatus::Closed));
        Change::of(self, actor, now)
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.moved_to(after, resolution, now))
    }

    /// An agent sets the canonical status.
    pub(crate) fn set_status(self, actor: Actor, status: Status, now: DateTime<Utc>) -> Result<Change<Self>, Refused> {
        let before = self.row.shown;
        match agent_move(Line::Loan, before.status(), status) {
            AgentMove::Refused => Err(Refused::Move(before.status(), status)),
            AgentMove::NoChange => Ok(Change::of(self, actor, now)),
            AgentMove::Allowed => {
                let after = before.agent_sets(status);
                Ok(Change::of(self, actor, now)
                    .apply_if(TicketEvent::moved(before, after), |ticket| ticket.moved_to(after, None, now)))
            }
        }
    }

    /// An agent sets the canonical priority; the line's word follows if it must.
    pub(crate) fn set_priority(self, actor: Actor, priority: Priority, now: DateTime<Utc>) -> Change<Self> {
        let changes = self.row.priority != priority;
        let event = changes.then(|| TicketEvent::Updated { fields: vec!["priority".to_owned()] });
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.priority = priority;
            ticket.row.draft.priority = ticket.row.draft.priority.agent_sets(priority);
            ticket.row.updated_at = now;
        })
    }

    /// An agent gives the ticket to somebody, or to nobody.
    pub(crate) fn assign(self, actor: Actor, assignee: Option<Subject>, now: DateTime<Utc>) -> Change<Self> {
        let previous = self.row.assigned_agent.clone();
        let event = (previous != assignee).then(|| TicketEvent::Assigned { assignee: assignee.clone(), previous });
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.assigned_agent = assignee;
            ticket.row.updated_at = now;
        })
    }

    fn moved_to(&mut self, shown: Shown<LoanStatus>, resolution: Option<String>, now: DateTime<Utc>) {
        self.row.shown = shown;
        self.row.updated_at = now;
        if shown.status() == Status::Closed {
            self.row.closing = Some(Closing { at: now, resolution });
        }
    }

    pub(crate) fn id(&self) -> TicketId {
        TicketId(self.row.key)
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// The message of the change just made.
    pub(crate) fn added(&self) -> Option<&Message> {
        self.added.as_ref()
    }
}

impl Aggregate for Ticket {
    const LINE: Line = Line::Loan;

    fn key(&self) -> TicketKey {
        self.row.key
    }

    fn ticket_id(&self) -> String {
        self.id().to_string()
    }

    fn state(&self) -> Option<TicketState> {
        Some(TicketState {
            status: self.row.shown.status(),
            line_status: self.row.shown.word().text().map(str::to_owned),
            priority: self.row.priority,
        })
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn bump_version(&mut self) {
        self.row.version += 1;
    }
}
