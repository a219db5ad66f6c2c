//! The mobility ticket. Each verb takes the ticket and gives back the change, or says why not.

mod support;

use chrono::{DateTime, Utc};
use domain::lines::mobility::{MobilityPriority, MobilityStatus};
use domain::{
    Actor, Aggregate, Change, Line, Priority, PriorityWord as _, Shown, Status, StatusWord as _, Subject, TicketEvent,
    TicketKey, TicketState,
};
use uuid::Uuid;

use super::{Content, Execution, Fingerprint, TicketId};

/// The sequence stops here: TOMP-API allows no more.
const LAST_SEQUENCE: i16 = 10;

/// The stored members of a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: TicketKey,
    pub(crate) version: i64,
    pub(crate) provider: Subject,
    pub(crate) id: TicketId,
    pub(crate) shown: Shown<MobilityStatus>,
    pub(crate) priority: Priority,
    pub(crate) sequence: i16,
    pub(crate) content: Content,
    pub(crate) sent: Sent,
    pub(crate) description: Option<String>,
    pub(crate) assignee: Option<Subject>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// What the provider itself sent last, whatever support made of it since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) priority: Option<MobilityPriority>,
    pub(crate) comment: Option<String>,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) author: Subject,
    pub(crate) body: String,
    pub(crate) at: DateTime<Utc>,
}

/// Who opens a ticket, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) key: TicketKey,
    pub(crate) id: TicketId,
    pub(crate) provider: Subject,
    pub(crate) actor: Actor,
}

/// A mobility ticket.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    row: Row,
    /// Whether its provider wants to be told what support changes.
    is_followed: bool,
    /// What the change that is being made writes beside the row.
    beside: Beside,
}

#[derive(Debug, Clone, Default)]
struct Beside {
    execution: Option<Fingerprint>,
    message: Option<Message>,
    is_visible: bool,
}

/// The ticket's state does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// A provider may not make this move (contract, 4.3).
    #[error("The ticket is {} and cannot become {}.", text(*.0), text(*.1))]
    Word(MobilityStatus, MobilityStatus),
    /// A provider may not add to it any more.
    #[error("The ticket is {} and takes no more information.", text(*.0))]
    Over(MobilityStatus),
    /// An agent may not make this move (canonical mapping, section 4).
    #[error("a ticket that is {} cannot become {}", .0.as_str(), .1.as_str())]
    Move(Status, Status),
    /// Nobody answers a closed ticket.
    #[error("the ticket is closed")]
    Closed,
}

fn text(word: MobilityStatus) -> &'static str {
    word.text().unwrap_or_default()
}

impl Ticket {
    /// A new ticket of a provider.
    pub(crate) fn open(new: New, execution: &Execution, now: DateTime<Utc>) -> Change<Self> {
        let content = execution.content.clone();
        let support_type = content.support_type;
        let event = TicketEvent::Opened {
            requester: Some(new.provider.clone()),
            category: Some(support_type.text().to_owned()),
        };
        let row = Row {
            key: new.key,
            version: 0,
            provider: new.provider,
            id: new.id,
            shown: Shown::created_with(MobilityStatus::Requested),
            priority: content.priority.map_or_else(|| support_type.priority(), MobilityPriority::canon),
            sequence: 0,
            sent: Sent { priority: content.priority, comment: content.comment.clone() },
            description: content.comment.clone(),
            content,
            assignee: None,
            created_at: now,
            updated_at: now,
        };
        Change::of(Self::stored(row), new.actor, now)
            .apply(event, |ticket| ticket.beside.execution = Some(execution.fingerprint))
    }

    /// A ticket as the database has it.
    pub(crate) fn stored(row: Row) -> Self {
        Self { row, is_followed: false, beside: Beside::default() }
    }

    /// The same ticket, whose provider wants to be told what support changes.
    pub(crate) fn followed(self) -> Self {
        Self { is_followed: true, ..self }
    }

