//! Why a connection ends (section 2).

/// A WebSocket close code that the protocol gives a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum CloseCode {
    /// All is said.
    Normal = 1000,
    /// The server shuts down: connect again.
    GoingAway = 1001,
    /// Something that RFC 6455 forbids.
    Protocol = 1002,
    /// A text message was received.
    TextReceived = 1003,
    /// The token expired.
    TokenExpired = 1008,
    /// A message above 65,536 bytes.
    TooBig = 1009,
    /// A failure in the server, or nothing was heard for too long.
    Internal = 1011,
    /// Too much waits for a client that does not read.
    TooSlow = 1013,
    /// Shorter than its type needs.
    TooShort = 4000,
    /// An unknown type that must be processed.
    UnknownType = 4001,
    /// A required response did not come in time.
    ResponseTimeout = 4002,
    /// A later response came first.
    ResponseOrder = 4003,
    /// A flag without a meaning.
    UnknownFlag = 4004,
}

impl CloseCode {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }
}
