//! The place where a keyset page ends, as an opaque text for the client. Never an offset.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The sort key of the last row of a page: a time, and an id that breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The row's time.
    pub at: DateTime<Utc>,
    /// The row's id.
    pub id: Uuid,
}

/// The text is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this API")]
pub struct BadCursor;

impl Cursor {
    /// The text a client sends back.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = self.at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a client's text.
    pub fn decode(text: &str) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let (micros, id) = bytes.split_first_chunk::<8>().ok_or(BadCursor)?;
        Ok(Self {
            at: DateTime::from_timestamp_micros(i64::from_be_bytes(*micros)).ok_or(BadCursor)?,
            id: Uuid::from_slice(id).map_err(|_| BadCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor { at: DateTime::from_timestamp_micros(1_705_941_000_123_456).unwrap(), id: Uuid::max() };
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }

    #[test]
    fn other_texts_are_no_cursors() {
        for text in ["", "!", "AAAA", &"A".repeat(33), "é"] {
            assert_eq!(Cursor::decode(text), Err(BadCursor), "{text}");
        }
    }
}
