//! What an event does to the desk's row of its ticket. All lines speak one vocabulary, so there is one rule for all.

use chrono::{DateTime, Datelike as _, Utc};
use domain::{Envelope, Subject, TicketEvent, TicketKey, TicketState};

use super::Ticket;

/// Every owner's name in `source` comes after this (events, section 2).
const SOURCE_PREFIX: &str = "/crossdesk/";

/// What to do to the read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: the event is not of the ticket's own stream.
    Nothing,
    /// A new row.
    Open(Ticket),
    /// The ticket's row changes; it must be there.
    Change(Update),
    /// An event of a type we do not know: it counts for the version, and what all events say of a ticket holds.
    Count(Update),
    /// The ticket's row goes.
    Remove(TicketKey),
}

/// What changes in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) key: TicketKey,
    pub(crate) version: i64,
    pub(crate) at: DateTime<Utc>,
    /// The state after the event, if it says.
    pub(crate) state: Option<TicketState>,
    pub(crate) assignment: Assignment,
}

/// What becomes of the assignee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Assignment {
    /// The event says nothing of it.
    Stays,
    /// This agent, or nobody.
    Becomes(Option<Subject>),
}

/// Why an event cannot be applied, for operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// The members of its type are not there, or of another type.
    #[error("the members of {0} cannot be read: {1}")]
    Members(String, String),
    /// A ticket's own events say what its state is.
    #[error("{0} does not say status and priority of the ticket")]
    NoState(String),
    /// The partition key belongs to another ticket.
    #[error("the stream {0} is not one of ticket {1}")]
    ForeignStream(String, TicketKey),
    /// Nobody could be asked for the ticket's text.
    #[error("the source {0:?} names no service")]
    Source(String),
    /// PostgreSQL has no such text or time.
    #[error("{0} cannot be stored")]
    Unstorable(&'static str),
}

impl Effect {
    /// Of an event.
    pub(crate) fn of(event: &Envelope) -> Result<Self, Unfit> {
        match stream_of(event)? {
            StreamKind::Other => return Ok(Self::Nothing),
            StreamKind::Ticket => {}
        }
        if !is_storable_time(event.time) {
            return Err(Unfit::Unstorable("time"));
        }
        let word = event.data.state.as_ref().and_then(|state| state.line_status.as_deref());
        check_text("lineStatus", word)?;
        let happened = event.event().map_err(|error| Unfit::Members(event.kind.clone(), error.to_string()))?;
        let update = |assignment| Update {
            key: event.data.ticket_key,
            version: event.data.version,
            at: event.time,
            state: event.data.state.clone(),
            assignment,
        };
        let Some(happened) = happened else { return Ok(Self::Count(update(Assignment::Stays))) };
        let state = event.data.state.clone().ok_or_else(|| Unfit::NoState(event.kind.clone()))?;
        Ok(match happened {
            TicketEvent::Opened { requester, category } => Self::Open(opened(event, state, requester, category)?),
            TicketEvent::Assigned { assignee, .. } => Self::Change(update(Assignment::Becomes(assignee))),
            TicketEvent::Deleted {} => Self::Remove(event.data.ticket_key),
            TicketEvent::Updated { .. }
            | TicketEvent::StatusChanged { .. }
            | TicketEvent::MessageAdded { .. }
            | TicketEvent::AttachmentAdded { .. }
            | TicketEvent::AttachmentRemoved { .. }
            | TicketEvent::Closed { .. } => Self::Change(update(Assignment::Stays)),
        })
    }
}

/// Whether the API and PostgreSQL both have a way to write this time.
pub(super) fn is_storable_time(time: DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

fn opened(
    event: &Envelope,
    state: TicketState,
    requester: Option<Subject>,
    category: Option<String>,
) -> Result<Ticket, Unfit> {
    let source = event.source.strip_prefix(SOURCE_PREFIX).filter(|name| !name.is_empty());
    let source = source.ok_or_else(|| Unfit::Source(event.source.clone()))?;
    check_text("source", Some(source))?;
    check_text("ticketId", Some(&event.data.ticket_id))?;
    check_text("category", category.as_deref())?;
    Ok(Ticket {
        key: event.data.ticket_key,
        line: event.data.line,
        ticket_id: event.data.ticket_id.clone(),
        version: event.data.version,
        status: state.status,
        line_status: state.line_status,
        priority: state.priority,
        requester,
        assignee: None,
        category,
        source: source.to_owned(),
        created_at: event.time,
        updated_at: event.time,
    })
}

enum StreamKind {
    /// The ticket's own.
    Ticket,
    /// One beside it, such as its attachments: it has versions of its own, which say nothing of the ticket's row.
    Other,
}

fn stream_of(event: &Envelope) -> Result<StreamKind, Unfit> {
    let key = event.data.ticket_key;
    let rest = event.partitionkey.as_str().strip_prefix(&key.to_string());
    match rest {
        Some("") => Ok(StreamKind::Ticket),
        Some(rest) if rest.starts_with('/') => Ok(StreamKind::Other),
        _ => Err(Unfit::ForeignStream(event.partitionkey.to_string(), key)),
    }
}

/// PostgreSQL has no U+0000 in texts.
fn check_text(member: &'static str, text: Option<&str>) -> Result<(), Unfit> {
    if text.is_some_and(|text| text.contains('\0')) { Err(Unfit::Unstorable(member)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
