//! What a check of the audit log found, in words an operator can act on.

use std::fmt;

use super::Hash;

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The position of the last row; 0 if there is none.
    pub position: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Reads `position:hash`, as it is shown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (position, hash) = text.split_once(':')?;
        Some(Self { position: position.parse().ok()?, hash: Hash::parse(hash)? })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.position, self.hash)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many rows the audit log has.
    pub rows: i64,
    /// How many events wait to be audited.
    pub waiting: i64,
    /// Where the chain ends, by its rows.
    pub head: Head,
    /// What is wrong; empty if all is well. At most 100 are kept.
    pub findings: Vec<Finding>,
}

/// Something that an honest history cannot look like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Positions count up by one; here they do not.
    #[error("row {expected} is missing: row {found} comes next")]
    Gap {
        /// The position that should come.
        expected: i64,
        /// The position that comes.
        found: i64,
    },
    /// A row names another hash than that of the row before it.
    #[error("row {position} does not follow the row before it: a row was altered, removed, inserted or moved")]
    Unchained {
        /// Its position.
        position: i64,
    },
    /// A row's hash is not that of what it says.
    #[error("row {position} was altered: its hash is not that of its content")]
    Altered {
        /// Its position.
        position: i64,
    },
    /// A later row tells an earlier version of the same stream.
    #[error("row {position} is out of order: version {version} of {stream} comes after a later one")]
    OutOfOrder {
        /// Its position.
        position: i64,
        /// Its stream.
        stream: String,
        /// Its version.
        version: i64,
    },
    /// The event log tells the event otherwise than the row.
    #[error("version {version} of {stream} (row {position}) is told otherwise by the event log")]
    EventAltered {
        /// The row's position.
        position: i64,
        /// The event's stream.
        stream: String,
        /// The event's version.
        version: i64,
    },
    /// The event log has no such event any more.
    #[error("version {version} of {stream} (row {position}) is missing in the event log")]
    EventMissing {
        /// The row's position.
        position: i64,
        /// The event's stream.
        stream: String,
        /// The event's version.
        version: i64,
    },
    /// The event log says that the event was audited, and no row tells it.
    #[error("version {version} of {stream} was audited, and its row is missing")]
    RowMissing {
        /// The event's stream.
        stream: String,
        /// The event's version.
        version: i64,
    },
    /// The end of the chain is not where the head says.
    #[error("the log ends at row {last}, and its head says {head}: rows were cut off, or put behind the end")]
    Head {
        /// The last row.
        last: i64,
        /// What the head says.
        head: Head,
    },
    /// The row noted outside the database is another one now.
    #[error("row {} has not the hash that was noted: the log was rewritten", noted.position)]
    Rewritten {
        /// What was noted.
        noted: Head,
    },
}
