//! The handlers of conversations, their sockets left out.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use web::{Post, Reply, Signed, once};

use super::guards::{SameOrigin, path_id};
use super::pages::{PAGE, Part, array};
use super::requests::{NewMessage, page};
use super::views::{ConversationShown, EntryShown};
use crate::error::Error;
use crate::{App, db, verbs};

/// List the conversations the caller is a member of, newest first.
#[utoipa::path(get, path = "/api/v1/conversations", responses((status = 200, body = [ConversationShown]),
    (status = 401), (status = 403)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn list_conversations(app: Data<App>, caller: Signed) -> Result<HttpResponse, Error> {
    let me = db::known_user(&mut *app.db.conn().await?, &caller).await?;
    array(async move |below: Option<i32>| {
        let rows = db::list_conversations(&mut *app.db.conn().await?, me.number, below, PAGE).await?;
        Ok(Part::<ConversationShown>::of(rows, |row| row.conversation_id))
    })
    .await
}

/// Read a conversation. For its members.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", params(("id" = i32, Path)),
    responses((status = 200, body = ConversationShown), (status = 401), (status = 403), (status = 404)),
    security(("bearer" = []), ("session" = [])))]
pub(crate) async fn get_conversation(
    app: Data<App>,
    caller: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::ConversationNotFound)?;
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    let found = db::find_conversation(&mut conn, id, me.number).await?.ok_or(Error::ConversationNotFound)?;
    Ok(HttpResponse::Ok().json(ConversationShown::from(found)))
}

/// Read a conversation's entries, newest first. For its members.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", params(("id" = i32, Path),
    ("before" = Option<i32>, Query), ("limit" = Option<i32>, Query)), responses((status = 200, body = [EntryShown]),
    (status = 400), (status = 401), (status = 403), (status = 404)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn list_messages(app: Data<App>, caller: Signed, request: HttpRequest) -> Result<HttpResponse, Error> {
    let page = page(&request)?;
    let id = path_id(&request).ok_or(Error::ConversationNotFound)?;
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    let membership = db::membership(&mut conn, id, me.number).await?.ok_or(Error::ConversationNotFound)?;
    let entries = db::entries_before(&mut conn, id, membership, page).await?;
    Ok(HttpResponse::Ok().json(entries.into_iter().map(EntryShown::from).collect::<Vec<_>>()))
}

/// Write a message as text. For members.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", params(("id" = i32, Path)),
    request_body(content((serde_json::Value = "application/json"),
    (serde_json::Value = "application/x-www-form-urlencoded"))), responses((status = 201, body = EntryShown),
    (status = 400), (status = 401), (status = 403), (status = 404)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn add_message(
    app: Data<App>,
    caller: Signed,
    _origin: SameOrigin,
    request: HttpRequest,
    post: Post<NewMessage>,
) -> Result<HttpResponse, Error> {
    let id = path_id(&request).ok_or(Error::ConversationNotFound)?;
    let answer = once(&app.db, post.key.as_ref(), async |tx| {
        let sent = verbs::send_message(tx, &caller, id, post.body.0).await?;
        Ok(Reply::json(StatusCode::CREATED, &EntryShown::from(sent.entry))?)
    });
    let answer = answer.await;
    app.live.wake(id);
    answer
}
