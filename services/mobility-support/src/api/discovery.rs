//! Discovery (contract, section 7): what there is, for programs and, with `?f=html`, for people. Open to everybody.

mod documents;
mod html;

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value;
use web::origin;

use self::documents::{PROCESS, collection, collections, conformance, landing_page, process, processes};
use super::requests::{Format, format};
use super::views::TICKETS;
use crate::error::Error;

/// These change with a release and never between two.
const CACHE: &str = "public, max-age=300";
/// The media type of our own description.
const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.1";

/// The description does not depend on the request.
static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(super::openapi()).unwrap_or_default());

/// The landing page.
#[utoipa::path(get, path = "/", params(("f" = Option<String>, Query)), responses((status = 200), (status = 400)))]
pub(crate) async fn get_landing_page(request: HttpRequest) -> Result<HttpResponse, Error> {
    shown(&request, &landing_page(&origin(&request)))
}

/// This document.
#[utoipa::path(get, path = "/api", params(("f" = Option<String>, Query)), responses((status = 200), (status = 400)))]
pub(crate) async fn get_api(request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(match format(&request)? {
        Format::Json => cached().insert_header((CONTENT_TYPE, OPENAPI)).body(DESCRIPTION.to_string()),
        Format::Html => page(html::description(&DESCRIPTION, &origin(&request))),
    })
}

/// What this service conforms to.
#[utoipa::path(get, path = "/conformance", params(("f" = Option<String>, Query)),
    responses((status = 200), (status = 400)))]
pub(crate) async fn get_conformance(request: HttpRequest) -> Result<HttpResponse, Error> {
    shown(&request, &conformance())
}

/// The collections: there is one.
#[utoipa::path(get, path = "/collections", responses((status = 200)))]
pub(crate) async fn list_collections(request: HttpRequest) -> HttpResponse {
    cached().json(collections(&origin(&request)))
}

/// One collection.
#[utoipa::path(get, path = "/collections/{collectionId}",
    params(("collectionId" = String, Path), ("f" = Option<String>, Query)),
    responses((status = 200), (status = 400), (status = 404)))]
pub(crate) async fn get_collection(request: HttpRequest) -> Result<HttpResponse, Error> {
    match request.match_info().get("collectionId").unwrap_or_default() {
        TICKETS => shown(&request, &collection(&origin(&request))),
        other => Err(Error::collection_not_found(other)),
    }
}

/// The processes: there is one.
#[utoipa::path(get, path = "/processes", responses((status = 200)))]
pub(crate) async fn list_processes(request: HttpRequest) -> HttpResponse {
    cached().json(processes(&origin(&request)))
}

/// One process, with its inputs and outputs.
#[utoipa::path(get, path = "/processes/{processId}", params(("processId" = String, Path)),
    responses((status = 200), (status = 404)))]
pub(crate) async fn get_process(request: HttpRequest) -> Result<HttpResponse, Error> {
    match process_id(&request) {
        PROCESS => Ok(cached().json(process(&origin(&request)))),
        other => Err(Error::process_not_found(other)),
    }
}

/// Execute a process that does not exist: the one that does has a path of its own. A process is looked for before a
/// token is.
#[utoipa::path(post, path = "/processes/{processId}/execution", params(("processId" = String, Path)),
    responses((status = 404)))]
pub(crate) async fn refuse_execution(request: HttpRequest) -> Result<HttpResponse, Error> {
    Err(Error::process_not_found(process_id(&request)))
}

/// Whether the API is there.
#[utoipa::path(get, path = "/health", responses((status = 204)))]
pub(crate) async fn get_health() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn process_id(request: &HttpRequest) -> &str {
    request.match_info().get("processId").unwrap_or_default()
}

fn shown(request: &HttpRequest, document: &impl Serialize) -> Result<HttpResponse, Error> {
    Ok(match format(request)? {
        Format::Json => cached().json(document),
        Format::Html => page(html::document(&serde_json::to_value(document).unwrap_or_default())),
    })
}

fn page(html: String) -> HttpResponse {
    cached().content_type("text/html; charset=utf-8").body(html)
}

fn cached() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, CACHE));
    response
}
