//! The writes of a ticket: what `commit` saves with the events.

use diesel::prelude::*;
use messaging::Persist;
use storage::Together;

use super::rows::TicketRow;
use super::schema::{messages, tickets};
use crate::model::Ticket;

impl Persist for Ticket {
    fn writes(&self) -> Together {
        let mut writes = Together::new();
        if let Some(message) = self.added() {
            writes = writes.and(diesel::insert_into(messages::table).values((
                messages::message_id.eq(message.id.0),
                messages::ticket_key.eq(self.row().key.0),
                messages::sender.eq(message.sender.to_string()),
                messages::content.eq(message.content.clone()),
                messages::attachments.eq(message.attachments.clone()),
                messages::created_at.eq(message.at),
            )));
        }
        let row = TicketRow::from(self);
        if self.row().version == 1 {
            return writes.and(diesel::insert_into(tickets::table).values(row));
        }
        writes.and(diesel::update(tickets::table.filter(tickets::ticket_key.eq(row.ticket_key))).set((
            tickets::version.eq(row.version),
            tickets::status.eq(row.status),
            tickets::line_status.eq(row.line_status),
            tickets::priority.eq(row.priority),
            tickets::line_priority.eq(row.line_priority),
            tickets::assigned_agent.eq(row.assigned_agent),
            tickets::updated_at.eq(row.updated_at),
            tickets::closed_at.eq(row.closed_at),
            tickets::resolution.eq(row.resolution),
        )))
    }
}
