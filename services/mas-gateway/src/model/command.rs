//! The command to MAS, exactly as documented (events, section 6.1): every member always there, in this order.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Requestor, Row, ServiceItem};

/// The body of the command.
#[derive(Serialize)]
pub(crate) struct Command<'a> {
    schema: &'static str,
    transaction_id: i64,
    request_tracking_id: &'a str,
    profile_id: &'a str,
    customer_id: &'a str,
    reason_code: &'a str,
    reason: Option<&'a str>,
    dispatch_date_time: String,
    service: &'a ServiceItem,
    requestor_info: &'a Requestor,
    assigned_to_user: Option<&'a str>,
    accepted_at: String,
}

impl<'a> Command<'a> {
    /// AMQP `type` and the name of the schema.
    pub(crate) const KIND: &'static str = "mas.resume-request";

    pub(crate) fn of(row: &'a Row) -> Self {
        let submission = &row.submission;
        let draft = &submission.draft;
        Self {
            schema: "crossdesk.mas.resume-request/1",
            transaction_id: row.transaction_id.0,
            request_tracking_id: &submission.tracking_id,
            profile_id: submission.profile.as_str(),
            customer_id: submission.customer.as_str(),
            reason_code: &draft.reason_code,
            reason: draft.reason.as_deref(),
            dispatch_date_time: milliseconds(draft.dispatch_date_time),
            service: &draft.service,
            requestor_info: &draft.requestor_info,
            assigned_to_user: draft.assigned_to_user.as_deref(),
            accepted_at: milliseconds(row.created_at),
        }
    }

    /// The bytes that are published.
    pub(crate) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// `2016-03-22T11:50:35.000Z`; finer fractions are cut off.
pub(crate) fn milliseconds(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
