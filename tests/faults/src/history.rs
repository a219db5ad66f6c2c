//! What the clients did, as they saw it: an entry before each request, its outcome after the answer. The checker holds
//! databases, queues and effects against this, as sets in both directions.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How a request ended, for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent, and no answer has come yet.
    Open,
    /// A 2xx: it must be there.
    Acknowledged,
    /// An answer that says it was not carried out.
    Refused(u16),
    /// No answer, or 5xx: it may be there or not.
    Unknown,
}

/// What a write is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Opens a ticket.
    Open,
    /// Adds a message.
    Message,
    /// Changes a ticket that is there.
    Change,
    /// Removes a ticket.
    Delete,
    /// Uploads a file.
    Upload,
    /// Adds an attachment.
    Attach,
}

/// One operation of a client.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The line or service it is for.
    pub line: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Unique in the lab and written into the ticket, so that a row tells which request made it.
    pub marker: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What the service calls the thing, once known.
    pub id: Option<String>,
    /// How often it was sent: clients repeat what they got no answer to.
    pub attempts: u32,
    /// The longest that one attempt took.
    pub slowest: std::time::Duration,
    /// When it was first sent.
    pub began: Instant,
}

impl Entry {
    /// The story that it is part of: what its marker begins with.
    #[must_use]
    pub fn story(&self) -> &str {
        self.marker.split_once('-').map_or(&self.marker, |(story, _)| story)
    }
}

/// All operations, by marker.
#[derive(Debug, Default)]
pub struct History(Mutex<BTreeMap<String, Entry>>);

impl History {
    /// Before the first attempt.
    pub fn begin(&self, line: &'static str, kind: Kind, marker: &str) {
        let entry = Entry {
            line,
            kind,
            marker: marker.to_owned(),
            outcome: Outcome::Open,
            id: None,
            attempts: 0,
            slowest: std::time::Duration::ZERO,
            began: Instant::now(),
        };
        self.lock().insert(marker.to_owned(), entry);
    }

    /// After an attempt.
    pub fn end(&self, marker: &str, outcome: Outcome, id: Option<String>, took: std::time::Duration) {
        if let Some(entry) = self.lock().get_mut(marker) {
            entry.attempts += 1;
            entry.slowest = entry.slowest.max(took);
            // Once acknowledged, always acknowledged.
            if entry.outcome != Outcome::Acknowledged {
                entry.outcome = outcome;
            }
            entry.id = entry.id.take().or(id);
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().values().cloned().collect()
    }

    /// The operations of a line that were acknowledged.
    #[must_use]
    pub fn acknowledged(&self, line: &str, kind: Kind) -> Vec<Entry> {
        let all = self.entries().into_iter();
        all.filter(|e| e.line == line && e.kind == kind && e.outcome == Outcome::Acknowledged).collect()
    }

    /// How many operations there are: all, acknowledged, unknown.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let entries = self.lock();
        let of = |outcome| entries.values().filter(|entry| entry.outcome == outcome).count();
        (entries.len(), of(Outcome::Acknowledged), of(Outcome::Unknown) + of(Outcome::Open))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
