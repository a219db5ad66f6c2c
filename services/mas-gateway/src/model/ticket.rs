//! The ticket of a resume request. Each verb takes the ticket and gives back the change, or says why not.

use chrono::{DateTime, Utc};
use domain::lines::mas::MasStatus;
use domain::{
    Actor, ActorRole, AgentMove, Aggregate, Change, Line, Priority, Role, Shown, Status, StatusWord as _, Subject,
    TicketEvent, TicketKey, TicketState, agent_move,
};
use uuid::Uuid;

use super::{Command, Outcome, Settled, Submission, TransactionId};

/// Who closed a ticket when MAS did.
const MAS: &str = "MAS";

/// When and by whom the line's word became `CLOSED` or `VOID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: String,
}

/// A public reply of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) id: Uuid,
    pub(crate) author: Subject,
    pub(crate) body: String,
    pub(crate) at: DateTime<Utc>,
}

/// The stored members of a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: TicketKey,
    pub(crate) transaction_id: TransactionId,
    pub(crate) version: i64,
    pub(crate) submission: Submission,
    pub(crate) shown: Shown<MasStatus>,
    pub(crate) priority: Priority,
    pub(crate) assignee: Option<Subject>,
    pub(crate) settled: Option<Settled>,
    pub(crate) closing: Option<Closing>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// What a change brings beside the ticket's own members; saved with it.
#[derive(Clone)]
enum Added {
    Nothing,
    /// The body of the command to MAS.
    Command(Vec<u8>),
    Reply(Reply),
}

impl std::fmt::Debug for Added {
    /// The kind only: a command has personal data in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Command(_) => "Command(..)",
            Self::Reply(_) => "Reply(..)",
        })
    }
}

/// The ticket of a resume request.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    row: Row,
    added: Added,
}

/// The ticket's state does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Nobody answers a closed ticket.
    #[error("the ticket is closed")]
    Closed,
    /// An agent may not make this move (canonical mapping, section 4).
    #[error("a ticket that is {} cannot become {}", .0.as_str(), .1.as_str())]
    Move(Status, Status),
}

impl Ticket {
    /// The ticket of a request that is accepted now, and its command.
    pub(crate) fn accept(
        key: TicketKey,
        transaction_id: TransactionId,
        submission: Submission,
        now: DateTime<Utc>,
    ) -> serde_json::Result<Change<Self>> {
        let actor = Actor::new(submission.profile.clone(), Role::Service);
        // A Basic user is no subject: nobody sees the ticket by a token but agents.
        let event = TicketEvent::Opened { requester: None, category: Some(submission.draft.reason_code.clone()) };
        let row = Row {
            key,
            transaction_id,
            version: 0,
            submission,
            shown: Shown::created_with(MasStatus::Open),
            priority: Priority::Normal,
            assignee: None,
            settled: None,
            closing: None,
            created_at: now,
            updated_at: now,
        };
        let command = Command::of(&row).to_bytes()?;
        let ticket = Self { row, added: Added::Command(command) };
        Ok(Change::of(ticket, actor, now).apply(event, |_| {}))
    }

    /// A ticket as the database has it.
    pub(crate) fn stored(row: Row) -> Self {
        Self { row, added: Added::Nothing }
    }

    /// MAS says what became of the request. `None` if that changes nothing: it was said before, or comes too late.
    pub(crate) fn settle(self, settled: Settled, now: DateTime<Utc>) -> Option<Change<Self>> {
        let last = self.row.settled.as_ref().map(|settled| settled.outcome);
        if last == Some(settled.outcome) || last == Some(Outcome::Completed) {
            return None;
        }
        let before = self.row.shown;
        let after = match (settled.outcome, before.status()) {
            (Outcome::Completed, Status::New | Status::Open | Status::Pending) => before.agent_sets(Status::Resolved),
            // A fact of MAS: what was given up is done after all.
            (Outcome::Completed, Status::Closed) if before.word() == MasStatus::Void => {
                before.agent_sets(Status::Resolved)
            }
            (Outcome::Rejected, Status::New | Status::Pending) => before.agent_sets(Status::Open),
            _ => before,
        };
        let event = TicketEvent::moved(before, after)
            .unwrap_or_else(|| TicketEvent::Updated { fields: vec!["outcome".to_owned()] });
        // A reader of events knows MAS by this id.
        let actor = Actor { id: Subject::try_from("mas").ok(), role: ActorRole::System };
        Some(Change::of(self, actor, now).apply(event, |ticket| {
            ticket.moved_to(after, MAS, now);
            ticket.row.settled = Some(settled);
        }))
    }

    /// An agent answers. The first answer opens a new ticket.
    pub(crate) fn reply(self, actor: Actor, reply: Reply) -> Result<Change<Self>, Refused> {
        let (before, at) = (self.row.shown, reply.at);
        let after = match before.status() {
            Status::Closed => return Err(Refused::Closed),
            Status::New => before.agent_sets(Status::Open),
            Status::Open | Status::Pending | Status::Resolved => before,
        };
        let event = TicketEvent::MessageAdded { message_id: reply.id.to_string() };
        Ok(Change::of(self, actor, at)
            .apply(event, |ticket| {
                ticket.added = Added::Reply(reply);
                ticket.row.updated_at = at;
            })
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after))
    }

    /// An agent sets the canonical status.
    pub(crate) fn set_status(
        self,
        agent: &Subject,
        actor: Actor,
        status: Status,
        now: DateTime<Utc>,
    ) -> Result<Change<Self>, Refused> {
        let before = self.row.shown;
        match agent_move(Line::Mas, before.status(), status) {
            AgentMove::Refused => Err(Refused::Move(before.status(), status)),
            AgentMove::NoChange => Ok(Change::of(self, actor, now)),
            AgentMove::Allowed => {
                let after = before.agent_sets(status);
                Ok(Change::of(self, actor, now).apply_if(TicketEvent::moved(before, after), |ticket| {
                    ticket.moved_to(after, agent.as_str(), now);
                }))
            }
        }
    }

    /// An agent sets the canonical priority; the line shows none.
    pub(crate) fn set_priority(self, actor: Actor, priority: Priority, now: DateTime<Utc>) -> Change<Self> {
        let changes = self.row.priority != priority;
        let event = changes.then(|| TicketEvent::Updated { fields: vec!["priority".to_owned()] });
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

    fn moved_to(&mut self, shown: Shown<MasStatus>, by: &str, now: DateTime<Utc>) {
        if shown.word() != self.row.shown.word() && shown.word() != MasStatus::Open {
            self.row.closing = Some(Closing { at: now, by: by.to_owned() });
        }
        self.row.shown = shown;
        self.row.updated_at = now;
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// The body of the command, if the change just made is the acceptance.
    pub(crate) fn command(&self) -> Option<&[u8]> {
        match &self.added {
            Added::Command(body) => Some(body),
            Added::Nothing | Added::Reply(_) => None,
        }
    }

    /// The reply of the change just made.
    pub(crate) fn added_reply(&self) -> Option<&Reply> {
        match &self.added {
            Added::Reply(reply) => Some(reply),
            Added::Nothing | Added::Command(_) => None,
        }
    }
}

impl Aggregate for Ticket {
    const LINE: Line = Line::Mas;

    fn key(&self) -> TicketKey {
        self.row.key
    }

    fn ticket_id(&self) -> String {
        self.row.transaction_id.to_string()
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
