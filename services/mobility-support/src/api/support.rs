//! The handlers of the two support operations: extract, one verb, a view.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::{Fault, Post, Reply, Signed, once, origin};

use super::openapi::SupportRequest;
use super::requests::filter;
use super::views::{FeatureCollection, GEO_JSON, SupportTicket};
use crate::error::Error;
use crate::model::Execution;
use crate::{App, db, verbs};

/// How often a request looks again because somebody else was faster. Tickets are never removed, so that the second look
/// finds what the first missed.
const LOOKS: usize = 3;

/// Create or update a support ticket.
#[utoipa::path(post, path = "/processes/request-support/execution", request_body = SupportRequest,
    responses((status = 200, body = SupportTicket), (status = 400), (status = 401), (status = 403), (status = 404),
    (status = 409), (status = 413), (status = 415), (status = 422)), security(("bearer" = [])))]
pub(crate) async fn request_support(
    app: Data<App>,
    caller: Signed,
    post: Post<Execution>,
) -> Result<HttpResponse, Error> {
    for _ in 0..LOOKS {
        let found = match &post.body.id {
            Some(id) => {
                let mut conn = app.db.conn().await?;
                db::find_own(&mut conn, caller.subject(), id, &post.body.fingerprint).await?
            }
            None => None,
        };
        let done = once(&app.db, post.key.as_ref(), async |tx| {
            let ticket = verbs::request_support(tx, &caller, &post.body, found).await?;
            Ok(Reply::ok(&SupportTicket::from(&ticket))?)
        });
        match done.await {
            Err(Error::LostRace) => {}
            done => return done,
        }
    }
    Err(Fault::Unavailable("the ticket kept changing".to_owned()).into())
}

/// Create or update a support ticket; the older spelling of the same operation.
#[utoipa::path(post, path = "/processes/request-support/execute", request_body = SupportRequest,
    responses((status = 200, body = SupportTicket), (status = 400), (status = 401), (status = 403), (status = 404),
    (status = 409), (status = 413), (status = 415), (status = 422)), security(("bearer" = [])))]
pub(crate) async fn execute_request_support(
    app: Data<App>,
    caller: Signed,
    post: Post<Execution>,
) -> Result<HttpResponse, Error> {
    request_support(app, caller, post).await
}

/// List the support tickets of a package and leg, newest first, in their current state.
#[utoipa::path(get, path = "/collections/support-tickets/items", params(
    ("packageId" = String, Query), ("legId" = String, Query), ("supportTicketStatus" = Option<String>, Query),
    ("limit" = Option<i32>, Query), ("offset" = Option<i32>, Query)),
    responses((status = 200, body = FeatureCollection, content_type = "application/geo+json"), (status = 400),
    (status = 401), (status = 403)), security(("bearer" = [])))]
pub(crate) async fn list_support_tickets(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let filter = filter(&request)?;
    let mut conn = app.db.conn().await?;
    let (page, matched) = db::list(&mut conn, &caller, &filter).await?;
    let view = FeatureCollection::of(&page, matched, &filter, &origin(&request));
    Ok(HttpResponse::Ok().content_type(GEO_JSON).json(view))
}
