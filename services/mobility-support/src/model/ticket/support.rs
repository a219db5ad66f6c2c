//! What agents do to a ticket (canonical mapping, sections 4 to 6). Whatever the provider can see of it counts in
//! `sequence`, once per action, and is told to the provider if it wants that.

use chrono::{DateTime, Utc};
use domain::lines::mobility::MobilityPriority;
use domain::{Actor, AgentMove, Change, Line, Priority, PriorityWord as _, Status, Subject, TicketEvent, agent_move};

use super::{Message, Refused, Ticket, counted};

impl Ticket {
    /// An agent answers: the answer becomes the ticket's comment, and a new ticket is open.
    pub(crate) fn reply(self, actor: Actor, message: Message) -> Result<Change<Self>, Refused> {
        if self.row.shown.status() == Status::Closed {
            return Err(Refused::Closed);
        }
        let (before, at) = (self.row.shown, message.at);
        let after = if before.status() == Status::New { before.agent_sets(Status::Open) } else { before };
        let event = TicketEvent::MessageAdded { message_id: message.id.to_string() };
        Ok(Change::of(self, actor, at)
            .apply(event, |ticket| {
                ticket.row.content.comment = Some(message.body.clone());
                ticket.beside.message = Some(message);
                ticket.seen_by_provider(at);
            })
            .apply_if(TicketEvent::moved(before, after), |ticket| ticket.row.shown = after))
    }

    /// An agent sets the canonical status.
    pub(crate) fn set_status(self, actor: Actor, status: Status, now: DateTime<Utc>) -> Result<Change<Self>, Refused> {
        let before = self.row.shown;
        match agent_move(Line::Mobility, before.status(), status) {
            AgentMove::Refused => Err(Refused::Move(before.status(), status)),
            AgentMove::NoChange => Ok(Change::of(self, actor, now)),
            AgentMove::Allowed => {
                let after = before.agent_sets(status);
                Ok(Change::of(self, actor, now).apply_if(TicketEvent::moved(before, after), |ticket| {
                    ticket.row.shown = after;
                    ticket.row.updated_at = now;
                    if after.word() != before.word() {
                        ticket.seen_by_provider(now);
                    }
                }))
            }
        }
    }

    /// An agent sets the canonical priority; the word, or its absence, stays as long as it stands for that priority.
    pub(crate) fn set_priority(self, actor: Actor, priority: Priority, now: DateTime<Utc>) -> Change<Self> {
        let word = match self.row.content.priority {
            Some(word) => Some(word.agent_sets(priority)),
            None if self.row.content.support_type.priority() == priority => None,
            None => Some(MobilityPriority::word(priority)),
        };
        let event = (self.row.priority != priority).then(|| updated("priority"));
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.priority = priority;
            ticket.row.content.priority = word;
            ticket.seen_by_provider(now);
        })
    }

    /// An agent says in how many minutes it should be solved, or takes that back.
    pub(crate) fn expect_resolution(self, actor: Actor, minutes: Option<u8>, now: DateTime<Utc>) -> Change<Self> {
        let event = (self.row.content.time_to_resolution != minutes).then(|| updated("timeToResolution"));
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.content.time_to_resolution = minutes;
            ticket.seen_by_provider(now);
        })
    }

    /// An agent gives the ticket to somebody, or to nobody. The provider sees nothing of it.
    pub(crate) fn assign(self, actor: Actor, assignee: Option<Subject>, now: DateTime<Utc>) -> Change<Self> {
        let previous = self.row.assignee.clone();
        let event = (previous != assignee).then(|| TicketEvent::Assigned { assignee: assignee.clone(), previous });
        Change::of(self, actor, now).apply_if(event, |ticket| {
            ticket.row.assignee = assignee;
            ticket.row.updated_at = now;
        })
    }

    fn seen_by_provider(&mut self, now: DateTime<Utc>) {
        self.row.sequence = counted(self.row.sequence);
        self.row.updated_at = now;
        self.beside.is_visible = true;
    }
}

fn updated(field: &str) -> TicketEvent {
    TicketEvent::Updated { fields: vec![field.to_owned()] }
}
