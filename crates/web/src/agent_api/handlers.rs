//! The routes' handlers: extract, one call, a view.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::TicketKey;

use super::{AgentError, AgentTickets, NewAssignee, NewMessage, NewPriority, NewStatus};
use crate::{Body, Post, Reply, Signed, once};

pub(super) async fn get_ticket<A: AgentTickets>(
    app: Data<A>,
    caller: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, AgentError> {
    let snapshot = app.snapshot(&caller, key(&request)?).await?;
    Ok(HttpResponse::Ok().json(snapshot))
}

pub(super) async fn add_message<A: AgentTickets>(
    app: Data<A>,
    caller: Signed,
    request: HttpRequest,
    post: Post<NewMessage>,
) -> Result<HttpResponse, AgentError> {
    let key = key(&request)?;
    once(app.db(), post.key.as_ref(), async |tx| Ok(Reply::ok(&app.reply(tx, &caller, key, post.body).await?)?)).await
}

pub(super) async fn set_status<A: AgentTickets>(
    app: Data<A>,
    caller: Signed,
    request: HttpRequest,
    status: Body<NewStatus>,
) -> Result<web::Json<super::Head>, AgentError> {
    Ok(web::Json(app.set_status(&caller, key(&request)?, status.0).await?))
}

pub(super) async fn set_priority<A: AgentTickets>(
    app: Data<A>,
    caller: Signed,
    request: HttpRequest,
    priority: Body<NewPriority>,
) -> Result<web::Json<super::Head>, AgentError> {
    Ok(web::Json(app.set_priority(&caller, key(&request)?, priority.0).await?))
}

pub(super) async fn assign_ticket<A: AgentTickets>(
    app: Data<A>,
    caller: Signed,
    request: HttpRequest,
    assignee: Body<NewAssignee>,
) -> Result<web::Json<super::Head>, AgentError> {
    Ok(web::Json(app.assign(&caller, key(&request)?, assignee.0).await?))
}

/// A path that names no key names no ticket.
fn key(request: &HttpRequest) -> Result<TicketKey, AgentError> {
    let text = request.match_info().get("ticketKey").unwrap_or_default();
    text.parse().map(TicketKey).map_err(|_| AgentError::NotFound)
}