    /// The provider executes again, with the same id (contract, cases 6 and 7).
    /// A new comment becomes the message of this id.
    pub(crate) fn update(
        self,
        message: Uuid,
        actor: Actor,
        execution: &Execution,
        now: DateTime<Utc>,
    ) -> Result<Change<Self>, Refused> {
        let before = self.row.shown;
        let after = asked(before, execution.status)?;
        let (next, mut fields) = self.row.updated_by(&execution.content, now);
        if fields.is_empty() && before == after && next.sequence != self.row.sequence {
            // Nothing but the count of changes: it is a member too, and no state goes untold.
            fields.push("sequence".to_owned());
        }
        let said = execution.content.comment.as_ref().filter(|comment| self.row.sent.comment.as_ref() != Some(comment));
        let author = self.row.provider.clone();
        let message = said.map(|comment| Message { id: message, author, body: comment.clone(), at: now });
        let beside = Beside { execution: Some(execution.fingerprint), message, is_visible: false };
        let updated = (!fields.is_empty()).then_some(TicketEvent::Updated { fields });
        let moved = TicketEvent::moved(before, after);
        Ok(Change::of(self, actor, now)
            .apply_if(updated, |ticket| {
                ticket.row = next.clone();
                ticket.beside = beside.clone();
            })
            .apply_if(moved, |ticket| {
                ticket.row = Row { shown: after, version: ticket.row.version, ..next };
                ticket.beside = beside;
            }))
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// The execution that the change just made accepts.
    pub(crate) fn accepted(&self) -> Option<&Fingerprint> {
        self.beside.execution.as_ref()
    }

    /// What the change just made says.
    pub(crate) fn said(&self) -> Option<&Message> {
        self.beside.message.as_ref()
    }

    /// Whether support has just changed something that the provider can see, and it wants to be told.
    pub(crate) fn is_to_be_told(&self) -> bool {
        self.beside.is_visible && self.is_followed
    }
}

/// What a provider may ask for, by the table of section 4.3.
fn asked(shown: Shown<MobilityStatus>, word: Option<MobilityStatus>) -> Result<Shown<MobilityStatus>, Refused> {
    use MobilityStatus::{Open, Requested, Resolved, Revoked, UpdateRequested};
    let from = shown.word();
    let is_over = matches!(from, Resolved | Revoked);
    let Some(to) = word else {
        return if is_over { Err(Refused::Over(from)) } else { Ok(shown) };
    };
    let may = match to {
        Resolved | Revoked => !is_over,
        Requested => from == Requested,
        Open => matches!(from, Open | UpdateRequested),
        UpdateRequested => from == UpdateRequested,
    };
    if may { Ok(shown.client_sets(to)) } else { Err(Refused::Word(from, to)) }
}

impl Row {
    /// The row with the members that a provider sends, and the names of those that changed. The status is not touched.
    fn updated_by(&self, sent: &Content, now: DateTime<Utc>) -> (Self, Vec<String>) {
        let mut next = self.clone();
        let (word, priority) = self.priority_after(sent);
        let mut new = sent.clone();
        new.priority = word;
        let fields = next.content.take(new);
        next.priority = priority;
        next.sent.priority = sent.priority.or(self.sent.priority);
        next.sent.comment = sent.comment.clone().or_else(|| self.sent.comment.clone());
        next.sequence = counted(self.sequence);
        next.updated_at = now;
        (next, fields)
    }

    /// The word and the canonical priority: what a provider repeats does not undo what an agent decided.
    fn priority_after(&self, sent: &Content) -> (Option<MobilityPriority>, Priority) {
        let shown = self.content.priority;
        match (sent.priority, self.sent.priority) {
            (Some(word), last) if last != Some(word) => (Some(word), word.canon()),
            (None, None) if sent.support_type != self.content.support_type => {
                let priority = sent.support_type.priority();
                (shown.map(|word| word.agent_sets(priority)), priority)
            }
            _ => (shown, self.priority),
        }
    }
}

/// One more change that the provider can see.
fn counted(sequence: i16) -> i16 {
    (sequence + 1).min(LAST_SEQUENCE)
}

impl Aggregate for Ticket {
    const LINE: Line = Line::Mobility;

    fn key(&self) -> TicketKey {
        self.row.key
    }

    fn ticket_id(&self) -> String {
        self.row.id.to_string()
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
