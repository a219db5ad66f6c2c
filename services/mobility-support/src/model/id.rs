//! The id that a provider knows a ticket by: any text of its choice, unique among its own tickets.

use std::fmt;

/// 1 to 200 characters, none of them a control character: requests are read that way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TicketId(pub(crate) String);

impl TicketId {
    /// Most characters.
    pub(crate) const MAX_CHARS: usize = 200;

    /// The id of a ticket whose provider chose none: a `UUIDv4`, as the contract says, made of these random bytes.
    pub(crate) fn random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
