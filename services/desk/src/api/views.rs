//! What clients see.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Status, Subject};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::agent_api::Message;

use crate::model::{Actions, Ticket};
use crate::verbs::{Detail, Page};

/// A page of tickets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketList {
    /// The tickets, in the order asked for.
    data: Vec<TicketListed>,
    /// Where the page is.
    page: PageShown,
}

/// Where a page is in its list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageShown {
    /// What to send as `after` for the next page; null on the last.
    next: Option<String>,
    /// Whether there is a next page.
    has_more: bool,
}

impl From<Page> for TicketList {
    fn from(page: Page) -> Self {
        let next = page.next.map(crate::model::After::encode);
        Self {
            data: page.tickets.into_iter().map(Into::into).collect(),
            page: PageShown { has_more: next.is_some(), next },
        }
    }
}

impl TicketList {
    /// The cursor of the next page.
    pub(super) fn next(&self) -> Option<&str> {
        self.page.next.as_deref()
    }
}

/// A ticket in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketListed {
    /// The ticket's id over all lines.
    id: Uuid,
    /// The id the line's clients use.
    ticket_id: String,
    /// The line of business.
    line: &'static str,
    /// Canonical status.
    status: &'static str,
    /// The line's word for it; null for helpdesk.
    line_status: Option<String>,
    /// Canonical priority.
    priority: &'static str,
    /// Who asked; null for a guest.
    requester: Option<String>,
    /// The agent who has it; null if nobody has.
    assignee: Option<String>,
    /// The line's own category.
    category: Option<String>,
    /// When it was opened.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Number of changes so far.
    version: i64,
}

impl From<Ticket> for TicketListed {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: ticket.key.0,
            ticket_id: ticket.ticket_id,
            line: ticket.line.as_str(),
            status: ticket.status.as_str(),
            line_status: ticket.line_status,
            priority: ticket.priority.as_str(),
            requester: ticket.requester.map(Subject::into),
            assignee: ticket.assignee.map(Subject::into),
            category: ticket.category,
            created_at: time(ticket.created_at),
            updated_at: time(ticket.updated_at),
            version: ticket.version,
        }
    }
}

/// A ticket with its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketDetail {
    #[serde(flatten)]
    ticket: TicketListed,
    /// What it is about.
    subject: String,
    /// The first text, if the line has one beside the messages.
    description: Option<String>,
    /// Ids of files that came with the ticket.
    attachments: Vec<String>,
    /// What happened, oldest first.
    timeline: Vec<TimelineEntry>,
    /// The line's own fields.
    #[schema(value_type = Object)]
    line_fields: serde_json::Map<String, serde_json::Value>,
    /// What this caller may do now.
    actions: ActionsShown,
}

impl From<Detail> for TicketDetail {
    fn from(detail: Detail) -> Self {
        Self {
            ticket: detail.ticket.into(),
            subject: detail.snapshot.subject,
            description: detail.snapshot.description,
            attachments: detail.snapshot.attachments,
            timeline: detail.snapshot.messages.into_iter().map(Into::into).collect(),
            line_fields: detail.snapshot.line_fields,
            actions: detail.actions.into(),
        }
    }
}

/// Something that happened to a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum TimelineEntry {
    /// Somebody wrote.
    Message {
        /// The line's id of the message.
        id: String,
        /// Who wrote it.
        author: String,
        /// The text.
        body: String,
        /// Who may read it: `public`.
        visibility: &'static str,
        /// Ids of files that came with it.
        attachments: Vec<String>,
        /// When.
        #[schema(format = DateTime)]
        at: String,
    },
}

impl From<Message> for TimelineEntry {
    fn from(message: Message) -> Self {
        Self::Message {
            id: message.id,
            author: message.author,
            body: message.body,
            visibility: "public",
            attachments: message.attachments,
            at: time(message.at),
        }
    }
}

/// What a caller may do to a ticket now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionsShown {
    /// Write a public message.
    reply: bool,
    /// Set one of these statuses.
    set_status: Vec<&'static str>,
    /// Set any priority.
    set_priority: bool,
    /// Give it to somebody, or to nobody.
    assign: bool,
}

impl From<Actions> for ActionsShown {
    fn from(actions: Actions) -> Self {
        Self {
            reply: actions.reply,
            set_status: actions.set_status.into_iter().map(Status::as_str).collect(),
            set_priority: actions.set_priority,
            assign: actions.assign,
        }
    }
}

/// An error, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the code says which.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong, for programs: it does not change.
    code: String,
    /// What went wrong, for people.
    detail: Option<String>,
    /// The query parameter at fault.
    parameter: Option<String>,
}

/// RFC 3339 in UTC with six digits, as in events.
fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
