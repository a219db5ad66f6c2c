//! The handlers: extract, one verb, a view.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::{Body, Fault, Post, Reply, Signed, once};

use super::requests::{Close, filter};
use super::views::{self, MessageAdded, Success, TicketClosed, TicketCreated, TicketDetail, TicketListed};
use crate::error::Error;
use crate::model::{Draft, TicketId};
use crate::verbs::{self, Text};
use crate::{App, db};

/// Open a ticket.
#[utoipa::path(post, path = "/support/tickets", request_body = serde_json::Value,
    responses((status = 200, body = TicketCreated), (status = 400), (status = 401)), security(("bearer" = [])))]
pub(crate) async fn create_ticket(app: Data<App>, caller: Signed, post: Post<Draft>) -> Result<HttpResponse, Error> {
    once(&app.db, post.key.as_ref(), async |tx| {
        let ticket = verbs::open_ticket(tx, &caller, post.body).await?;
        Ok(Reply::ok(&Success::of(TicketCreated::from(&ticket)))?)
    })
    .await
}

/// List the caller's own tickets, newest first.
#[utoipa::path(get, path = "/support/tickets", params(
    ("status" = Option<String>, Query), ("priority" = Option<String>, Query),
    ("page" = Option<i32>, Query), ("limit" = Option<i32>, Query)),
    responses((status = 200, body = [TicketListed]), (status = 400), (status = 401)), security(("bearer" = [])))]
pub(crate) async fn list_tickets(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let filter = filter(&request)?;
    let mut conn = app.db.conn().await?;
    let page = db::list_own(&mut conn, caller.subject(), &filter).await?;
    let total = match page.first() {
        Some(first) => first.total,
        None if filter.page == 1 => 0,
        None => db::count_own(&mut conn, caller.subject(), &filter).await?,
    };
    let page: Vec<TicketListed> = page.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().insert_header(("X-Total-Count", total.to_string())).json(Success::of(page)))
}

/// Read a ticket with its messages.
#[utoipa::path(get, path = "/support/tickets/{ticketId}", params(("ticketId" = String, Path)),
    responses((status = 200, body = TicketDetail), (status = 401), (status = 404)), security(("bearer" = [])))]
pub(crate) async fn get_ticket(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = ticket_id(&request)?;
    let mut conn = app.db.conn().await?;
    let detail = db::find(&mut conn, id, &caller).await?.ok_or(Error::TicketNotFound)?;
    Ok(HttpResponse::Ok().json(Success::of(TicketDetail::from(detail))))
}

/// Add a message to a ticket.
#[utoipa::path(post, path = "/support/tickets/{ticketId}/messages", params(("ticketId" = String, Path)),
    request_body = serde_json::Value, responses((status = 200, body = MessageAdded), (status = 400), (status = 401),
    (status = 404)), security(("bearer" = [])))]
pub(crate) async fn add_message(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
    post: Post<Text>,
) -> Result<HttpResponse, Error> {
    let id = ticket_id(&request)?;
    once(&app.db, post.key.as_ref(), async |tx| {
        let ticket = verbs::add_message(tx, &caller, id, post.body).await?;
        let message = ticket.added().ok_or_else(|| Fault::Internal("a message was not added".to_owned()))?;
        Ok(Reply::ok(&Success::of(MessageAdded::of(id, message)))?)
    })
    .await
}

/// Close a ticket.
#[utoipa::path(post, path = "/support/tickets/{ticketId}/close", params(("ticketId" = String, Path)),
    request_body = Option<serde_json::Value>, responses((status = 200, body = TicketClosed), (status = 400),
    (status = 401), (status = 404)), security(("bearer" = [])))]
pub(crate) async fn close_ticket(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
    body: Body<Close>,
) -> Result<HttpResponse, Error> {
    let id = ticket_id(&request)?;
    let ticket = app.db.write(async |tx| verbs::close_ticket(tx, &caller, id, body.0.resolution).await).await?;
    Ok(HttpResponse::Ok().json(Success::of(TicketClosed::from(&ticket))))
}

/// List the categories a ticket may have.
#[utoipa::path(get, path = "/support/categories", responses((status = 200, body = [crate::Category]), (status = 401)),
    security(("bearer" = [])))]
pub(crate) async fn list_categories(app: Data<App>, _caller: Signed) -> HttpResponse {
    HttpResponse::Ok().json(views::categories(&app.categories))
}

/// An id of another form is simply unknown.
fn ticket_id(request: &HttpRequest) -> Result<TicketId, Error> {
    TicketId::parse(request.match_info().get("ticketId").unwrap_or_default()).ok_or(Error::TicketNotFound)
}
