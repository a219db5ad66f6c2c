//! The agent's side of the line.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use auth::Caller;
use domain::{Aggregate as _, Line, StatusWord as _, TicketKey};
use serde_json::{Map, Value};
use storage::{Db, Tx};
use web::agent_api::{
    AgentError, AgentTickets, Head, Message, NewAssignee, NewMessage, NewPriority, NewStatus, Snapshot,
};
use web::{Body, Signed};

use super::requests::{ExpectedResolution, checked_comment};
use crate::App;
use crate::db::{self, Detail};
use crate::model::{Row, Ticket};
use crate::verbs;

impl AgentTickets for App {
    async fn snapshot(&self, caller: &Caller, key: TicketKey) -> Result<Snapshot, AgentError> {
        if !caller.may_use(Line::Mobility) {
            return Err(AgentError::NotFound);
        }
        let mut conn = self.db.conn().await?;
        let detail = db::find_detail(&mut conn, key, caller).await?.ok_or(AgentError::NotFound)?;
        Ok(snapshot(detail))
    }

    async fn reply(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        key: TicketKey,
        message: NewMessage,
    ) -> Result<Head, AgentError> {
        let body = checked_comment(message.body, &message.attachments)?;
        Ok(head(&verbs::reply_to_ticket(tx, &self.providers, caller, key, body).await?))
    }

    async fn set_status(&self, caller: &Caller, key: TicketKey, new: NewStatus) -> Result<Head, AgentError> {
        let told = &self.providers;
        let set = self.db.write(async |tx| verbs::set_status(tx, told, caller, key, new.status).await).await;
        Ok(head(&set?))
    }

    async fn set_priority(&self, caller: &Caller, key: TicketKey, new: NewPriority) -> Result<Head, AgentError> {
        let told = &self.providers;
        let set = self.db.write(async |tx| verbs::set_priority(tx, told, caller, key, new.priority).await).await;
        Ok(head(&set?))
    }

    async fn assign(&self, caller: &Caller, key: TicketKey, new: NewAssignee) -> Result<Head, AgentError> {
        let told = &self.providers;
        let set = self.db.write(async |tx| verbs::assign_ticket(tx, told, caller, key, new.assignee).await).await;
        Ok(head(&set?))
    }

    fn db(&self) -> &Db {
        &self.db
    }
}

/// Say in how many minutes a ticket should be solved. Only this line shows that, so only this line has the route.
pub(crate) async fn expect_resolution(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
    new: Body<ExpectedResolution>,
) -> Result<Json<Head>, AgentError> {
    // A path that names no key names no ticket.
    let key = request.match_info().get("ticketKey").and_then(|text| text.parse().ok());
    let key = key.map(TicketKey).ok_or(AgentError::NotFound)?;
    let (told, minutes) = (&app.providers, new.0.minutes);
    let set = app.db.write(async |tx| verbs::expect_resolution(tx, told, &caller, key, minutes).await).await;
    Ok(Json(head(&set?)))
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
    let row = detail.ticket.row();
    let message = |message: db::StoredMessage| Message {
        id: message.id.to_string(),
        author: message.author,
        body: message.body,
        attachments: Vec::new(),
        at: message.at,
    };
    Snapshot {
        head: head(&detail.ticket),
        line: Line::Mobility,
        ticket_id: row.id.to_string(),
        subject: subject(row),
        description: row.description.clone(),
        requester: Some(row.provider.clone()),
        attachments: Vec::new(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        line_fields: line_fields(row, detail.omitted),
        messages: detail.messages.into_iter().map(message).collect(),
    }
}

/// What the ticket is about, in words: a TOMP ticket has no title.
fn subject(row: &Row) -> String {
    let what = row.content.support_type.readable();
    match row.content.context.as_ref().and_then(|context| context.asset.as_deref()) {
        Some(asset) if !asset.is_empty() => format!("{what}: {asset}"),
        _ => what,
    }
}

/// The members as the line shows them, and how many messages are left out, if any.
fn line_fields(row: &Row, omitted: usize) -> Map<String, Value> {
    let mut fields = match serde_json::to_value(&row.content) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.insert("sequence".to_owned(), row.sequence.into());
    if omitted > 0 {
        fields.insert("messagesOmitted".to_owned(), omitted.into());
    }
    fields
}
