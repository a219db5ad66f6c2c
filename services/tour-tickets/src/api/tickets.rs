//! The handlers of one ticket: extract, one verb, a view.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::{Body, Post, Reply, once};

use super::access::{Admitted, Creator};
use super::requests::ticket_id;
use super::views::SupportTicket;
use crate::error::{Error, Failure, answer};
use crate::model::{Draft, NewTicket};
use crate::{App, db, verbs};

/// Open a ticket.
#[utoipa::path(post, tag = "tickets", path = "/api/support_tickets", request_body = serde_json::Value,
    responses((status = 201, body = SupportTicket), (status = 400), (status = 401), (status = 404), (status = 415),
    (status = 429)), security((), ("bearer" = [])))]
pub(crate) async fn create_ticket(
    app: Data<App>,
    creator: Creator,
    request: HttpRequest,
    post: Post<NewTicket>,
) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let identity = db::next_identity(&app.db).await?;
        once(&app.db, post.key.as_ref(), async |tx| {
            let ticket = verbs::open_ticket(tx, &creator, identity, post.body).await?;
            let place = format!("{}/api/support_tickets/{}", web::origin(&request), identity.id);
            Ok::<_, Error>(Reply::json(StatusCode::CREATED, &SupportTicket::from(&ticket))?.at(place))
        })
        .await
    })
    .await
}

/// Read a ticket.
#[utoipa::path(get, tag = "tickets", path = "/api/support_tickets/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = SupportTicket), (status = 400), (status = 401), (status = 404)),
    security((), ("bearer" = [])))]
pub(crate) async fn get_ticket(
    app: Data<App>,
    visitor: Admitted,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let id = ticket_id(&request, "id")?;
        let mut conn = app.db.conn().await?;
        let ticket = db::find(&mut conn, id, &visitor.sight()).await?.ok_or(Error::TicketNotFound(id))?;
        Ok(HttpResponse::Ok().json(SupportTicket::from(&ticket)))
    })
    .await
}

/// Replace a ticket.
#[utoipa::path(put, tag = "tickets", path = "/api/support_tickets/{id}", params(("id" = i64, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = SupportTicket), (status = 400), (status = 401), (status = 404), (status = 415)),
    security((), ("bearer" = [])))]
pub(crate) async fn replace_ticket(
    app: Data<App>,
    visitor: Admitted,
    request: HttpRequest,
    body: Body<Draft>,
) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let id = ticket_id(&request, "id")?;
        let ticket = app.db.write(async |tx| verbs::replace_ticket(tx, &visitor, id, body.0).await).await?;
        Ok(HttpResponse::Ok().json(SupportTicket::from(&ticket)))
    })
    .await
}

/// Delete a ticket and its attachments.
#[utoipa::path(delete, tag = "tickets", path = "/api/support_tickets/{id}", params(("id" = i64, Path)),
    responses((status = 204), (status = 400), (status = 401), (status = 404)), security((), ("bearer" = [])))]
pub(crate) async fn delete_ticket(
    app: Data<App>,
    visitor: Admitted,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let id = ticket_id(&request, "id")?;
        let ticket = app.db.write(async |tx| verbs::delete_ticket(tx, &visitor, id).await).await?;
        app.attachments.remove_all_of(id, ticket.row().identity.key).await;
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}
