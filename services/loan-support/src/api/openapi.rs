//! The OpenAPI document, made from the handlers. `openapi.json` beside the package is this, checked in; a test compares.

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::tickets;

#[derive(OpenApi)]
#[openapi(
    info(title = "Loan support", description = "Support tickets of the loan app: envelope API."),
    paths(
        tickets::create_ticket,
        tickets::list_tickets,
        tickets::get_ticket,
        tickets::add_message,
        tickets::close_ticket,
        tickets::list_categories,
    )
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    document
}
