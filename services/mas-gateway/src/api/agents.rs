//! The agent's side of the line. No ticket here belongs to the bearer of a token, so only agents of the line see any.

use auth::Caller;
use domain::{Aggregate as _, Line, StatusWord as _, TicketKey};
use serde_json::{Value, json};
use storage::{Db, Tx};
use web::agent_api::{
    AgentError, AgentTickets, Head, Message, NewAssignee, NewMessage, NewPriority, NewStatus, Snapshot,
};

use crate::App;
use crate::db::{self, Detail};
use crate::model::{Row, Ticket};
use crate::verbs;

impl AgentTickets for App {
    async fn snapshot(&self, caller: &Caller, key: TicketKey) -> Result<Snapshot, AgentError> {
        check_agent(caller)?;
        let mut conn = self.db.conn().await?;
        let detail = db::find_detail(&mut conn, key).await?.ok_or(AgentError::NotFound)?;
        Ok(snapshot(detail))
    }

    async fn reply(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        key: TicketKey,
        message: NewMessage,
    ) -> Result<Head, AgentError> {
        check_agent(caller)?;
        if !message.attachments.is_empty() {
            return Err(AgentError::Invalid("the MAS line has no attachments".to_owned()));
        }
        Ok(head(&verbs::reply_to_ticket(tx, caller, key, message.body).await?))
    }

    async fn set_status(&self, caller: &Caller, key: TicketKey, new: NewStatus) -> Result<Head, AgentError> {
        check_agent(caller)?;
        let set = self.db.write(async |tx| verbs::set_status(tx, caller, key, new.status).await).await;
        Ok(head(&set?))
    }

    async fn set_priority(&self, caller: &Caller, key: TicketKey, new: NewPriority) -> Result<Head, AgentError> {
        check_agent(caller)?;
        let set = self.db.write(async |tx| verbs::set_priority(tx, caller, key, new.priority).await).await;
        Ok(head(&set?))
    }

    async fn assign(&self, caller: &Caller, key: TicketKey, new: NewAssignee) -> Result<Head, AgentError> {
        check_agent(caller)?;
        let set = self.db.write(async |tx| verbs::assign_ticket(tx, caller, key, new.assignee).await).await;
        Ok(head(&set?))
    }

    fn db(&self) -> &Db {
        &self.db
    }
}

/// Everybody else learns nothing of the line's tickets.
fn check_agent(caller: &Caller) -> Result<(), AgentError> {
    if caller.may_use(Line::Mas) && caller.is_support() { Ok(()) } else { Err(AgentError::NotFound) }
}

fn head(ticket: &Ticket) -> Head {
    let row = ticket.row();
    Head {
        ticket_key: row.key,
        version: ticket.version(),
        status: row.shown.status(),
        line_status: row.shown.word().text().map(str::to_owned),
        priority: row.priority,
        assignee: row.assignee.clone(),
    }
}

fn snapshot(detail: Detail) -> Snapshot {
    let head = head(&detail.ticket);
    let line_fields = line_fields(&detail);
    let row = detail.ticket.row();
    Snapshot {
        head,
        line: Line::Mas,
        ticket_id: row.transaction_id.to_string(),
        subject: subject(row),
        description: row.submission.draft.service.description.clone(),
        requester: None,
        attachments: Vec::new(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        line_fields,
        messages: detail
            .replies
            .into_iter()
            .map(|reply| Message {
                id: reply.id.to_string(),
                author: reply.author,
                body: reply.body,
                attachments: Vec::new(),
                at: reply.at,
            })
            .collect(),
    }
}

/// `Resume Service (6FL) for customer 104127993008`: the reason, or its code if there is none.
fn subject(row: &Row) -> String {
    let draft = &row.submission.draft;
    let reason = draft.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason.unwrap_or(&draft.reason_code);
    format!("{reason} ({}) for customer {}", draft.service.code, row.submission.customer.as_str())
}

fn line_fields(detail: &Detail) -> serde_json::Map<String, Value> {
    let row = detail.ticket.row();
    let (submission, settled) = (&row.submission, row.settled.as_ref());
    let draft = &submission.draft;
    let fields = [
        ("customer_id", json!(submission.customer.as_str())),
        ("reason_code", json!(draft.reason_code)),
        ("reason", json!(draft.reason)),
        ("dispatch_date_time", json!(draft.dispatch_date_time)),
        ("service", json!(draft.service)),
        ("requestor_info", json!(draft.requestor_info)),
        ("assigned_to_user", json!(draft.assigned_to_user)),
        ("profile_id", json!(submission.profile)),
        ("request_tracking_id", json!(submission.tracking_id)),
        ("outcome", json!(settled.map(|settled| settled.outcome.as_str()))),
        ("outcome_detail", json!(settled.and_then(|settled| settled.detail.as_deref()))),
        ("closed_at", json!(row.closing.as_ref().map(|closing| closing.at))),
        ("closed_by", json!(row.closing.as_ref().map(|closing| closing.by.as_str()))),
        // Waiting means that the broker has not taken the command yet; nothing is lost.
        ("delivery", json!(if detail.sent_at.is_some() { "queued" } else { "waiting" })),
        ("queued_at", json!(detail.sent_at)),
    ];
    let omitted = (detail.omitted > 0).then(|| ("messagesOmitted", json!(detail.omitted)));
    fields.into_iter().chain(omitted).map(|(name, value)| (name.to_owned(), value)).collect()
}
