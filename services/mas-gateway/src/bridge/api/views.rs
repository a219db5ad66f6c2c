//! Answers for operators.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::bridge::db::{Filter, StoredRequest};

/// A page of requests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    resume_requests: Vec<ResumeRequest>,
    /// The next page's `after`; null on the last page.
    next: Option<i64>,
}

/// A request, without its content.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResumeRequest {
    transaction_id: i64,
    state: String,
    attempts: i32,
    received_at: DateTime<Utc>,
    /// Null unless pending.
    next_attempt_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    outcome: Option<String>,
    last_error: Option<String>,
}

impl Page {
    pub(super) fn of(found: Vec<StoredRequest>, filter: &Filter) -> Self {
        let is_full = i64::try_from(found.len()) == Ok(filter.limit);
        let next = found.last().filter(|_| is_full).map(|last| last.transaction_id);
        Self { resume_requests: found.into_iter().map(Into::into).collect(), next }
    }
}

impl From<StoredRequest> for ResumeRequest {
    fn from(stored: StoredRequest) -> Self {
        Self {
            next_attempt_at: (stored.state == "pending").then_some(stored.next_attempt_at),
            transaction_id: stored.transaction_id,
            state: stored.state,
            attempts: stored.attempts,
            received_at: stored.received_at,
            settled_at: stored.settled_at,
            outcome: stored.outcome,
            last_error: stored.last_error,
        }
    }
}
