//! The writes of a ticket: what `commit` saves with the events.

use diesel::prelude::*;
use domain::StatusWord as _;
use messaging::topology::{Exchange, Queue};
use messaging::{Outgoing, Persist, Put};
use storage::Together;

use super::insert::Insert;
use super::schema::{messages, tickets};
use crate::model::{Command, Reply, Row, Ticket};

impl Persist for Ticket {
    fn writes(&self) -> Together {
        let (row, mut writes) = (self.row(), Together::new());
        if let Some(body) = self.command() {
            writes = writes.and(Put::new(command(row, body)));
        }
        if let Some(reply) = self.added_reply() {
            writes = add_reply(writes, row, reply);
        }
        if row.version == 1 { writes.and(Insert::new(row)) } else { update(writes, row) }
    }
}

/// The command to MAS as a message (events, section 6.1).
fn command(row: &Row, body: &[u8]) -> Outgoing {
    Outgoing {
        message_id: row.transaction_id.command_id(),
        exchange: Exchange::MasCommands,
        routing_key: Queue::MasResumeRequests.binding().to_owned(),
        kind: Command::KIND.to_owned(),
        content_type: "application/json".to_owned(),
        correlation_id: Some(row.transaction_id.to_string()),
        reply_to: Some(Queue::MasResumeResults.name().to_owned()),
        headers: vec![("traceparent".to_owned(), telemetry::current().to_string())],
        at: row.created_at,
        body: body.to_vec(),
    }
}

fn add_reply(writes: Together, row: &Row, reply: &Reply) -> Together {
    writes.and(diesel::insert_into(messages::table).values((
        messages::message_id.eq(reply.id),
        messages::ticket_key.eq(row.key.0),
        messages::author.eq(reply.author.to_string()),
        messages::body.eq(reply.body.clone()),
        messages::created_at.eq(reply.at),
    )))
}

fn update(writes: Together, row: &Row) -> Together {
    let (settled, closing) = (row.settled.as_ref(), row.closing.as_ref());
    writes.and(diesel::update(tickets::table.filter(tickets::ticket_key.eq(row.key.0))).set((
        tickets::version.eq(row.version),
        tickets::status.eq(row.shown.status().as_str()),
        tickets::line_status.eq(row.shown.word().text().unwrap_or_default()),
        tickets::priority.eq(row.priority.as_str()),
        tickets::assignee.eq(row.assignee.as_ref().map(ToString::to_string)),
        tickets::outcome.eq(settled.map(|settled| settled.outcome.as_str())),
        tickets::outcome_detail.eq(settled.and_then(|settled| settled.detail.clone())),
        tickets::closed_at.eq(closing.map(|closing| closing.at)),
        tickets::closed_by.eq(closing.map(|closing| closing.by.clone())),
        tickets::updated_at.eq(row.updated_at),
    )))
}
