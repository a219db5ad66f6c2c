//! What clients see: exactly the documented members (contract, sections 3, 7 and 9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use conversation::Message;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{Listed, Members};
use crate::model::{About, Entry, Notification, Ticket, User, What};

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketShown {
    id: i32,
    title: String,
    #[schema(format = DateTime)]
    opened: String,
    authors: [i32; 1],
    conversation: ConversationShown,
}

impl From<Listed> for TicketShown {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            title: listed.title,
            opened: micros(listed.opened),
            authors: [listed.author],
            conversation: ConversationShown { id: listed.conversation_id, members: listed.members },
        }
    }
}

impl TicketShown {
    /// A ticket that was just opened: its author is the only member.
    pub(super) fn new(ticket: &Ticket) -> Self {
        let row = ticket.row();
        Self {
            id: row.id,
            title: row.title.as_str().to_owned(),
            opened: micros(row.opened),
            authors: [row.author],
            conversation: ConversationShown { id: row.conversation, members: vec![row.author] },
        }
    }
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationShown {
    id: i32,
    members: Vec<i32>,
}

impl From<Members> for ConversationShown {
    fn from(found: Members) -> Self {
        Self { id: found.conversation_id, members: found.members }
    }
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserShown {
    id: i32,
    name: String,
    is_super: bool,
    is_support: bool,
    language: &'static str,
    /// Always empty.
    teams: Vec<i32>,
}

impl From<User> for UserShown {
    fn from(user: User) -> Self {
        Self {
            id: user.number,
            name: user.name,
            is_super: user.is_super,
            is_support: user.is_support,
            language: "en",
            teams: Vec::new(),
        }
    }
}

/// An entry of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryShown {
    id: i32,
    /// `new-message` or `user-joined`.
    kind: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    /// Of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<i32>,
    /// Of a message: plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Of a message: the stored bytes in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Of a joining.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<i32>>,
}

impl From<Entry> for EntryShown {
    fn from(entry: Entry) -> Self {
        let (id, timestamp) = (entry.id, micros(entry.at));
        match entry.what {
            What::NewMessage { author, body } => Self {
                id,
                kind: "new-message",
                timestamp,
                author: Some(author),
                text: Some(plain_text(&body)),
                body: Some(STANDARD.encode(&body)),
                users: None,
            },
            What::UserJoined { users } => {
                Self { id, kind: "user-joined", timestamp, author: None, text: None, body: None, users: Some(users) }
            }
        }
    }
}

/// A notification, as the list and the socket of events show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationShown {
    id: i32,
    /// `new-support-ticket` or `new-message`.
    kind: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    /// Of a new message.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<i32>,
    author: i32,
    /// Of a new message: its entry id.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<i32>,
    /// Of a new ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<i32>,
}

impl From<Notification> for NotificationShown {
    fn from(notification: Notification) -> Self {
        let (kind, conversation, message, ticket) = match notification.about {
            About::Ticket { ticket } => ("new-support-ticket", None, None, Some(ticket)),
            About::Message { conversation, message } => ("new-message", Some(conversation), Some(message), None),
        };
        let (id, author, timestamp) = (notification.id, notification.author, micros(notification.at));
        Self { id, kind, timestamp, conversation, author, message, ticket }
    }
}

/// Plain text of a stored message. What is stored was valid when it came in.
pub(super) fn plain_text(body: &[u8]) -> String {
    Message::parse(body).map(|message| message.plain_text()).unwrap_or_default()
}

/// `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
fn micros(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
