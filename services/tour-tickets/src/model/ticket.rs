//! The ticket. Each verb takes the ticket and gives back the change, or says why not.

use chrono::{DateTime, Utc};
use domain::lines::tours::ToursStatus;
use domain::{
    Actor, AgentMove, Aggregate, Change, Line, Priority, Shown, Status, StatusWord as _, Subject, TicketEvent,
    TicketKey, TicketState, agent_move,
};
use uuid::Uuid;

use super::{Content, Draft, Moment, NewTicket, Visitor};

/// What a new ticket is called: its number on the line, and its key over all lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: i64,
    pub(crate) key: TicketKey,
}

/// The stored members of a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) identity: Identity,
    pub(crate) version: i64,
    pub(crate) owner: Option<Subject>,
    pub(crate) content: Content,
    pub(crate) shown: Shown<ToursStatus>,
    pub(crate) priority: Priority,
    pub(crate) assignee: Option<Subject>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

/// A public reply of an agent. The line's clients have no place for it; the desk shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) id: Uuid,
    pub(crate) author: Subject,
    pub(crate) body: String,
    pub(crate) attachments: Vec<String>,
    pub(crate) at: DateTime<Utc>,
}

/// What a change is, for the one who saves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// A new ticket.
    Opening,
    /// Its content, and perhaps its status.
    Replacement,
    /// Its state only.
    Handling,
    /// A reply, and perhaps its status.
    Reply(Reply),
    /// It goes.
    Removal,
}

/// A marketplace ticket.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    row: Row,
    work: Work,
}

/// The ticket does not allow it, or not from this visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// A customer wrote another customer's number.
    #[error("User not found for userId: {0}")]
    UnknownUser(i64),
    /// An agent may not make this move (canonical mapping, section 4).
    #[error("a ticket that is {} cannot become {}", .0.as_str(), .1.as_str())]
    Move(Status, Status),
}

impl Ticket {
    /// A new ticket, with any status.
    pub(crate) fn open(
        identity: Identity,
        visitor: &Visitor,
        new: NewTicket,
        now: DateTime<Utc>,
    ) -> Result<Change<Self>, Refused> {
        let user = visitor.user_number(new.draft.user_id)?;
        let (content, status) = new.draft.into_content(user);
        let event = TicketEvent::Opened {
            requester: visitor.subject().cloned(),
            category: Some(content.category.text().to_owned()),
        };
        let set_by_server = Moment::set_by_server(now);
        let row = Row {
            identity,
            version: 0,
            owner: visitor.subject().cloned(),
            content,
            shown: Shown::created_with(status),
            priority: Priority::Normal,
            assignee: None,
            created_at: new.created_at.unwrap_or(set_by_server),
            updated_at: new.updated_at.unwrap_or(set_by_server),
        };
        let ticket = Self { row, work: Work::Opening };
        Ok(Change::of(ticket, visitor.actor(), now).apply(event, |_| {}))
    }

    /// A ticket as the database has it.
    pub(crate) fn stored(row: Row) -> Self {
        Self { row, work: Work::Handling }
    }

    /// Everything a client may write, written anew. `updatedAt`, and whether the number is a claim, are no content: they
    /// may change without an event.
    pub(crate) fn replace(
        mut self,
        visitor: &Visitor,
        draft: Draft,
        now: DateTime<Utc>,
    ) -> Result<Change<Self>, Refused> {
        let mut user = visitor.user_number(draft.user_id)?;
        if *visitor == Visitor::Guest && user.number == self.row.content.user.number {
            // A guest who repeats a number takes nothing away from what is known of it.
            user = self.row.content.user;
        }
        let (content, status) = draft.into_content(user);
        let fields = self.row.content.changed_members(&content);
        let (before, after) = (self.row.shown, self.row.shown.client_sets(status));
        self.work = Work::Replacement;
        self.row.updated_at = Moment::set_by_server(now);
        self.row.content.user.is_claim = user.is_claim;
        let updated = (!fields.is_empty()).then_some(TicketEvent::Updated { fields });
        Ok(Change::of(self, visitor.actor(), now)
            .apply_if(updated, |ticket| ticket.row.content = content)
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after))
    }

    /// The ticket goes, whatever its status.
    pub(crate) fn delete(self, actor: Actor, now: DateTime<Utc>) -> Change<Self> {
        Change::of(self, actor, now).apply(TicketEvent::Deleted {}, |ticket| ticket.work = Work::Removal)
    }

    /// An agent answers. A new ticket becomes open; a closed one stays closed.
    pub(crate) fn reply(self, actor: Actor, reply: Reply) -> Change<Self> {
        let (before, at) = (self.row.shown, reply.at);
        let after = if before.status() == Status::New { before.agent_sets(Status::Open) } else { before };
        let event = TicketEvent::MessageAdded { message_id: reply.id.to_string() };
        Change::of(self, actor, at)
            .apply(event, |ticket| {
                ticket.work = Work::Reply(reply);
                ticket.row.updated_at = Moment::set_by_server(at);
            })
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after)
    }

    /// An agent sets the canonical status.
    pub(crate) fn set_status(self, actor: Actor, status: Status, now: DateTime<Utc>) -> Result<Change<Self>, Refused> {
        let before = self.row.shown;
        match agent_move(Line::Tours, before.status(), status) {
            AgentMove::Refused => Err(Refused::Move(before.status(), status)),
            AgentMove::NoChange => Ok(Change::of(self, actor, now)),
            AgentMove::Allowed => {
                let after = before.agent_sets(status);
                Ok(Change::of(self, actor, now).apply_if(TicketEvent::moved(before, after), |ticket| {
                    ticket.row.shown = after;
                    ticket.row.updated_at = Moment::set_by_server(now);
                }))
            }
        }
    }

    /// An agent sets the priority, which the line does not show.
    pub(crate) fn set_priority(self, actor: Actor, priority: Priority, now: DateTime<Utc>) -> Change<Self> {
        let changes = self.row.priority != priority;
        let event = changes.then(|| TicketEvent::Updated { fields: vec!["priority".to_owned()] });
        Change::of(self, actor, now).apply_if(event, |ticket| ticket.row.priority = priority)
    }

    /// An agent gives the ticket to somebody, or to nobody; the line does not show it.
    pub(crate) fn assign(self, actor: Actor, assignee: Option<Subject>, now: DateTime<Utc>) -> Change<Self> {
        let previous = self.row.assignee.clone();
        let event = (previous != assignee).then(|| TicketEvent::Assigned { assignee: assignee.clone(), previous });
        Change::of(self, actor, now).apply_if(event, |ticket| ticket.row.assignee = assignee)
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// What the change just made is.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }
}

impl Aggregate for Ticket {
    const LINE: Line = Line::Tours;

    fn key(&self) -> TicketKey {
        self.row.identity.key
    }

    fn ticket_id(&self) -> String {
        self.row.identity.id.to_string()
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
