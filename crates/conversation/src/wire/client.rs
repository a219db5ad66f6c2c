//! The other end of the connection: what tests, the demo and the load generator need.

use super::entry::Entry;
use super::header::{Header, MUST_PROCESS, RESPONSE_REQUIRED, kind};
use super::receive::GetHistory;
use crate::leb128;

/// Asks the server to store a message.
pub fn send_message(cookie: u32, message: &[u8]) -> Vec<u8> {
    let header = Header { cookie, kind: kind::SEND_MESSAGE, flags: MUST_PROCESS | RESPONSE_REQUIRED };
    let mut out = header.message(message.len());
    out.extend_from_slice(message);
    out
}

/// Asks the server for entries.
pub fn get_history(cookie: u32, wanted: GetHistory) -> Vec<u8> {
    wanted.message(Header { cookie, kind: kind::GET_HISTORY, flags: RESPONSE_REQUIRED })
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromServer<'a> {
    /// The server is there.
    Connected,
    /// An entry, live.
    NewEntry(Entry<'a>),
    /// The answer to an event it does not know.
    UnknownEvent,
    /// The message is stored as this entry.
    MessageReceived(i32),
    /// The message is none, with the reason.
    MessageInvalid(&'a str),
    /// The entries asked for; those of unknown types are left out.
    HistoryEntries {
        /// Older than the reference, ascending.
        before: Vec<Entry<'a>>,
        /// From the reference on, ascending.
        after: Vec<Entry<'a>>,
    },
}

/// A message that is not one of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Shorter than a header.
    #[error("the message is shorter than a header")]
    TooShort,
    /// A type no server sends.
    #[error("servers send nothing of type {0:#06x}")]
    Kind(u16),
    /// The body does not fit the type.
    #[error("the body does not fit type {0:#06x}")]
    Body(u16),
}

/// Reads a message of the server.
pub fn decode(message: &[u8]) -> Result<(Header, FromServer<'_>), Malformed> {
    let (header, body) = Header::split(message).ok_or(Malformed::TooShort)?;
    let read = match header.kind {
        kind::CONNECTED => Some(FromServer::Connected),
        kind::NEW_MESSAGE | kind::USER_JOINED => Entry::read_body(header.kind, body).map(FromServer::NewEntry),
        kind::UNKNOWN_EVENT => Some(FromServer::UnknownEvent),
        kind::MESSAGE_RECEIVED => body.try_into().ok().map(i32::from_le_bytes).map(FromServer::MessageReceived),
        kind::MESSAGE_INVALID => str::from_utf8(body).ok().map(FromServer::MessageInvalid),
        kind::HISTORY_ENTRIES => read_history(body),
        other => return Err(Malformed::Kind(other)),
    };
    Ok((header, read.ok_or(Malformed::Body(header.kind))?))
}

fn read_history(body: &[u8]) -> Option<FromServer<'_>> {
    let (before_count, rest) = body.split_first_chunk()?;
    let (after_count, mut rest) = rest.split_first_chunk()?;
    let before = read_entries(&mut rest, u16::from_le_bytes(*before_count))?;
    let after = read_entries(&mut rest, u16::from_le_bytes(*after_count))?;
    Some(FromServer::HistoryEntries { before, after })
}

/// Takes so many entries off the front. The list grows with what is there, not with what the count claims.
fn read_entries<'a>(rest: &mut &'a [u8], count: u16) -> Option<Vec<Entry<'a>>> {
    let mut entries = Vec::new();
    for _ in 0..count {
        let (entry_kind, after_kind) = rest.split_first_chunk()?;
        let entry_kind = u16::from_le_bytes(*entry_kind);
        let mut after_length = after_kind;
        let length = usize::try_from(leb128::take(&mut after_length)?).ok()?;
        let (body, after) = after_length.split_at_checked(length)?;
        *rest = after;
        if matches!(entry_kind, kind::NEW_MESSAGE | kind::USER_JOINED) {
            entries.push(Entry::read_body(entry_kind, body)?);
        }
    }
    Some(entries)
}
