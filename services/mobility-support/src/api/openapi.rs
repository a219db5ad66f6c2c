//! The OpenAPI document, made from the handlers. `openapi.json` beside the package is this, checked in: a test
//! compares.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content as Media, Ref, RefOr, Server};
use utoipa::{OpenApi, ToSchema};

use super::views::{BASE, status_schema};
use super::{discovery, support};
use crate::error::Answer;
use crate::model::Content;

#[derive(OpenApi)]
#[openapi(
    info(title = "Mobility support", description = "TOMP-API 2.0 support module."),
    paths(
        support::request_support,
        support::execute_request_support,
        support::list_support_tickets,
        discovery::get_landing_page,
        discovery::get_api,
        discovery::get_conformance,
        discovery::list_collections,
        discovery::get_collection,
        discovery::list_processes,
        discovery::get_process,
        discovery::refuse_execution,
        discovery::get_health,
    ),
    components(schemas(Answer))
)]
struct Document;

/// The body of an execution.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description: bodies are read by hand, to find all problems at once")]
pub(super) struct SupportRequest {
    inputs: SupportInputs,
}

/// A ticket as a provider sends it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description: bodies are read by hand, to find all problems at once")]
struct SupportInputs {
    /// Of the ticket to update, or of the one to create; ours if absent.
    #[schema(min_length = 1, max_length = 200)]
    id: Option<String>,
    /// Always `supportTicket`.
    #[schema(example = "supportTicket")]
    r#type: String,
    /// What the ticket is to become. Without an id only the first is possible.
    #[schema(schema_with = status_schema, required = false)]
    status: Option<String>,
    #[serde(flatten)]
    content: Content,
    /// Ignored: we count.
    #[schema(minimum = 0, maximum = 10)]
    sequence: Option<i32>,
}

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.servers = Some(vec![Server::new(BASE)]);
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    for path in document.paths.paths.values_mut() {
        for operation in [&mut path.get, &mut path.post].into_iter().flatten() {
            describe_responses(operation);
        }
    }
    document
}

/// Every response says what it means, and every error has the same body.
fn describe_responses(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        response.description = meaning(status).to_owned();
        if !status.starts_with('2') {
            let errors = Media::new(Some(Ref::from_schema_name("Errors")));
            response.content.insert("application/json".to_owned(), RefOr::T(errors));
        }
    }
}

fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "What was asked for.",
        "204" => "Yes.",
        "400" => "The request does not fit; all that is wrong with it.",
        "401" => "No token, or none that is good.",
        "403" => "The token is not for this line.",
        "404" => "No such thing, or none that the caller may see.",
        "409" => "The ticket's status does not allow it, or its idempotency key is in use.",
        "413" => "The body is above 1 MiB.",
        "415" => "The body is not JSON.",
        "422" => "The idempotency key belongs to another request.",
        _ => "Something went wrong.",
    }
}
