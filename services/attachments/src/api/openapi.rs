//! The OpenAPI document, made from the handlers. `openapi.json` beside the package is this, checked in; a test compares.

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::{attachments, files};

#[derive(OpenApi)]
#[openapi(
    info(title = "Attachments", description = "Attachments of tours tickets, and uploaded files of all lines."),
    paths(
        attachments::create_attachment,
        attachments::list_attachments,
        attachments::get_attachment,
        attachments::replace_attachment,
        attachments::delete_attachment,
        files::create_file,
        files::get_file,
    )
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    document
}
