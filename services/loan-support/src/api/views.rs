//! What clients see: exactly the documented members (contract, section 5).

use chrono::{DateTime, SecondsFormat, Utc};
use domain::StatusWord as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Category;
use crate::db::{Detail, Listed, StoredMessage};
use crate::model::{Message, MessageId, Ticket, TicketId};

/// The envelope of a success.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Success<T> {
    success: bool,
    status_code: u16,
    data: T,
    error: Option<()>,
}

impl<T> Success<T> {
    pub(crate) fn of(data: T) -> Self {
        Self { success: true, status_code: 200, data, error: None }
    }
}

/// The answer to the creation of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketCreated {
    ticket_id: String,
    subject: String,
    status: &'static str,
    priority: &'static str,
    created_at: String,
}

impl From<&Ticket> for TicketCreated {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        Self {
            ticket_id: ticket.id().to_string(),
            subject: row.draft.subject.clone(),
            status: row.shown.word().text().unwrap_or_default(),
            priority: row.draft.priority.text(),
            created_at: seconds(row.created_at),
        }
    }
}

/// A ticket in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketListed {
    ticket_id: String,
    subject: String,
    status: String,
    priority: String,
    created_at: String,
    updated_at: String,
}

impl From<Listed> for TicketListed {
    fn from(listed: Listed) -> Self {
        Self {
            ticket_id: TicketId(domain::TicketKey(listed.ticket_key)).to_string(),
            subject: listed.subject,
            status: listed.line_status,
            priority: listed.line_priority,
            created_at: seconds(listed.created_at),
            updated_at: seconds(listed.updated_at),
        }
    }
}

/// A ticket with its messages. No `updatedAt`, `closedAt` or `resolution`: the document has none here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketDetail {
    ticket_id: String,
    user_id: String,
    subject: String,
    description: String,
    status: &'static str,
    priority: &'static str,
    category_id: String,
    assigned_agent: Option<String>,
    messages: Vec<MessageShown>,
    created_at: String,
}

impl From<Detail> for TicketDetail {
    fn from(detail: Detail) -> Self {
        let row = detail.ticket.row();
        Self {
            ticket_id: detail.ticket.id().to_string(),
            user_id: row.user_id.to_string(),
            subject: row.draft.subject.clone(),
            description: row.draft.description.clone(),
            status: row.shown.word().text().unwrap_or_default(),
            priority: row.draft.priority.text(),
            category_id: row.draft.category_id.clone(),
            assigned_agent: row.assigned_agent.as_ref().map(ToString::to_string),
            created_at: seconds(row.created_at),
            messages: detail.messages.into_iter().map(MessageShown::from).collect(),
        }
    }
}

/// A message of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageShown {
    message_id: String,
    sender: String,
    content: String,
    timestamp: String,
}

impl From<StoredMessage> for MessageShown {
    fn from(message: StoredMessage) -> Self {
        Self {
            message_id: MessageId(message.id).to_string(),
            sender: message.sender,
            content: message.content,
            timestamp: seconds(message.at),
        }
    }
}

/// The answer to a new message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageAdded {
    message_id: String,
    ticket_id: String,
    content: String,
    timestamp: String,
}

impl MessageAdded {
    pub(crate) fn of(id: TicketId, message: &Message) -> Self {
        Self {
            message_id: message.id.to_string(),
            ticket_id: id.to_string(),
            content: message.content.clone(),
            timestamp: seconds(message.at),
        }
    }
}

/// The answer to closing a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketClosed {
    ticket_id: String,
    status: &'static str,
    closed_at: Option<String>,
}

impl From<&Ticket> for TicketClosed {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        Self {
            ticket_id: ticket.id().to_string(),
            status: row.shown.word().text().unwrap_or_default(),
            closed_at: row.closing.as_ref().map(|closing| seconds(closing.at)),
        }
    }
}

/// The configured categories.
pub(crate) fn categories(categories: &[Category]) -> Success<&[Category]> {
    Success::of(categories)
}

/// `YYYY-MM-DDTHH:MM:SSZ`.
fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
