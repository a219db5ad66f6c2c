//! The server's rule for what a client sends (section 3), as a pure function.

use super::close::CloseCode;
use super::header::{Header, MUST_PROCESS, RESPONSE_REQUIRED, kind};

/// The longest message a client may send, header included.
pub const MAX_MESSAGE_BYTES: usize = 65_536;

const KNOWN_FLAGS: u16 = MUST_PROCESS | RESPONSE_REQUIRED;

/// What a binary message of a client asks the server to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received<'a> {
    /// Check the message, store it and answer.
    SendMessage {
        /// The cookie of the answer.
        cookie: u32,
        /// The message, unchecked.
        message: &'a [u8],
    },
    /// Answer with entries.
    GetHistory {
        /// The cookie of the answer.
        cookie: u32,
        /// Which entries.
        wanted: GetHistory,
    },
    /// Answer that there is no such event.
    AnswerUnknown {
        /// The cookie of the answer.
        cookie: u32,
    },
    /// Nothing.
    Ignore,
    /// Close the connection.
    Close(CloseCode),
}

/// Which entries of the history are wanted (section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetHistory {
    /// The entry to look from; 0: from the newest.
    pub reference: i32,
    /// How many older ones.
    pub before: u16,
    /// How many newer ones.
    pub after: u16,
}

impl GetHistory {
    /// The size of the request's body.
    const BYTES: usize = 8;

    /// Reads the body of a request; more bytes than it needs are ignored. `None`: too short.
    fn read(body: &[u8]) -> Option<Self> {
        let (reference, rest) = body.split_first_chunk()?;
        let (before, rest) = rest.split_first_chunk()?;
        let (after, _) = rest.split_first_chunk()?;
        Some(Self {
            reference: i32::from_le_bytes(*reference),
            before: u16::from_le_bytes(*before),
            after: u16::from_le_bytes(*after),
        })
    }

    pub(super) fn message(self, header: Header) -> Vec<u8> {
        let mut out = header.message(Self::BYTES);
        out.extend_from_slice(&self.reference.to_le_bytes());
        out.extend_from_slice(&self.before.to_le_bytes());
        out.extend_from_slice(&self.after.to_le_bytes());
        out
    }
}

/// What to do about a binary message of a client.
pub fn receive(message: &[u8]) -> Received<'_> {
    if message.len() > MAX_MESSAGE_BYTES {
        return Received::Close(CloseCode::TooBig);
    }
    let Some((header, body)) = Header::split(message) else {
        return Received::Close(CloseCode::TooShort);
    };
    if header.flags & !KNOWN_FLAGS != 0 {
        return Received::Close(CloseCode::UnknownFlag);
    }
    if header.is_of_server() {
        return Received::Ignore;
    }
    let cookie = header.cookie;
    match header.kind {
        kind::SEND_MESSAGE => Received::SendMessage { cookie, message: body },
        kind::GET_HISTORY => match GetHistory::read(body) {
            Some(wanted) => Received::GetHistory { cookie, wanted },
            None => Received::Close(CloseCode::TooShort),
        },
        kind::UNKNOWN_EVENT => Received::Ignore,
        // Known, but not for a client to send: no reason to close, whatever the flags say.
        kind::CONNECTED
        | kind::NEW_MESSAGE
        | kind::USER_JOINED
        | kind::MESSAGE_RECEIVED
        | kind::MESSAGE_INVALID
        | kind::HISTORY_ENTRIES => Received::AnswerUnknown { cookie },
        _ if header.flags & MUST_PROCESS != 0 => Received::Close(CloseCode::UnknownType),
        _ => Received::AnswerUnknown { cookie },
    }
}
