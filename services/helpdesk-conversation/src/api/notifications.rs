//! The handlers of notifications, their socket left out.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::{Body, Signed};

use super::guards::{SameOrigin, path_id};
use super::requests::Mark;
use super::views::NotificationShown;
use crate::error::Error;
use crate::{App, db};

/// Most notifications of a list (contract, section 9).
const MAX_LISTED: i64 = 200;

/// List the caller's unread notifications, newest first.
#[utoipa::path(get, path = "/api/v1/notifications", responses((status = 200, body = [NotificationShown]),
    (status = 401), (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn list_notifications(app: Data<App>, caller: Signed) -> Result<HttpResponse, Error> {
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    let unread = db::list_unread(&mut conn, me.number, MAX_LISTED).await?;
    Ok(HttpResponse::Ok().json(unread.into_iter().map(NotificationShown::from).collect::<Vec<_>>()))
}

/// Mark a notification as read, or as unread again.
#[utoipa::path(put, path = "/api/v1/notifications/{id}", params(("id" = i32, Path)),
    request_body(content((serde_json::Value = "application/json"),
    (serde_json::Value = "application/x-www-form-urlencoded"))), responses((status = 204), (status = 400),
    (status = 401), (status = 403), (status = 404)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn update_notification(
    app: Data<App>,
    caller: Signed,
    _origin: SameOrigin,
    request: HttpRequest,
    body: Body<Mark>,
) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::NotificationNotFound)?;
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    if db::set_unread(&mut conn, me.number, id, body.0.unread).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Error::NotificationNotFound)
    }
}
