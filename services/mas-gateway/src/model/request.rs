//! A resume request as Siebel sends it, read and normalised: known members only, digits as text, the time as an instant.

use chrono::{DateTime, Utc};
use domain::Subject;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::CustomerId;

/// The body, normalised. Stored as it serialises.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) reason_code: String,
    pub(crate) reason: Option<String>,
    pub(crate) dispatch_date_time: DateTime<Utc>,
    pub(crate) service: ServiceItem,
    pub(crate) requestor_info: Requestor,
    pub(crate) assigned_to_user: Option<String>,
}

/// What is to be resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceItem {
    pub(crate) id: Option<String>,
    pub(crate) code: String,
    pub(crate) description: Option<String>,
}

/// Who asked for it: personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requestor {
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
}

/// A request with everything that makes it the same or another one (contract, section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submission {
    /// The Basic user, who may see it.
    pub(crate) user: String,
    /// The `ProfileId`: who acts, for events.
    pub(crate) profile: Subject,
    /// The `Request-Tracking-Id`.
    pub(crate) tracking_id: String,
    pub(crate) customer: CustomerId,
    pub(crate) draft: Draft,
}

impl Draft {
    /// Equal for equal bodies, for ever: it does not depend on how the body is stored.
    pub(crate) fn digest(&self) -> Vec<u8> {
        let at = self.dispatch_date_time.timestamp_micros().to_string();
        let mut digest = Sha256::new();
        for part in [
            Some(&self.reason_code),
            self.reason.as_ref(),
            Some(&at),
            self.service.id.as_ref(),
            Some(&self.service.code),
            self.service.description.as_ref(),
            Some(&self.requestor_info.name),
            self.requestor_info.phone.as_ref(),
            self.requestor_info.email.as_ref(),
            self.assigned_to_user.as_ref(),
        ] {
            // The length separates the parts; absent is not the same as empty.
            digest.update([u8::from(part.is_some())]);
            let text = part.map_or("", String::as_str);
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        digest.finalize().to_vec()
    }
}

impl std::fmt::Debug for Draft {
    /// Codes only: whatever prints this prints no personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("reason_code", &self.reason_code).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Requestor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Requestor(..)")
    }
}
