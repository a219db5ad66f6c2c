//! The messages a server sends (section 4).

use super::entry::Entry;
use super::header::{Header, kind};
use crate::leb128;

/// The very first message of a connection.
pub fn connected(cookie: u32) -> Vec<u8> {
    Header { cookie, kind: kind::CONNECTED, flags: 0 }.message(0)
}

/// An entry, live: NewMessage or UserJoined.
pub fn new_entry(cookie: u32, entry: &Entry<'_>) -> Vec<u8> {
    let header = Header { cookie, kind: entry.kind(), flags: entry.flags() };
    let mut out = header.message(entry.body_bytes());
    entry.put_body(&mut out);
    out
}

/// The answer to a message that was stored as this entry.
pub fn message_received(cookie: u32, entry_id: i32) -> Vec<u8> {
    response(cookie, kind::MESSAGE_RECEIVED, &entry_id.to_le_bytes())
}

/// The answer to a message that is none, with the reason.
pub fn message_invalid(cookie: u32, reason: &str) -> Vec<u8> {
    response(cookie, kind::MESSAGE_INVALID, reason.as_bytes())
}

/// The answer to an event the server does not know.
pub fn unknown_event(cookie: u32) -> Vec<u8> {
    response(cookie, kind::UNKNOWN_EVENT, &[])
}

/// The answer to GetHistory: the entries before and those from the reference on, each ascending. A list is cut at
/// 65,535 entries, which is as far as the protocol can count.
pub fn history_entries(cookie: u32, before: &[Entry<'_>], after: &[Entry<'_>]) -> Vec<u8> {
    let (before, before_count) = counted(before);
    let (after, after_count) = counted(after);
    let mut out = response(cookie, kind::HISTORY_ENTRIES, &before_count.to_le_bytes());
    out.extend_from_slice(&after_count.to_le_bytes());
    for entry in before.iter().chain(after) {
        out.extend_from_slice(&entry.kind().to_le_bytes());
        leb128::put(&mut out, entry.body_bytes());
        entry.put_body(&mut out);
    }
    out
}

fn counted<'a, 'b>(entries: &'b [Entry<'a>]) -> (&'b [Entry<'a>], u16) {
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    (entries.get(..usize::from(count)).unwrap_or(entries), count)
}

fn response(cookie: u32, kind: u16, body: &[u8]) -> Vec<u8> {
    let mut out = Header { cookie, kind, flags: 0 }.message(body.len());
    out.extend_from_slice(body);
    out
}
