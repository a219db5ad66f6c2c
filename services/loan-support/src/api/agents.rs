//! The agent's side of the line.

use auth::Caller;
use domain::{Aggregate as _, Line, StatusWord as _, TicketKey};
use serde_json::json;
use storage::{Db, Tx};
use web::agent_api::{
    AgentError, AgentTickets, Head, Message, NewAssignee, NewMessage, NewPriority, NewStatus, Snapshot,
};

use super::requests::checked_text;
use crate::App;
use crate::db::{self, Detail};
use crate::model::{MessageId, Ticket, TicketId};
use crate::verbs;

impl AgentTickets for App {
    async fn snapshot(&self, caller: &Caller, key: TicketKey) -> Result<Snapshot, AgentError> {
        check_line(caller)?;
        let mut conn = self.db.conn().await?;
        let detail = db::find_newest(&mut conn, TicketId(key), caller).await?.ok_or(AgentError::NotFound)?;
        Ok(snapshot(detail))
    }

    async fn reply(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        key: TicketKey,
        message: NewMessage,
    ) -> Result<Head, AgentError> {
        check_line(caller)?;
        let text = checked_text(message.body, message.attachments)?;
        Ok(head(&verbs::add_message(tx, caller, TicketId(key), text).await?))
    }

    async fn set_status(&self, caller: &Caller, key: TicketKey, new: NewStatus) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let set = self.db.write(async |tx| verbs::set_status(tx, caller, TicketId(key), new.status).await).await;
        Ok(head(&set?))
    }

    async fn set_priority(&self, caller: &Caller, key: TicketKey, new: NewPriority) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let set = self.db.write(async |tx| verbs::set_priority(tx, caller, TicketId(key), new.priority).await).await;
        Ok(head(&set?))
    }

    async fn assign(&self, caller: &Caller, key: TicketKey, new: NewAssignee) -> Result<Head, AgentError> {
        check_support(&self.db, caller, key).await?;
        let set = self.db.write(async |tx| verbs::assign_ticket(tx, caller, TicketId(key), new.assignee).await).await;
        Ok(head(&set?))
    }

    fn db(&self) -> &Db {
        &self.db
    }
}

/// Whoever has nothing to do with the line learns nothing of its tickets.
fn check_line(caller: &Caller) -> Result<(), AgentError> {
    if caller.may_use(Line::Loan) { Ok(()) } else { Err(AgentError::NotFound) }
}

/// Customers see their tickets but do not manage them.
async fn check_support(db: &Db, caller: &Caller, key: TicketKey) -> Result<(), AgentError> {
    check_line(caller)?;
    if caller.is_support() {
        return Ok(());
    }
    let mut conn = db.conn().await?;
    let sees = db::find(&mut conn, TicketId(key), caller).await?.is_some();
    Err(if sees { AgentError::NotPermitted } else { AgentError::NotFound })
}

fn head(ticket: &Ticket) -> Head {
    let row = ticket.row();
    Head {
        ticket_key: row.key,
        version: ticket.version(),
        status: row.shown.status(),
        line_status: row.shown.word().text().map(str::to_owned),
        priority: row.priority,
        assignee: row.assigned_agent.clone(),
    }
}

fn snapshot(detail: Detail) -> Snapshot {
    let head = head(&detail.ticket);
    let row = detail.ticket.row();
    let resolution = row.closing.as_ref().and_then(|closing| closing.resolution.clone());
    let line_fields = [
        ("categoryId", json!(row.draft.category_id)),
        ("priority", json!(row.draft.priority.text())),
        ("closedAt", json!(row.closing.as_ref().map(|closing| closing.at))),
        ("resolution", json!(resolution)),
    ];
    let omitted = (detail.omitted > 0).then(|| ("messagesOmitted", json!(detail.omitted)));
    Snapshot {
        head,
        line: Line::Loan,
        ticket_id: detail.ticket.id().to_string(),
        subject: row.draft.subject.clone(),
        description: Some(row.draft.description.clone()),
        requester: Some(row.user_id.clone()),
        attachments: row.draft.attachments.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        line_fields: line_fields.into_iter().chain(omitted).map(|(name, value)| (name.to_owned(), value)).collect(),
        messages: detail
            .messages
            .into_iter()
            .map(|message| Message {
                id: MessageId(message.id).to_string(),
                author: message.sender,
                body: message.content,
                attachments: message.attachments,
                at: message.at,
            })
            .collect(),
    }
}
