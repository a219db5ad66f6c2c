//! The handlers of users.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::Signed;

use super::guards::path_id;
use super::pages::{PAGE, Part, array};
use super::views::UserShown;
use crate::error::Error;
use crate::{App, db};

/// Read the caller.
#[utoipa::path(get, path = "/api/v1/users/me", responses((status = 200, body = UserShown), (status = 401),
    (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn get_own_user(app: Data<App>, caller: Signed) -> Result<HttpResponse, Error> {
    let me = db::known_user(&mut *app.db.conn().await?, &caller).await?;
    Ok(HttpResponse::Ok().json(UserShown::from(me)))
}

/// Read a user: support any, others themselves and those they share a conversation with.
#[utoipa::path(get, path = "/api/v1/users/{id}", params(("id" = i32, Path)), responses((status = 200,
    body = UserShown), (status = 401), (status = 403), (status = 404)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn get_user(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::UserNotFound)?;
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    let user = db::find_user(&mut conn, &me, id).await?.ok_or(Error::UserNotFound)?;
    Ok(HttpResponse::Ok().json(UserShown::from(user)))
}

/// List the users whom the caller may see, ids ascending.
#[utoipa::path(get, path = "/api/v1/users", responses((status = 200, body = [UserShown]), (status = 401),
    (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn list_users(app: Data<App>, caller: Signed) -> Result<HttpResponse, Error> {
    let me = db::known_user(&mut *app.db.conn().await?, &caller).await?;
    array(async move |above: Option<i32>| {
        let users = db::list_users(&mut *app.db.conn().await?, &me, above.unwrap_or(0), PAGE).await?;
        Ok(Part::<UserShown>::of(users, |user| user.number))
    })
    .await
}
