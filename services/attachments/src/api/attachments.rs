//! The handlers of attachments: extract, one verb, a view. The visitor comes first: nothing is read for a stranger.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use storage::Db;
use storage::once::{Claim, Key, claim};
use web::{Body, Fault, Post, Reply, once};

use super::listing;
use super::requests::{Wanted, path_id, wanted};
use super::views::AttachmentView;
use crate::App;
use crate::db::{PAGE, Page, Scope};
use crate::error::{Error, Rejected};
use crate::model::Draft;
use crate::verbs;
use crate::visitor::{Reach, Visitor};

/// Where attachments are.
const PATH: &str = "/api/support_ticket_attachments";

/// Attach a file to a ticket.
#[utoipa::path(post, path = "/api/support_ticket_attachments", request_body = serde_json::Value,
    responses((status = 201, body = AttachmentView), (status = 400), (status = 401), (status = 403), (status = 404)),
    security((), ("bearer" = [])))]
pub(crate) async fn create_attachment(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
    post: Post<Draft>,
) -> Result<HttpResponse, Rejected> {
    let create = async {
        let Post { key, body: draft } = post;
        let is_answered = is_answered(&app.db, key.as_ref()).await?;
        let prepared =
            if is_answered { None } else { Some(verbs::prepare(&app.db, &app.tickets, &visitor, &draft).await?) };
        once(&app.db, key.as_ref(), async |tx| {
            let prepared = prepared.ok_or_else(|| Fault::Unavailable("the stored answer is gone".to_owned()))?;
            let attachment = verbs::add_attachment(tx, &visitor, prepared, draft).await?;
            let place = format!("{}{PATH}/{}", web::origin(&request), attachment.id);
            Ok(Reply::json(StatusCode::CREATED, &AttachmentView::from(attachment))?.at(place))
        })
        .await
    };
    create.await.map_err(|error: Error| error.on(&request))
}

/// List the attachments of all tickets that the caller sees.
#[utoipa::path(get, path = "/api/support_ticket_attachments", params(
    ("ticketId" = Option<i64>, Query), ("limit" = Option<i64>, Query), ("afterId" = Option<i64>, Query)),
    responses((status = 200, body = [AttachmentView]), (status = 400), (status = 401), (status = 403)),
    security((), ("bearer" = [])))]
pub(crate) async fn list_attachments(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let list = async {
        let wanted = wanted(&request)?;
        let scope = scope(&app, &visitor, &wanted).await?;
        let page = Page { scope, after_id: wanted.after_id, limit: wanted.limit.unwrap_or(PAGE) };
        listing::list(&app.db, page, wanted.limit.is_some()).await
    };
    list.await.map_err(|error| error.on(&request))
}

/// Read an attachment.
#[utoipa::path(get, path = "/api/support_ticket_attachments/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = AttachmentView), (status = 400), (status = 401), (status = 403), (status = 404)),
    security((), ("bearer" = [])))]
pub(crate) async fn get_attachment(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let get = async {
        let id = path_id(&request)?;
        let attachment = verbs::find_attachment(&app.db, &app.tickets, &visitor, id).await?;
        Ok(HttpResponse::Ok().json(AttachmentView::from(attachment)))
    };
    get.await.map_err(|error: Error| error.on(&request))
}

/// Replace an attachment, or move it to another ticket.
#[utoipa::path(put, path = "/api/support_ticket_attachments/{id}", params(("id" = i64, Path)),
    request_body = serde_json::Value, responses((status = 200, body = AttachmentView), (status = 400), (status = 401),
    (status = 403), (status = 404)), security((), ("bearer" = [])))]
pub(crate) async fn replace_attachment(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
    body: Body<Draft>,
) -> Result<HttpResponse, Rejected> {
    let replace = async {
        let id = path_id(&request)?;
        let write = app.db.write(async |tx| {
            verbs::replace_attachment(tx, &app.tickets, &visitor, id, body.0).await //
        });
        Ok(HttpResponse::Ok().json(AttachmentView::from(write.await?)))
    };
    replace.await.map_err(|error: Error| error.on(&request))
}

/// Remove an attachment. The file it points to stays.
#[utoipa::path(delete, path = "/api/support_ticket_attachments/{id}", params(("id" = i64, Path)),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)),
    security((), ("bearer" = [])))]
pub(crate) async fn delete_attachment(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let delete = async {
        let id = path_id(&request)?;
        app.db.write(async |tx| verbs::remove_attachment(tx, &app.tickets, &visitor, id).await).await?;
        Ok(HttpResponse::NoContent().finish())
    };
    delete.await.map_err(|error: Error| error.on(&request))
}

/// Whether a request with this key was carried out, so that nobody needs to be asked for it. The claim is given back at
/// once: `once` holds its own until the end, and tour-tickets must be asked before that.
async fn is_answered(db: &Db, key: Option<&Key>) -> Result<bool, Error> {
    let Some(key) = key else { return Ok(false) };
    let mut tx = db.begin();
    let claimed = claim(&mut tx, key).await?;
    tx.abandon().await;
    match claimed {
        Claim::First => Ok(false),
        Claim::Done(_) | Claim::Reused => Ok(true),
        Claim::InUse => Err(Fault::KeyInUse.into()),
    }
}

/// Which tickets' attachments the visitor gets to see. A ticket that is not visible is one without attachments.
async fn scope(app: &App, visitor: &Visitor, wanted: &Wanted) -> Result<Scope, Error> {
    Ok(match (visitor.reach(), wanted.ticket_id) {
        (Reach::All, None) => Scope::All,
        (Reach::All, Some(ticket)) => Scope::Tickets(vec![ticket]),
        (Reach::Own(customer), None) => Scope::Tickets(app.tickets.own(customer).await?),
        (Reach::Own(customer), Some(ticket)) => {
            let is_own = app.tickets.find_own(ticket, customer).await?.is_some();
            Scope::Tickets(is_own.then_some(ticket).into_iter().collect())
        }
    })
}
