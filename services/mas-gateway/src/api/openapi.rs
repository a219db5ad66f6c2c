//! The OpenAPI document, made from the handlers. `openapi.json` beside the package is this, checked in; a test compares.

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::tickets;

#[derive(OpenApi)]
#[openapi(
    info(title = "MAS gateway", description = "Resume-service requests, queued for MAS."),
    paths(tickets::create_ticket, tickets::list_tickets, tickets::get_ticket)
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let basic = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Basic).build());
    document.components.get_or_insert_default().add_security_scheme("basic", basic);
    document
}
