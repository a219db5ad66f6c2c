//! The helpdesk ticket. Each verb takes the ticket and gives back the change, or says why not.

use chrono::{DateTime, Utc};
use domain::lines::helpdesk::NoWord;
use domain::{
    Actor, AgentMove, Aggregate, Change, Line, Priority, Shown, Status, Subject, TicketEvent, TicketKey, TicketState,
    agent_move,
};

use super::audience::{brought_in, told};
use super::{Author, Entry, Person, Title, What};

/// The ids of a ticket that is about to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewIds {
    pub(crate) ticket: i32,
    pub(crate) conversation: i32,
}

/// The ids of the entries that a message makes: its own, and of the joining of those it brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryIds {
    pub(crate) message: i32,
    pub(crate) joining: i32,
}

/// The stored members of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: i32,
    pub(crate) key: TicketKey,
    pub(crate) version: i64,
    pub(crate) conversation: i32,
    pub(crate) title: Title,
    pub(crate) author: i32,
    pub(crate) shown: Shown<NoWord>,
    pub(crate) priority: Priority,
    pub(crate) assignee: Option<Subject>,
    pub(crate) opened: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A member that a change adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user: i32,
    pub(crate) first_visible: i32,
}

/// A helpdesk ticket with its conversation.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    row: Row,
    // Of the change that is being made; saved with it.
    added: Vec<Entry>,
    joined: Vec<Member>,
    told: Vec<i32>,
}

/// The ticket's state does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// An agent may not make this move (canonical mapping, section 4).
    #[error("a ticket that is {} cannot become {}", .0.as_str(), .1.as_str())]
    Move(Status, Status),
}

impl Ticket {
    /// A new ticket, with a conversation whose only member is the author.
    pub(crate) fn open(
        key: TicketKey,
        ids: NewIds,
        (author, requester): (&Author, Subject),
        title: Title,
        now: DateTime<Utc>,
    ) -> Change<Self> {
        let row = Row {
            id: ids.ticket,
            key,
            version: 0,
            conversation: ids.conversation,
            title,
            author: author.number,
            shown: Shown::created_with(NoWord),
            priority: Priority::Normal,
            assignee: None,
            opened: now,
            updated_at: now,
        };
        let member = Member { user: author.number, first_visible: 0 };
        let event = TicketEvent::Opened { requester: Some(requester), category: None };
        Change::of(Self::stored(row), author.actor.clone(), now).apply(event, |ticket| ticket.joined.push(member))
    }

    /// A ticket as the database has it.
    pub(crate) fn stored(row: Row) -> Self {
        Self { row, added: Vec::new(), joined: Vec::new(), told: Vec::new() }
    }

    /// Another title. The same one changes nothing.
    pub(crate) fn retitle(self, actor: Actor, title: Title, now: DateTime<Utc>) -> Change<Self> {
        let event = (self.row.title != title).then(|| updated("title"));
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.title = title;
            ticket.row.updated_at = now;
        })
    }

    /// A member of the support team who is not yet a member joins, and sees the whole conversation.
    pub(crate) fn join(self, author: &Author, entry: i32, now: DateTime<Utc>) -> Change<Self> {
        let before = self.row.shown;
        let after = if before.status() == Status::New { before.agent_sets(Status::Open) } else { before };
        let member = Member { user: author.number, first_visible: 0 };
        Change::of(self, author.actor.clone(), now)
            .apply(updated("members"), |ticket| {
                ticket.joined.push(member);
                let users = vec![author.number];
                ticket.added.push(Entry { id: entry, at: now, what: What::UserJoined { users } });
                ticket.row.updated_at = now;
            })
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after)
    }

    /// A member writes. `people` are the members and those whom the message mentions.
    pub(crate) fn add_message(
        self,
        author: &Author,
        (ids, body): (EntryIds, Vec<u8>),
        people: &[Person],
        now: DateTime<Utc>,
    ) -> Change<Self> {
        let before = self.row.shown;
        let after = match (author.is_support, before.status()) {
            (true, Status::New) | (false, Status::Pending | Status::Resolved | Status::Closed) => {
                before.agent_sets(Status::Open)
            }
            _ => before,
        };
        let told = told(people, author);
        let brought_in = brought_in(people, author);
        let joins = (!brought_in.is_empty()).then(|| updated("members"));
        let what = What::NewMessage { author: author.number, body };
        Change::of(self, author.actor.clone(), now)
            .apply(TicketEvent::MessageAdded { message_id: ids.message.to_string() }, |ticket| {
                ticket.added.push(Entry { id: ids.message, at: now, what });
                ticket.told = told;
                ticket.row.updated_at = now;
            })
            .apply_if(joins, |ticket| {
                ticket.joined.extend(brought_in.iter().map(|user| Member { user: *user, first_visible: ids.message }));
                ticket.added.push(Entry { id: ids.joining, at: now, what: What::UserJoined { users: brought_in } });
            })
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after)
    }

    /// An agent sets the canonical status.
    pub(crate) fn set_status(self, actor: Actor, status: Status, now: DateTime<Utc>) -> Result<Change<Self>, Refused> {
        let before = self.row.shown;
        match agent_move(Line::Helpdesk, before.status(), status) {
            AgentMove::Refused => Err(Refused::Move(before.status(), status)),
            AgentMove::NoChange => Ok(Change::of(self, actor, now)),
            AgentMove::Allowed => {
                let after = before.agent_sets(status);
                Ok(Change::of(self, actor, now).apply_if(TicketEvent::moved(before, after), |ticket| {
                    ticket.row.shown = after;
                    ticket.row.updated_at = now;
                }))
            }
        }
    }

    /// An agent sets the canonical priority.
    pub(crate) fn set_priority(self, actor: Actor, priority: Priority, now: DateTime<Utc>) -> Change<Self> {
        let event = (self.row.priority != priority).then(|| updated("priority"));
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.priority = priority;
            ticket.row.updated_at = now;
        })
    }

    /// An agent gives the ticket to somebody, or to nobody.
    pub(crate) fn assign(self, actor: Actor, assignee: Option<Subject>, now: DateTime<Utc>) -> Change<Self> {
        let previous = self.row.assignee.clone();
        let event = (previous != assignee).then(|| TicketEvent::Assigned { assignee: assignee.clone(), previous });
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.assignee = assignee;
            ticket.row.updated_at = now;
        })
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// The entries of the change just made, ids ascending.
    pub(crate) fn added(&self) -> &[Entry] {
        &self.added
    }

    /// The members that the change just made adds.
    pub(crate) fn joined(&self) -> &[Member] {
        &self.joined
    }

    /// The users who get a notification of the message of the change just made.
    pub(crate) fn told(&self) -> &[i32] {
        &self.told
    }
}

fn updated(field: &str) -> TicketEvent {
    TicketEvent::Updated { fields: vec![field.to_owned()] }
}

impl Aggregate for Ticket {
    const LINE: Line = Line::Helpdesk;

    fn key(&self) -> TicketKey {
        self.row.key
    }

    fn ticket_id(&self) -> String {
        self.row.id.to_string()
    }

    fn state(&self) -> Option<TicketState> {
        let status = self.row.shown.status();
        Some(TicketState { status, line_status: None, priority: self.row.priority })
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn bump_version(&mut self) {
        self.row.version += 1;
    }
}
