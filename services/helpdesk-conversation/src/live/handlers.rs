//! The upgrades. Whatever keeps a caller out is a plain HTTP answer before them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use web::{Fault, Signed};

use super::connection::{Lifetime, Upgrade};
use super::conversation::Conversation;
use super::hub::Admission;
use super::notifications::Notifications;
use super::store;
use crate::api::{SameOrigin, path_id};
use crate::error::Error;
use crate::{App, db};

/// When a user with too many sockets may try again: they last for hours, but a page that was left closes its own at once.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Take part in a conversation: a WebSocket with the binary protocol. For its members.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/socket", params(("id" = i32, Path)),
    responses((status = 101), (status = 400), (status = 401), (status = 403), (status = 404),
    (status = 429)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn open_conversation_socket(
    app: Data<App>,
    caller: Signed,
    _origin: SameOrigin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let upgrade = Upgrade::of(&request, payload).await?;
    let id = path_id(&request).ok_or(Error::ConversationNotFound)?;
    let mut conn = app.db.conn().await?;
    let me = db::known_user(&mut conn, &caller).await?;
    let ticket = store::ticket_of(&mut conn, id, me.number).await?.ok_or(Error::ConversationNotFound)?;
    drop(conn);
    let admission = admitted(&app, me.number)?;
    let (caller, lifetime) = (Arc::new((*caller).clone()), lifetime(&app, &caller, admission));
    let talk = Conversation::new(app, caller, id, me.number, ticket);
    Ok(upgrade.accept(talk, lifetime))
}

/// Get new notifications as they come: a WebSocket with one text frame for each. Nothing is replayed.
#[utoipa::path(get, path = "/api/v1/events", responses((status = 101), (status = 400), (status = 401), (status = 403),
    (status = 429)), security(("bearer" = []), ("session" = [])))]
pub(crate) async fn open_event_socket(
    app: Data<App>,
    caller: Signed,
    _origin: SameOrigin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let upgrade = Upgrade::of(&request, payload).await?;
    let me = db::known_user(&mut *app.db.conn().await?, &caller).await?;
    let lifetime = lifetime(&app, &caller, admitted(&app, me.number)?);
    // Before the 101: whoever has seen that misses nothing.
    let notifications = Notifications::open(app, me.number).await?;
    Ok(upgrade.accept(notifications, lifetime))
}

/// Counts the socket; refused if the user has as many as anybody may.
fn admitted(app: &App, user: i32) -> Result<Admission, Fault> {
    app.live.hub.admit(user, app.live.config.max_sockets_per_user).ok_or(Fault::RateLimited(AGAIN_AFTER))
}

fn lifetime(app: &App, caller: &Signed, admission: Admission) -> Lifetime {
    let token = caller.expires_at() - app.db.now();
    Lifetime { config: app.live.config, token, stop: app.live.stop.clone(), admission }
}
