//! An entry of a conversation: what its members read, in the order of the ids.

use chrono::{DateTime, Utc};

/// A stored entry. Ids are unique over all conversations and grow within each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: i32,
    pub(crate) at: DateTime<Utc>,
    pub(crate) what: What,
}

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Somebody wrote. The body is the binary message, as stored.
    NewMessage { author: i32, body: Vec<u8> },
    /// Users became members: their numbers, ascending, at least one.
    UserJoined { users: Vec<i32> },
}
