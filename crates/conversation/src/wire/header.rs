//! The 8 bytes every message begins with (section 1).

/// A receiver that does not know the type must close.
pub const MUST_PROCESS: u16 = 0x0001;
/// The receiver must answer.
pub const RESPONSE_REQUIRED: u16 = 0x0002;

/// Types of messages (section 4).
pub mod kind {
    /// The server is there.
    pub const CONNECTED: u16 = 0x0000;
    /// Somebody wrote.
    pub const NEW_MESSAGE: u16 = 0x0001;
    /// The client writes.
    pub const SEND_MESSAGE: u16 = 0x0002;
    /// The client asks for older entries.
    pub const GET_HISTORY: u16 = 0x0003;
    /// Somebody joined.
    pub const USER_JOINED: u16 = 0x0004;
    /// Response: no such event.
    pub const UNKNOWN_EVENT: u16 = 0x8000;
    /// Response to a message: stored.
    pub const MESSAGE_RECEIVED: u16 = 0x8001;
    /// Response to a message: not stored.
    pub const MESSAGE_INVALID: u16 = 0x8002;
    /// Response: the entries asked for.
    pub const HISTORY_ENTRIES: u16 = 0x8003;
}

/// Set in the cookies the server chooses.
const CHOSEN_BY_SERVER: u32 = 0x8000_0000;
/// Existing clients take a cookie without this bit for a response's.
const EVENT_TO_OLD_CLIENTS: u32 = 0x0000_8000;
const COUNTER: u32 = 0x7fff;

/// The header of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Pairs a response with its event.
    pub cookie: u32,
    /// Below 0x8000 an event, else a response.
    pub kind: u16,
    /// What the receiver must do.
    pub flags: u16,
}

impl Header {
    /// Its size.
    pub const BYTES: usize = 8;

    /// Splits a message into its header and its body. `None`: too short.
    pub fn split(message: &[u8]) -> Option<(Self, &[u8])> {
        let (cookie, rest) = message.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (flags, body) = rest.split_first_chunk()?;
        let header = Self {
            cookie: u32::from_le_bytes(*cookie),
            kind: u16::from_le_bytes(*kind),
            flags: u16::from_le_bytes(*flags),
        };
        Some((header, body))
    }

    /// Whether the server chose the cookie.
    pub fn is_of_server(self) -> bool {
        self.cookie & CHOSEN_BY_SERVER != 0
    }

    /// A message with this header and room for a body.
    pub(super) fn message(self, body_bytes: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::BYTES + body_bytes);
        out.extend_from_slice(&self.cookie.to_le_bytes());
        out.extend_from_slice(&self.kind.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out
    }
}

/// The cookies of the events of one connection.
#[derive(Debug, Clone, Default)]
pub struct EventCookies {
    sent: u32,
}

impl EventCookies {
    /// The cookie of the next event: 0x80008000, 0x80008001, ... 0x8000ffff, and from the start again.
    pub fn next_cookie(&mut self) -> u32 {
        let cookie = CHOSEN_BY_SERVER | EVENT_TO_OLD_CLIENTS | (self.sent & COUNTER);
        self.sent = self.sent.wrapping_add(1);
        cookie
    }
}
