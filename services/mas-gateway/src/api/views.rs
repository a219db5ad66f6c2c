//! What clients see: exactly the documented members, in the document's order (contract, sections 3 and 6). In the reads
//! every value is a text, and what is unknown is empty.

use chrono::{DateTime, Utc};
use domain::StatusWord as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Ticket, TransactionId};

/// The answer to a request: it is accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    status: &'static str,
    #[schema(minimum = 1, maximum = 9007199254740991_i64, example = 100000457)]
    transaction_id: i64,
}

impl From<TransactionId> for Accepted {
    fn from(transaction: TransactionId) -> Self {
        Self { status: "SUCCESS", transaction_id: transaction.0 }
    }
}

/// A customer's tickets, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketList {
    request_tracking_id: String,
    tickets: Vec<TicketListed>,
}

impl TicketList {
    pub(crate) fn of(tracking_id: &str, tickets: &[Ticket]) -> Self {
        Self { request_tracking_id: tracking_id.to_owned(), tickets: tickets.iter().map(Into::into).collect() }
    }
}

/// A ticket in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketListed {
    id: String,
    status: String,
    load_type: String,
    load_description: String,
    dispatch_date_time: String,
    created_date_time: String,
    services_info: [ServiceCode; 1],
}

/// The service of a ticket in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceCode {
    code: String,
}

impl From<&Ticket> for TicketListed {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        let draft = &row.submission.draft;
        Self {
            id: row.transaction_id.to_string(),
            status: word(ticket),
            load_type: draft.reason_code.clone(),
            load_description: draft.reason.clone().unwrap_or_default(),
            dispatch_date_time: seconds(draft.dispatch_date_time),
            created_date_time: seconds(row.created_at),
            services_info: [ServiceCode { code: draft.service.code.clone() }],
        }
    }
}

/// One ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketFound {
    tickets: [TicketDetail; 1],
}

/// A ticket in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketDetail {
    id: String,
    status: String,
    load_type: String,
    dispatch_date_time: String,
    load_description: String,
    created_by: String,
    created_date_time: String,
    generate_ticket: &'static str,
    complaint: &'static str,
    comments: String,
    closed_date_time: String,
    closed_by: String,
    completion_code: String,
    completed_description: String,
    requested_by: String,
    audit_info: AuditInfo,
    services_info: [ServiceInfo; 1],
}

/// When the ticket was logged.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditInfo {
    logged_date_time: String,
}

/// The service that is to be resumed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceInfo {
    code: String,
    description: String,
    quantity: &'static str,
    cost: &'static str,
    special_description: &'static str,
}

impl TicketFound {
    pub(crate) fn of(ticket: &Ticket, latest_reply: Option<String>) -> Self {
        Self { tickets: [detail(ticket, latest_reply.unwrap_or_default())] }
    }
}

fn detail(ticket: &Ticket, comments: String) -> TicketDetail {
    let row = ticket.row();
    let draft = &row.submission.draft;
    let (closing, settled) = (row.closing.as_ref(), row.settled.as_ref());
    TicketDetail {
        id: row.transaction_id.to_string(),
        status: word(ticket),
        load_type: draft.reason_code.clone(),
        dispatch_date_time: seconds(draft.dispatch_date_time),
        load_description: draft.reason.clone().unwrap_or_default(),
        created_by: row.submission.profile.to_string(),
        created_date_time: seconds(row.created_at),
        generate_ticket: "N",
        complaint: "N",
        comments,
        closed_date_time: closing.map(|closing| seconds(closing.at)).unwrap_or_default(),
        closed_by: closing.map(|closing| closing.by.clone()).unwrap_or_default(),
        completion_code: settled.map(|settled| settled.outcome.as_str().to_owned()).unwrap_or_default(),
        completed_description: settled.and_then(|settled| settled.detail.clone()).unwrap_or_default(),
        requested_by: draft.requestor_info.name.clone(),
        audit_info: AuditInfo { logged_date_time: seconds(row.created_at) },
        services_info: [ServiceInfo {
            code: draft.service.code.clone(),
            description: draft.service.description.clone().unwrap_or_default(),
            quantity: "1",
            cost: "",
            special_description: "",
        }],
    }
}

fn word(ticket: &Ticket) -> String {
    ticket.row().shown.word().text().unwrap_or_default().to_owned()
}

/// `MM/dd/yy HH:mm:ss`, UTC.
fn seconds(time: DateTime<Utc>) -> String {
    time.format("%m/%d/%y %H:%M:%S").to_string()
}
