//! The agent's side of the line. Customers see their tickets here but cannot reply: the line has no place for that.

use auth::Caller;
use domain::{Aggregate as _, Line, StatusWord as _, TicketKey};
use serde_json::json;
use storage::{Db, Tx};
use web::agent_api::{
    AgentError, AgentTickets, Head, Message, NewAssignee, NewMessage, NewPriority, NewStatus, Snapshot,
};

use super::requests::checked_reply;
use crate::App;
use crate::db::{self, Detail};
use crate::model::{Ticket, Visitor};
use crate::verbs;

impl AgentTickets for App {
    async fn snapshot(&self, caller: &Caller, key: TicketKey) -> Result<Snapshot, AgentError> {
        check_line(caller)?;
        let mut conn = self.db.conn().await?;
        let detail = db::find_detail(&mut conn, key, &Visitor::from(caller).sight()).await?;
        Ok(snapshot(detail.ok_or(AgentError::NotFound)?))
    }

    async fn reply(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        key: TicketKey,
        message: NewMessage,
    ) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let text = checked_reply(message.body, message.attachments)?;
        Ok(head(&verbs::reply_to_ticket(tx, caller, key, text).await?))
    }

    async fn set_status(&self, caller: &Caller, key: TicketKey, new: NewStatus) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let set = self.db.write(async |tx| verbs::set_status(tx, caller, key, new.status).await).await;
        Ok(head(&set?))
    }

    async fn set_priority(&self, caller: &Caller, key: TicketKey, new: NewPriority) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let set = self.db.write(async |tx| verbs::set_priority(tx, caller, key, new.priority).await).await;
        Ok(head(&set?))
    }

    async fn assign(&self, caller: &Caller, key: TicketKey, new: NewAssignee) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let set = self.db.write(async |tx| verbs::assign_ticket(tx, caller, key, new.assignee).await).await;
        Ok(head(&set?))
    }

    fn db(&self) -> &Db {
        &self.db
    }
}

/// Whoever has nothing to do with the line learns nothing of its tickets.
fn check_line(caller: &Caller) -> Result<(), AgentError> {
    if caller.may_use(Line::Tours) { Ok(()) } else { Err(AgentError::NotFound) }
}

/// Customers see their tickets but do not manage them.
async fn check_support(db: &Db, caller: &Caller, key: TicketKey) -> Result<(), AgentError> {
    check_line(caller)?;
    if caller.is_support() {
        return Ok(());
    }
    let mut conn = db.conn().await?;
    let sees = db::sees(&mut conn, key, &Visitor::from(caller).sight()).await?;
    Err(if sees { AgentError::NotPermitted } else { AgentError::NotFound })
}

fn head(ticket: &Ticket) -> Head {
    let row = ticket.row();
    Head {
        ticket_key: row.identity.key,
        version: ticket.version(),
        status: row.shown.status(),
        line_status: row.shown.word().text().map(str::to_owned),
        priority: row.priority,
        assignee: row.assignee.clone(),
    }
}

fn snapshot(detail: Detail) -> Snapshot {
    let head = head(&detail.ticket);
    let row = detail.ticket.row();
    let content = &row.content;
    let line_fields = [
        ("roleContext", json!(content.role_context.text())),
        ("fullName", json!(content.full_name)),
        ("email", json!(content.email)),
        ("category", json!(content.category.text())),
        ("userId", json!(content.user.number)),
        // What a guest says of himself is not what a token says of a customer: agents must see the difference.
        ("userIdIsClaim", json!(content.user.is_claim)),
        ("createdAt", json!(row.created_at.to_string())),
    ];
    Snapshot {
        head,
        line: Line::Tours,
        ticket_id: row.identity.id.to_string(),
        subject: content.subject.clone(),
        description: Some(content.message.clone()),
        requester: row.owner.clone(),
        attachments: Vec::new(),
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
        line_fields: line_fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        messages: detail
            .replies
            .into_iter()
            .map(|reply| Message {
                id: reply.id.to_string(),
                author: reply.author,
                body: reply.body,
                attachments: reply.attachments,
                at: reply.at,
            })
            .collect(),
    }
}
