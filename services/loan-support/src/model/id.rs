//! The line's ids: a word and the hex digits of a `UUIDv7`. Clients treat them as opaque.

use std::fmt;

use domain::TicketKey;
use uuid::Uuid;

/// `ticket_` and 32 lower-case hex digits: the ticket's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TicketId(pub(crate) TicketKey);

impl TicketId {
    /// Reads a path; another form is an unknown ticket.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("ticket_")?;
        let is_ours = hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_ours.then(|| Uuid::try_parse(hex).ok().map(|key| Self(TicketKey(key))))?
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ticket_{}", self.0.0.simple())
    }
}

/// `msg_` and 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageId(pub(crate) Uuid);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{}", self.0.simple())
    }
}
