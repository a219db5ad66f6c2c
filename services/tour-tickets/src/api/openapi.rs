//! The OpenAPI document, made from the handlers. `openapi.json` beside the package is this, checked in; a test compares.

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::{list, tickets};

#[derive(OpenApi)]
#[openapi(
    info(title = "Tour tickets", description = "Support tickets of the tours marketplace."),
    paths(
        tickets::create_ticket,
        list::list_tickets,
        tickets::get_ticket,
        tickets::replace_ticket,
        tickets::delete_ticket,
    )
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    document
}
