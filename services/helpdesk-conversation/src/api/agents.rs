//! The agent's side of the line.

use auth::Caller;
use domain::{Aggregate as _, Line, TicketKey};
use serde_json::json;
use storage::{Db, Tx};
use web::agent_api::{
    AgentError, AgentTickets, Head, Message, NewAssignee, NewMessage, NewPriority, NewStatus, Snapshot,
};

use super::requests::message;
use super::views::plain_text;
use crate::App;
use crate::db::{self, Which};
use crate::model::Ticket;
use crate::verbs;

impl AgentTickets for App {
    async fn snapshot(&self, caller: &Caller, key: TicketKey) -> Result<Snapshot, AgentError> {
        Ok(snapshot(found(&self.db, caller, key).await?))
    }

    /// An agent joins the conversation first; a customer writes in the own one.
    async fn reply(&self, tx: &mut Tx, caller: &Caller, key: TicketKey, new: NewMessage) -> Result<Head, AgentError> {
        check_line(caller)?;
        if !new.attachments.is_empty() {
            return Err(AgentError::Invalid("messages of this line have no attachments".to_owned()));
        }
        let message = message(&new.body)?;
        let conversation = if caller.is_support() {
            verbs::join_ticket(tx, caller, Which::Key(key)).await?.row().conversation
        } else {
            let conn = tx.conn().await?;
            let me = db::known_user(conn, caller).await?;
            db::snapshot(conn, &me, key).await?.ok_or(AgentError::NotFound)?.ticket.row().conversation
        };
        Ok(head(&verbs::send_message(tx, caller, conversation, message).await?.ticket))
    }

    async fn set_status(&self, caller: &Caller, key: TicketKey, new: NewStatus) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let which = Which::Key(key);
        Ok(head(&self.db.write(async |tx| verbs::set_status(tx, caller, which, new.status).await).await?))
    }

    async fn set_priority(&self, caller: &Caller, key: TicketKey, new: NewPriority) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let which = Which::Key(key);
        Ok(head(&self.db.write(async |tx| verbs::set_priority(tx, caller, which, new.priority).await).await?))
    }

    async fn assign(&self, caller: &Caller, key: TicketKey, new: NewAssignee) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let which = Which::Key(key);
        Ok(head(&self.db.write(async |tx| verbs::assign_ticket(tx, caller, which, new.assignee).await).await?))
    }

    fn db(&self) -> &Db {
        &self.db
    }
}

/// Whoever has nothing to do with the line learns nothing of its tickets.
fn check_line(caller: &Caller) -> Result<(), AgentError> {
    if caller.may_use(Line::Helpdesk) { Ok(()) } else { Err(AgentError::NotFound) }
}

/// Customers see the tickets they opened but do not manage them.
async fn check_support(db: &Db, caller: &Caller, key: TicketKey) -> Result<(), AgentError> {
    check_line(caller)?;
    if caller.is_support() {
        return Ok(());
    }
    found(db, caller, key).await?;
    Err(AgentError::NotPermitted)
}

async fn found(db: &Db, caller: &Caller, key: TicketKey) -> Result<db::Snapshot, AgentError> {
    check_line(caller)?;
    let mut conn = db.conn().await?;
    let me = db::known_user(&mut conn, caller).await?;
    db::snapshot(&mut conn, &me, key).await?.ok_or(AgentError::NotFound)
}

fn head(ticket: &Ticket) -> Head {
    let row = ticket.row();
    Head {
        ticket_key: row.key,
        version: ticket.version(),
        status: row.shown.status(),
        line_status: None,
        priority: row.priority,
        assignee: row.assignee.clone(),
    }
}

fn snapshot(found: db::Snapshot) -> Snapshot {
    let row = found.ticket.row();
    let line_fields = [("conversation", json!(row.conversation)), ("members", json!(found.members))];
    Snapshot {
        head: head(&found.ticket),
        line: Line::Helpdesk,
        ticket_id: found.ticket.ticket_id(),
        subject: row.title.as_str().to_owned(),
        description: None,
        requester: Some(found.requester),
        attachments: Vec::new(),
        created_at: row.opened,
        updated_at: row.updated_at,
        line_fields: line_fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        messages: found
            .messages
            .into_iter()
            .map(|message| Message {
                id: message.id.to_string(),
                author: message.author,
                body: plain_text(&message.body),
                attachments: Vec::new(),
                at: message.at,
            })
            .collect(),
    }
}
