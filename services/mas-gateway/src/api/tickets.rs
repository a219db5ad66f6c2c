//! The handlers: extract, one verb, a view. The caller gives the answer, because each repeats its tracking id.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::requests::filter;
use super::source::{Sent, Source};
use super::views::{Accepted, TicketFound, TicketList};
use crate::error::{Error, Rejection};
use crate::model::{Draft, TransactionId};
use crate::{App, db, verbs};

/// Request that a customer's service is resumed.
#[utoipa::path(post, path = "/api/v1/customers/{customerId}/tickets", request_body = serde_json::Value,
    params(("customerId" = String, Path), ("ProfileId" = String, Header), ("Request-Tracking-Id" = String, Header)),
    responses((status = 200, body = Accepted), (status = 400), (status = 401), (status = 413), (status = 415),
    (status = 500)), security(("basic" = [])))]
pub(crate) async fn create_ticket(app: Data<App>, sent: Sent<Draft>) -> Result<HttpResponse, Rejection> {
    let accepted = verbs::accept_request(&app.db, sent.source.submits(sent.body)).await;
    sent.source.answer(accepted.map(Accepted::from))
}

/// List a customer's tickets that this caller made, newest first.
#[utoipa::path(get, path = "/api/v1/customers/{customerId}/tickets",
    params(("customerId" = String, Path), ("ProfileId" = String, Header), ("Request-Tracking-Id" = String, Header),
    ("fromDate" = Option<String>, Query), ("toDate" = Option<String>, Query)),
    responses((status = 200, body = TicketList), (status = 400), (status = 401), (status = 500)),
    security(("basic" = [])))]
pub(crate) async fn list_tickets(
    app: Data<App>,
    source: Source,
    request: HttpRequest,
) -> Result<HttpResponse, Rejection> {
    source.answer(list(&app, &source, request.query_string()).await)
}

async fn list(app: &App, source: &Source, query: &str) -> Result<TicketList, Error> {
    let filter = filter(query)?;
    let mut conn = app.db.conn().await?;
    let tickets = db::list_own(&mut conn, &source.owner(), filter).await?;
    Ok(TicketList::of(source.tracking_id(), &tickets))
}

/// Read a ticket.
#[utoipa::path(get, path = "/api/v1/customers/{customerId}/tickets/{ticketId}",
    params(("customerId" = String, Path), ("ticketId" = String, Path), ("ProfileId" = String, Header),
    ("Request-Tracking-Id" = String, Header)),
    responses((status = 200, body = TicketFound), (status = 400), (status = 401), (status = 404), (status = 500)),
    security(("basic" = [])))]
pub(crate) async fn get_ticket(
    app: Data<App>,
    source: Source,
    request: HttpRequest,
) -> Result<HttpResponse, Rejection> {
    let id = request.match_info().get("ticketId").unwrap_or_default();
    source.answer(get(&app, &source, id).await)
}

async fn get(app: &App, source: &Source, id: &str) -> Result<TicketFound, Error> {
    // An id of another form is simply unknown.
    let transaction = TransactionId::parse(id).ok_or(Error::TicketNotFound)?;
    let mut conn = app.db.conn().await?;
    let found = db::find_own(&mut conn, &source.owner(), transaction).await?;
    let (ticket, latest_reply) = found.ok_or(Error::TicketNotFound)?;
    Ok(TicketFound::of(&ticket, latest_reply))
}
