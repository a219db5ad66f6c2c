//! The OpenAPI document, made from the handlers. `openapi.json` beside the package is this, checked in; a test compares.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use web::SESSION_COOKIE;

use super::{conversations, notifications, tickets, users};
use crate::live;

#[derive(OpenApi)]
#[openapi(
    info(title = "Helpdesk conversations", description = "Technical-support tickets with live conversations."),
    paths(
        tickets::list_tickets,
        tickets::create_ticket,
        tickets::list_own_tickets,
        tickets::get_ticket,
        tickets::update_ticket,
        tickets::join_ticket,
        conversations::list_conversations,
        conversations::get_conversation,
        conversations::list_messages,
        conversations::add_message,
        users::list_users,
        users::get_own_user,
        users::get_user,
        notifications::list_notifications,
        notifications::update_notification,
        live::open_conversation_socket,
        live::open_event_socket,
    )
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE)));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", bearer);
    components.add_security_scheme("session", session);
    document
}
