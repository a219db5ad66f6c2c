//! What tour-tickets tells us before it answers the DELETE of a ticket (contract, section 11).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::TicketKey;
use storage::DbError;
use web::Query;

use crate::App;
use crate::error::{Error, Rejected};
use crate::verbs;

/// Removes all attachments of a ticket, for ever; again, or of a ticket never seen, is fine.
pub(crate) async fn bury_ticket(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Rejected> {
    let (key, ticket_id) = ticket(&request).map_err(|error| error.on(&request))?;
    let done: Result<(), DbError> = app.db.write(async |tx| verbs::bury_ticket(tx, key, ticket_id).await).await;
    done.map_err(|error| Error::from(error).on(&request))?;
    Ok(HttpResponse::NoContent().finish())
}

fn ticket(request: &HttpRequest) -> Result<(TicketKey, i64), Error> {
    let id = request.match_info().get("ticketId").and_then(|text| text.parse().ok()).ok_or(Error::InvalidId)?;
    let query = Query::parse(request.query_string());
    let key = query.get("ticket_key").ok().flatten().and_then(|text| text.parse().ok());
    Ok((TicketKey(key.ok_or_else(Error::malformed)?), id))
}
