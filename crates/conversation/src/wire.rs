//! What goes through the socket (sections 1 to 5).
//!
//! Everything is little-endian and begins with an 8-byte header. The server's half is here; [`client`] is the other.

pub mod client;
mod close;
mod encode;
mod entry;
mod header;
mod receive;

pub use close::CloseCode;
pub use encode::{connected, history_entries, message_invalid, message_received, new_entry, unknown_event};
pub use entry::Entry;
pub use header::{EventCookies, Header, MUST_PROCESS, RESPONSE_REQUIRED, kind};
pub use receive::{GetHistory, MAX_MESSAGE_BYTES, Received, receive};
