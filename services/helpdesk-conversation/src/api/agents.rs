//! The agent's side of the line.

use auth::Caller;
use domain::{Aggregate as _, Line, TicketKey};
use serde_json::{Map, json};
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

/// Most bytes of a snapshot's texts, as JSON: well within the 16 MiB that the desk takes.
const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;

impl AgentTickets for App {
    async fn snapshot(&self, caller: &Caller, key: TicketKey) -> Result<Snapshot, AgentError> {
        check_line(caller)?;
        let mut conn = self.db.conn().await?;
        let me = db::known_user(&mut conn, caller).await?;
        Ok(snapshot(db::snapshot(&mut conn, &me, key).await?.ok_or(AgentError::NotFound)?))
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
            db::conversation_of(conn, &me, key).await?.ok_or(AgentError::NotFound)?
        };
        let sent = verbs::send_message(tx, caller, conversation, message).await?;
        self.live.wake_soon(conversation);
        Ok(head(&sent.ticket))
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
    let mut conn = db.conn().await?;
    let me = db::known_user(&mut conn, caller).await?;
    db::conversation_of(&mut conn, &me, key).await?.ok_or(AgentError::NotFound)?;
    Err(AgentError::NotPermitted)
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
    let (conversation, written) = (row.conversation, found.written());
    let messages = shown(found.messages);
    let mut line_fields = Map::new();
    line_fields.insert("conversation".to_owned(), json!(conversation));
    line_fields.insert("members".to_owned(), json!(found.members));
    if written > messages.len() {
        line_fields.insert("messagesOmitted".to_owned(), json!(written - messages.len()));
    }
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
        line_fields,
        messages,
    }
}

/// The messages as text, oldest first. Text can be longer than what is stored, and JSON longer still (a control character
/// has six bytes there): the oldest beyond the limit are left out.
fn shown(stored: Vec<db::Written>) -> Vec<Message> {
    let mut bytes = 0;
    let newest_first = stored.into_iter().rev().map(|message| Message {
        id: message.id.to_string(),
        author: message.author,
        body: plain_text(&message.body),
        attachments: Vec::new(),
        at: message.at,
    });
    let mut messages: Vec<Message> = newest_first
        .take_while(|message| {
            bytes += json!(message.body).to_string().len();
            bytes <= MAX_TEXT_BYTES
        })
        .collect();
    messages.reverse();
    messages
}
