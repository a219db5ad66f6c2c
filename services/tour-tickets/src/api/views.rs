//! What clients see: exactly the documented members, in the document's order (contract, section 3).

use domain::StatusWord as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::Ticket;

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupportTicket {
    ticket_id: i64,
    // Without this, the description would have it absent instead of null.
    #[schema(required)]
    user_id: Option<i64>,
    role_context: &'static str,
    full_name: String,
    email: String,
    subject: String,
    category: &'static str,
    message: String,
    status: &'static str,
    created_at: String,
    updated_at: String,
}

impl From<&Ticket> for SupportTicket {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        let content = &row.content;
        Self {
            ticket_id: row.identity.id,
            user_id: content.user.number,
            role_context: content.role_context.text(),
            full_name: content.full_name.clone(),
            email: content.email.clone(),
            subject: content.subject.clone(),
            category: content.category.text(),
            message: content.message.clone(),
            status: row.shown.word().text().unwrap_or_default(),
            created_at: row.created_at.to_string(),
            updated_at: row.updated_at.to_string(),
        }
    }
}
