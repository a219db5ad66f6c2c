//! The writes of a ticket: what `commit` saves with the events.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::TicketKey;
use messaging::Persist;
use serde_json::json;
use storage::{DbError, Together};

use super::rows::TicketRow;
use super::schema::{executions, messages, provider_deliveries, tickets};
use crate::model::{Fingerprint, Ticket};

impl Persist for Ticket {
    fn writes(&self) -> Together {
        let row = TicketRow::from(self);
        let writes = self.beside(&row);
        if row.version == 1 {
            return writes.and(diesel::insert_into(tickets::table).values(row));
        }
        writes.and(diesel::update(tickets::table.filter(tickets::ticket_key.eq(row.ticket_key))).set((
            tickets::version.eq(row.version),
            tickets::status.eq(row.status),
            tickets::line_status.eq(row.line_status),
            tickets::priority.eq(row.priority),
            tickets::sequence.eq(row.sequence),
            tickets::content.eq(row.content),
            tickets::sent_priority.eq(row.sent_priority),
            tickets::sent_comment.eq(row.sent_comment),
            tickets::assignee.eq(row.assignee),
            tickets::updated_at.eq(row.updated_at),
        )))
    }
}

impl Ticket {
    fn beside(&self, row: &TicketRow) -> Together {
        let mut writes = Together::new();
        if let Some(fingerprint) = self.accepted() {
            writes =
                writes.and(diesel::insert_into(executions::table).values((
                    executions::ticket_key.eq(row.ticket_key),
                    executions::fingerprint.eq(fingerprint.to_vec()),
                )));
        }
        if let Some(message) = self.said() {
            writes = writes.and(diesel::insert_into(messages::table).values((
                messages::message_id.eq(message.id),
                messages::ticket_key.eq(row.ticket_key),
                messages::author.eq(message.author.to_string()),
                messages::body.eq(message.body.clone()),
                messages::created_at.eq(message.at),
            )));
        }
        if self.is_to_be_told() {
            writes = writes.and(diesel::insert_into(provider_deliveries::table).values((
                provider_deliveries::ticket_key.eq(row.ticket_key),
                provider_deliveries::version.eq(row.version),
                provider_deliveries::provider.eq(row.provider.clone()),
                provider_deliveries::ticket_id.eq(row.ticket_id.clone()),
                provider_deliveries::line_status.eq(row.line_status.clone()),
                provider_deliveries::context.eq(row.content.get("context").cloned().unwrap_or_else(|| json!({}))),
            )));
        }
        writes
    }
}

/// Remembers an execution that was accepted and changed nothing at all, so that there is nothing to commit.
pub(crate) async fn remember(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    execution: &Fingerprint,
) -> Result<(), DbError> {
    diesel::insert_into(executions::table)
        .values((executions::ticket_key.eq(key.0), executions::fingerprint.eq(execution.to_vec())))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}
