//! What is hashed, and how: written down so that somebody else can compute it, too.
//!
//! Every part stands behind its length (8 bytes, big-endian), so that no two rows have the same bytes. Times are
//! microseconds since 1970, numbers 8 bytes big-endian, nobody is a part of length 0 with a mark before it.

use std::fmt;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Says which rules made the hash, should they ever change.
const RULES: &[u8] = b"crossdesk-audit-1";

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

/// What the first row has as the hash before it.
pub const GENESIS: Hash = Hash([0; 32]);

impl Hash {
    /// 32 bytes; anything else is no digest.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// 64 hex digits, as shown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let pair = |index: usize| u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = digits.then(|| (0..32).map(pair).collect())?;
        Self::read(&bytes?)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An event, as far as its audit row tells it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(super) struct Entry {
    #[diesel(sql_type = Text)]
    pub(super) stream: String,
    #[diesel(sql_type = BigInt)]
    pub(super) version: i64,
    #[diesel(sql_type = SqlUuid)]
    pub(super) event_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) actor_id: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) actor_role: String,
    #[diesel(sql_type = Timestamptz)]
    pub(super) occurred_at: DateTime<Utc>,
    #[diesel(sql_type = Binary)]
    pub(super) data_digest: Vec<u8>,
}

/// An event of the log, with what an entry is made of.
#[derive(Debug, Clone, QueryableByName)]
pub(super) struct Logged {
    #[diesel(sql_type = Text)]
    stream: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    occurred_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    data: Value,
}

impl From<Logged> for Entry {
    fn from(event: Logged) -> Self {
        let actor = |member: &str| event.data["actor"][member].as_str().map(str::to_owned);
        Self {
            actor_id: actor("id"),
            actor_role: actor("role").unwrap_or_default(),
            data_digest: Sha256::digest(canonical(&event.data)).to_vec(),
            stream: event.stream,
            version: event.version,
            event_id: event.event_id,
            kind: event.kind,
            occurred_at: event.occurred_at,
        }
    }
}

impl Entry {
    /// The hash of this entry behind the one with the hash `previous`.
    pub(super) fn hash(&self, previous: &Hash) -> Hash {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(RULES);
        part(previous.bytes());
        part(self.event_id.as_bytes());
        part(self.stream.as_bytes());
        part(&self.version.to_be_bytes());
        part(self.kind.as_bytes());
        part(&[u8::from(self.actor_id.is_some())]);
        part(self.actor_id.as_deref().unwrap_or_default().as_bytes());
        part(self.actor_role.as_bytes());
        part(&self.occurred_at.timestamp_micros().to_be_bytes());
        part(&self.data_digest);
        Hash(hasher.finalize().into())
    }
}

/// JSON without spaces and with the members of each object in the order of their names' bytes: the same text for the
/// same data, whoever writes it.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_bytes());
            let members =
                members.into_iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> Entry {
        Entry {
            stream: "a".to_owned(),
            version: 1,
            event_id: Uuid::nil(),
            kind: "ticket.closed".to_owned(),
            actor_id: Some("agent_1".to_owned()),
            actor_role: "agent".to_owned(),
            occurred_at: DateTime::UNIX_EPOCH,
            data_digest: vec![0; 32],
        }
    }

    #[test]
    fn the_hash_is_what_the_rules_say() {
        // The same bytes, put together by hand.
        let parts: [&[u8]; 11] = [
            b"crossdesk-audit-1",
            &[0; 32],
            &[0; 16],
            b"a",
            &[0, 0, 0, 0, 0, 0, 0, 1],
            b"ticket.closed",
            &[1],
            b"agent_1",
            b"agent",
            &[0; 8],
            &[0; 32],
        ];
        let bytes: Vec<u8> =
            parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat()).collect();
        assert_eq!(entry().hash(&GENESIS), Hash(Sha256::digest(&bytes).into()));
    }

    #[test]
    fn every_member_counts() {
        let plain = entry().hash(&GENESIS);
        let changed = [
            Entry { stream: "b".to_owned(), ..entry() },
            Entry { version: 2, ..entry() },
            Entry { event_id: Uuid::max(), ..entry() },
            Entry { kind: "ticket.opened".to_owned(), ..entry() },
            Entry { actor_id: Some("agent_2".to_owned()), ..entry() },
            Entry { actor_id: None, ..entry() },
            Entry { actor_id: Some(String::new()), ..entry() },
            Entry { actor_role: "admin".to_owned(), ..entry() },
            Entry { occurred_at: DateTime::from_timestamp_micros(1).unwrap(), ..entry() },
            Entry { data_digest: vec![1; 32], ..entry() },
            // What is moved over the border of two members is another row.
            Entry { actor_id: Some("agent_1a".to_owned()), actor_role: "gent".to_owned(), ..entry() },
        ];
        let mut hashes: Vec<String> = changed.iter().map(|entry| entry.hash(&GENESIS).to_string()).collect();
        hashes.push(entry().hash(&plain).to_string());
        hashes.push(plain.to_string());
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), changed.len() + 2);
    }

    #[test]
    fn data_has_one_text() {
        let data = json!({"b": [1, {"z": null, "a": "\u{e9}\"\n"}], "a": true});
        assert_eq!(canonical(&data), "{\"a\":true,\"b\":[1,{\"a\":\"\u{e9}\\\"\\n\",\"z\":null}]}");
    }

    #[test]
    fn a_hash_is_read_as_it_is_shown() {
        let hash = entry().hash(&GENESIS);
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(65), &"\u{e9}".repeat(32)] {
            assert_eq!(Hash::parse(bad), None, "{bad}");
        }
    }
}
