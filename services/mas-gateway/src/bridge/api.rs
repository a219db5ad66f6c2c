//! What operators see and do: ids, states and reasons, nothing personal.

mod requests;
mod views;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::Role;
use utoipa::OpenApi;
use web::{Fault, Signed};

use self::requests::{filter, transaction_id};
use self::views::{Page, ResumeRequest};
use super::BridgeApp;
use super::db::{self, Retry};
use super::error::Error;

/// The bridge has no operation for clients, so its document has no paths: `/internal/` is described in the README.
#[derive(OpenApi)]
#[openapi(info(title = "MAS bridge", description = "Carries resume requests to a MAS that speaks HTTP."))]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// List requests by transaction id, all or those in one state.
pub(crate) async fn list_requests(
    app: Data<BridgeApp>,
    caller: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    check_operator(&caller)?;
    let filter = filter(&request)?;
    let mut conn = app.db.conn().await?;
    let found = db::list(&mut conn, &filter).await?;
    Ok(HttpResponse::Ok().json(Page::of(found, &filter)))
}

/// Give a dead request a second life. Who did is in `operator_actions`.
pub(crate) async fn retry_request(
    app: Data<BridgeApp>,
    caller: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    check_operator(&caller)?;
    let id = transaction_id(&request)?;
    let mut conn = app.db.conn().await?;
    match db::revive(&mut conn, id, app.give_up_after, &caller).await? {
        Retry::Revived(request) => {
            tracing::info!(transaction.id = id, "a dead resume request is tried again");
            app.nudge.notify_one();
            Ok(HttpResponse::Ok().json(ResumeRequest::from(request)))
        }
        Retry::NotDead => Err(Error::NotDead),
        Retry::Forgotten => Err(Error::Forgotten),
        Retry::Unknown => Err(Error::NotFound),
    }
}

/// Admins, and other services on behalf of operators.
fn check_operator(caller: &Signed) -> Result<(), Fault> {
    match caller.role() {
        Role::Admin | Role::Service => Ok(()),
        Role::Agent | Role::Customer => Err(Fault::Forbidden),
    }
}
