//! The handlers: extract, one verb, a view.

use actix_web::http::header::{AUTHORIZATION, ContentType, ETAG, LINK};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::TicketKey;
use web::{Fault, Signed};

use super::etag::{etag, is_known};
use super::requests::filter;
use super::views::{Problem, TicketDetail, TicketList};
use crate::App;
use crate::error::Error;
use crate::verbs;

/// List the tickets the caller may see.
///
/// Support sees the tickets of its lines, everybody else their own. The list follows the lines by events, usually
/// within milliseconds.
#[utoipa::path(get, path = "/v1/tickets", params(
    ("line" = Option<String>, Query, description = "mobility, helpdesk, loan, mas or tours"),
    ("status" = Option<String>, Query, description = "new, open, pending, resolved or closed"),
    ("priority" = Option<String>, Query, description = "low, normal, high or urgent"),
    ("assignee" = Option<String>, Query, description = "me, none, or the id of an agent"),
    ("requester" = Option<String>, Query, description = "The id of the one who asked"),
    ("updated_since" = Option<String>, Query, description = "RFC 3339; changed then or later"),
    ("sort" = Option<String>, Query, description = "-updated_at (default), updated_at, -created_at or created_at"),
    ("after" = Option<String>, Query, description = "page.next of the page before, in the same sort"),
    ("limit" = Option<i32>, Query, description = "1 to 200, 50 if absent")),
    responses((status = 200, body = TicketList, headers(("Link" = String, description = "The next page"))),
    (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401)),
    security(("bearer" = [])))]
pub(crate) async fn list_tickets(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let filter = filter(request.query_string(), &caller)?;
    let page = TicketList::from(verbs::list_tickets(&app, &caller, &filter).await?);
    let mut response = HttpResponse::Ok();
    if let Some(next) = page.next() {
        response.insert_header((LINK, link(&request, next)));
    }
    Ok(response.json(page))
}

/// Read a ticket with its messages, and what the caller may do to it.
#[utoipa::path(get, path = "/v1/tickets/{id}", params(("id" = uuid::Uuid, Path),
    ("If-None-Match" = Option<String>, Header, description = "ETags the client has")),
    responses((status = 200, body = TicketDetail, headers(("ETag" = String))), (status = 304), (status = 401),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 503, body = Problem, content_type = "application/problem+json",
     description = "The service that owns the ticket does not answer", headers(("Retry-After" = String)))),
    security(("bearer" = [])))]
pub(crate) async fn get_ticket(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let key = ticket_key(&request)?;
    let authorization = request.headers().get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    let detail = verbs::read_ticket(&app, &caller, authorization, key).await?;
    let version = detail.ticket.version;
    let body = serde_json::to_vec(&TicketDetail::from(detail)).map_err(|error| Fault::Internal(error.to_string()))?;
    let tag = etag(version, &body);
    if is_known(request.headers(), &tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).insert_header(ContentType::json()).body(body))
}

/// A path that names no key names no ticket.
fn ticket_key(request: &HttpRequest) -> Result<TicketKey, Error> {
    let id = request.match_info().get("id").unwrap_or_default();
    id.parse().map(TicketKey).map_err(|_| Error::TicketNotFound)
}

/// The same list after the cursor, as a relative reference: right behind every gateway.
fn link(request: &HttpRequest, next: &str) -> String {
    let kept = request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
    let mut query: Vec<&str> = kept.collect();
    let after = format!("after={next}");
    query.push(&after);
    format!("<{}?{}>; rel=\"next\"", request.path(), query.join("&"))
}
