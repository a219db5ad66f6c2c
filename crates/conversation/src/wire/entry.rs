//! An entry of a conversation, as it goes live through the socket and inside a history.

use std::borrow::Cow;

use super::header::{MUST_PROCESS, kind};

/// What stands before the message: length, entry, author, time.
const NEW_MESSAGE_HEADER: u16 = 18;
/// What stands before the user numbers: length, entry, time.
const USER_JOINED_HEADER: u16 = 14;

/// A stored entry. Times are seconds since 1970, rounded down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Somebody wrote.
    NewMessage {
        /// The entry's id.
        id: i32,
        /// The number of the author.
        author: i32,
        /// When it was stored.
        at: i64,
        /// The message as stored.
        message: Cow<'a, [u8]>,
    },
    /// Somebody joined.
    UserJoined {
        /// The entry's id.
        id: i32,
        /// When they joined.
        at: i64,
        /// The numbers of those who joined, ascending.
        users: Cow<'a, [i32]>,
    },
}

impl<'a> Entry<'a> {
    /// The entry's id.
    pub fn id(&self) -> i32 {
        match self {
            Self::NewMessage { id, .. } | Self::UserJoined { id, .. } => *id,
        }
    }

    pub(super) fn kind(&self) -> u16 {
        match self {
            Self::NewMessage { .. } => kind::NEW_MESSAGE,
            Self::UserJoined { .. } => kind::USER_JOINED,
        }
    }

    /// The flags it is sent with.
    pub(super) fn flags(&self) -> u16 {
        match self {
            Self::NewMessage { .. } => MUST_PROCESS,
            Self::UserJoined { .. } => 0,
        }
    }

    /// The size of its body.
    pub fn body_bytes(&self) -> usize {
        match self {
            Self::NewMessage { message, .. } => usize::from(NEW_MESSAGE_HEADER) + message.len(),
            Self::UserJoined { users, .. } => usize::from(USER_JOINED_HEADER) + size_of::<i32>() * users.len(),
        }
    }

    pub(super) fn put_body(&self, out: &mut Vec<u8>) {
        match self {
            Self::NewMessage { id, author, at, message } => {
                out.extend_from_slice(&NEW_MESSAGE_HEADER.to_le_bytes());
                out.extend_from_slice(&id.to_le_bytes());
                out.extend_from_slice(&author.to_le_bytes());
                out.extend_from_slice(&at.to_le_bytes());
                out.extend_from_slice(message);
            }
            Self::UserJoined { id, at, users } => {
                out.extend_from_slice(&USER_JOINED_HEADER.to_le_bytes());
                out.extend_from_slice(&id.to_le_bytes());
                out.extend_from_slice(&at.to_le_bytes());
                for user in users.iter() {
                    out.extend_from_slice(&user.to_le_bytes());
                }
            }
        }
    }

    /// Reads a body. The length it begins with is the offset of what follows: later versions may put more between.
    pub(super) fn read_body(entry_kind: u16, body: &'a [u8]) -> Option<Self> {
        let (length, fields) = body.split_first_chunk()?;
        let length = u16::from_le_bytes(*length);
        let rest = body.get(usize::from(length)..)?;
        let (id, fields) = fields.split_first_chunk()?;
        let id = i32::from_le_bytes(*id);
        match entry_kind {
            kind::NEW_MESSAGE if length >= NEW_MESSAGE_HEADER => {
                let (author, fields) = fields.split_first_chunk()?;
                let (at, _) = fields.split_first_chunk()?;
                let (author, at) = (i32::from_le_bytes(*author), i64::from_le_bytes(*at));
                Some(Self::NewMessage { id, author, at, message: Cow::Borrowed(rest) })
            }
            kind::USER_JOINED if length >= USER_JOINED_HEADER => {
                let (at, _) = fields.split_first_chunk()?;
                let (numbers, odd) = rest.as_chunks();
                let users: Vec<i32> = numbers.iter().map(|number| i32::from_le_bytes(*number)).collect();
                let whole = odd.is_empty() && !users.is_empty();
                whole.then(|| Self::UserJoined { id, at: i64::from_le_bytes(*at), users: users.into() })
            }
            _ => None,
        }
    }
}
