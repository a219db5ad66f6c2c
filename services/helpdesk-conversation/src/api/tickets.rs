//! The handlers of tickets: extract, one verb, a view.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::{Body, Post, Reply, Signed, once, origin};

use super::guards::{SameOrigin, Support, path_id};
use super::pages::{PAGE, Part, array};
use super::requests::{NewTicket, TicketChange, range};
use super::views::TicketShown;
use crate::db::{Range, Which, Whose};
use crate::error::Error;
use crate::{App, db, verbs};

/// List tickets, newest first: support sees all, others those they opened.
#[utoipa::path(get, path = "/api/v1/support/tickets", params(("limit" = Option<i32>, Query),
    ("before" = Option<i32>, Query)), responses((status = 200, body = [TicketShown]), (status = 400),
    (status = 401), (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn list_tickets(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let range = range(&request)?;
    let me = db::known_user(&mut *app.db.conn().await?, &caller).await?;
    let whose = if me.is_support { Whose::All } else { Whose::OpenedBy(me.number) };
    listed(app, whose, range).await
}

/// List the tickets the caller opened, newest first.
#[utoipa::path(get, path = "/api/v1/support/tickets/my", params(("limit" = Option<i32>, Query),
    ("before" = Option<i32>, Query)), responses((status = 200, body = [TicketShown]), (status = 400),
    (status = 401), (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn list_own_tickets(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let range = range(&request)?;
    let me = db::known_user(&mut *app.db.conn().await?, &caller).await?;
    listed(app, Whose::OpenedBy(me.number), range).await
}

async fn listed(app: Data<App>, whose: Whose, range: Range) -> Result<HttpResponse, Error> {
    if let Some(limit) = range.limit {
        let rows = db::list(&mut *app.db.conn().await?, whose, range.before, limit).await?;
        return Ok(HttpResponse::Ok().json(rows.into_iter().map(TicketShown::from).collect::<Vec<_>>()));
    }
    array(async move |below: Option<i32>| {
        let rows = db::list(&mut *app.db.conn().await?, whose, below.or(range.before), PAGE).await?;
        Ok(Part::<TicketShown>::of(rows, |row| row.id))
    })
    .await
}

/// Open a ticket.
#[utoipa::path(post, path = "/api/v1/support/tickets", request_body(content((serde_json::Value = "application/json"),
    (serde_json::Value = "application/x-www-form-urlencoded"))), responses((status = 201, body = TicketShown),
    (status = 400), (status = 401), (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn create_ticket(
    app: Data<App>,
    caller: Signed,
    _origin: SameOrigin,
    request: HttpRequest,
    post: Post<NewTicket>,
) -> Result<HttpResponse, Error> {
    // A request that is repeated with its key takes ids for nothing, and leaves a gap.
    let new = db::new_ids(&mut *app.db.conn().await?, &caller).await?;
    let answer = once(&app.db, post.key.as_ref(), async |tx| {
        let ticket = verbs::open_ticket(tx, &caller, new, post.body.0).await?;
        let location = format!("{}/api/v1/support/tickets/{}", origin(&request), ticket.row().id);
        Ok(Reply::json(StatusCode::CREATED, &TicketShown::new(&ticket))?.at(location))
    });
    let answer = answer.await;
    app.live.wake_notified();
    answer
}

/// Read a ticket.
#[utoipa::path(get, path = "/api/v1/support/tickets/{id}", params(("id" = i32, Path)),
    responses((status = 200, body = TicketShown), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(crate) async fn get_ticket(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::TicketNotFound)?;
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    let ticket = db::find(&mut conn, &me, id).await?.ok_or(Error::TicketNotFound)?;
    Ok(HttpResponse::Ok().json(TicketShown::from(ticket)))
}

/// Change a ticket's title. For support.
#[utoipa::path(put, path = "/api/v1/support/tickets/{id}", params(("id" = i32, Path)),
    request_body(content((serde_json::Value = "application/json"),
    (serde_json::Value = "application/x-www-form-urlencoded"))), responses((status = 200, body = TicketShown),
    (status = 400), (status = 401), (status = 403), (status = 404)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn update_ticket(
    app: Data<App>,
    caller: Signed,
    _guards: (SameOrigin, Support),
    request: HttpRequest,
    body: Body<TicketChange>,
) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::TicketNotFound)?;
    let ticket = app.db.write(async |tx| {
        let me = db::known_user(tx.conn().await?, &caller).await?;
        verbs::retitle_ticket(tx, &caller, id, body.0.0).await?;
        db::find(tx.conn().await?, &me, id).await?.ok_or(Error::TicketNotFound)
    });
    Ok(HttpResponse::Ok().json(TicketShown::from(ticket.await?)))
}

/// Join a ticket's conversation. For support.
#[utoipa::path(post, path = "/api/v1/support/tickets/{id}/join", params(("id" = i32, Path)),
    responses((status = 200), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(crate) async fn join_ticket(
    app: Data<App>,
    caller: Signed,
    _guards: (SameOrigin, Support),
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::TicketNotFound)?;
    let ticket = app.db.write(async |tx| verbs::join_ticket(tx, &caller, Which::Id(id)).await).await?;
    app.live.wake(ticket.row().conversation);
    Ok(HttpResponse::Ok().finish())
}
