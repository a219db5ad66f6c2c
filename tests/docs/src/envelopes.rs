//! One example of each event, made of the code's own types: what the types cannot say, the documents cannot say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    Actor, AttachmentChange, Envelope, EventData, EventId, Line, Priority, RemovalReason, Role, Status, Stream,
    Subject, TicketEvent, TicketKey, TicketState,
};
use serde_json::{Map, Value};
use uuid::{Uuid, uuid};

const TICKET: Uuid = uuid!("0199a4c8-3f5b-7d21-a6e0-4c9b8f1d2e37");
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// 2024-01-22T16:30:00Z.
const OPENED_AT_S: i64 = 1_705_941_000;

/// An event with what the documents say about it.
#[derive(Debug, Clone)]
pub struct Example {
    /// What happened.
    pub event: TicketEvent,
    /// The event as it travels.
    pub envelope: Envelope,
    /// When it happens, in a sentence.
    pub about: &'static str,
}

/// One example of each type of event, in the order of a ticket's life.
#[must_use]
pub fn examples() -> Vec<Example> {
    let events = events();
    (1..).zip(events).map(|(version, event)| example(version, event)).collect()
}

/// Every type of event once. A new one is noticed by [`about`], which does not compile without it.
fn events() -> Vec<TicketEvent> {
    let word = |text: &str| Some(text.to_owned());
    vec![
        TicketEvent::Opened { requester: subject("user_123"), category: word("category_001") },
        TicketEvent::MessageAdded { message_id: "msg_0199a4d0118e7c33b2f4d5e6a7b8c9d0".to_owned() },
        TicketEvent::Assigned { assignee: subject("agent_123"), previous: None },
        TicketEvent::Updated { fields: vec!["priority".to_owned()] },
        TicketEvent::StatusChanged {
            from: Status::New,
            to: Status::Open,
            line_from: word("Open"),
            line_to: word("In Progress"),
        },
        TicketEvent::Closed { from: Status::Open, line_from: word("In Progress"), line_to: word("Closed") },
        TicketEvent::AttachmentAdded { attachment_id: "8821".to_owned(), change: AttachmentChange::Added },
        TicketEvent::AttachmentRemoved { attachment_id: "8821".to_owned(), reason: RemovalReason::TicketDeleted },
        TicketEvent::Deleted {},
    ]
}

fn about(event: &TicketEvent) -> &'static str {
    match event {
        TicketEvent::Opened { .. } => "A ticket was created. Always version 1 of its stream.",
        TicketEvent::MessageAdded { .. } => {
            "A public message was added; on mobility, mas and tours a public reply of an agent."
        }
        TicketEvent::Assigned { .. } => "The assignee was set, changed or removed.",
        TicketEvent::Updated { .. } => {
            "Content, priority or members changed; on mas also an outcome that leaves the status as it is."
        }
        TicketEvent::StatusChanged { .. } => "The canonical status or the line's word changed, except to closed.",
        TicketEvent::Closed { .. } => "The canonical status became closed.",
        TicketEvent::AttachmentAdded { .. } => {
            "An attachment was added, or its description changed. Stream of the ticket's attachments."
        }
        TicketEvent::AttachmentRemoved { .. } => "An attachment was removed. Stream of the ticket's attachments.",
        TicketEvent::Deleted {} => "A tours ticket was deleted: the last event of its stream.",
    }
}

/// The state of the example's ticket after this event: none in the stream of attachments.
fn state(event: &TicketEvent) -> Option<TicketState> {
    let (status, word) = match event {
        TicketEvent::AttachmentAdded { .. } | TicketEvent::AttachmentRemoved { .. } => return None,
        TicketEvent::Closed { .. } => (Status::Closed, "Closed"),
        TicketEvent::StatusChanged { .. } => (Status::Open, "In Progress"),
        TicketEvent::Deleted {} => (Status::Resolved, "RESOLVED"),
        _ => (Status::New, "Open"),
    };
    Some(TicketState { status, line_status: Some(word.to_owned()), priority: Priority::High })
}

fn example(version: i64, event: TicketEvent) -> Example {
    let key = TicketKey(TICKET);
    let of_tours = matches!(event, TicketEvent::Deleted {});
    let of_attachments = matches!(event, TicketEvent::AttachmentAdded { .. } | TicketEvent::AttachmentRemoved { .. });
    let (source, line, ticket_id) = match (of_tours, of_attachments) {
        (true, _) => ("tour-tickets", Line::Tours, "1523".to_owned()),
        (_, true) => ("attachments", Line::Tours, "1523".to_owned()),
        _ => ("loan-support", Line::Loan, format!("ticket_{}", TICKET.simple())),
    };
    let stream = if of_attachments { Stream::of_attachments(key) } else { Stream::of_ticket(key) };
    let actor = match event {
        TicketEvent::Opened { .. } => actor("user_123", Role::Customer),
        _ if of_tours || of_attachments => Actor::system(),
        _ => actor("agent_123", Role::Agent),
    };
    let data = EventData {
        line,
        ticket_key: key,
        ticket_id,
        version: if of_attachments { version - 6 } else { version },
        actor,
        state: state(&event),
        members: members(&event),
    };
    let id = EventId(Uuid::from_u128(TICKET.as_u128() - 0x2e37 + u128::from(version.unsigned_abs())));
    let at = DateTime::<Utc>::from_timestamp(OPENED_AT_S + version * 60, 0).unwrap_or_default();
    let envelope = Envelope::wrap(id, source, event.kind(), (stream, at, TRACE.to_owned()), data);
    Example { about: about(&event), envelope, event }
}

fn actor(id: &str, role: Role) -> Actor {
    subject(id).map_or_else(Actor::system, |id| Actor::new(id, role))
}

fn subject(id: &str) -> Option<Subject> {
    Subject::try_from(id).ok()
}

/// The members an event has beyond the common ones, by name: the order of a map depends on what else is compiled.
pub(crate) fn members(event: &TicketEvent) -> Map<String, Value> {
    let value = serde_json::to_value(event).unwrap_or_default();
    let members = value.as_object().into_iter().flatten();
    let sorted: BTreeMap<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    sorted.into_iter().collect()
}
