//! The gateway's own pages: where to find things. No script, nothing from elsewhere.

use std::fmt::Write as _;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use tokio::time::timeout;
use utoipa::OpenApi;
use web::{Fault, Refusal};

use crate::app::App;
use crate::policies::SERVICES;
use crate::{download, path, upstream};

/// Where every service has its OpenAPI document.
const DOCUMENT_PATH: &str = "/internal/v1/openapi.json";
const GATEWAY: &str = "gateway";
/// What is published and read, written from the code by `make openapi`.
const ASYNCAPI: &str = include_str!("../asyncapi.json");
/// The pages load nothing and run nothing; their own style is all they have.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;\
                     color:#1c2430;background:#fff}a{color:#0a58ca}li{margin:.4rem 0}code{font-size:.95em}";

/// The home page: links the console and the docs.
#[utoipa::path(get, path = "/", responses((status = 200, content_type = "text/html", body = String)))]
pub(crate) async fn get_home(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    as_sent(&request)?;
    Ok(page(
        "Crossdesk",
        "<p>One support desk over all lines.</p><ul>\
         <li><a href=\"/console\">Console</a>: work on tickets of every line.</li>\
         <li><a href=\"/docs\">Docs</a>: the APIs.</li></ul>",
    ))
}

/// The docs page: every service and its OpenAPI document.
#[utoipa::path(get, path = "/docs", responses((status = 200, content_type = "text/html", body = String)))]
pub(crate) async fn get_docs(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    as_sent(&request)?;
    let mut body = "<p>Each service describes its API as an OpenAPI 3.1 document.</p><ul>".to_owned();
    let own = std::iter::once((GATEWAY, "where requests go"));
    for (name, about) in SERVICES.iter().map(|(policy, about)| (policy.service, *about)).chain(own) {
        // A `String` takes every write.
        let _ = write!(body, "<li><a href=\"/openapi/{name}.json\"><code>{name}</code></a>: {about}</li>");
    }
    body.push_str(
        "</ul><p>Events and messages: the AsyncAPI 3.0 document \
         <a href=\"/asyncapi.json\"><code>asyncapi.json</code></a>.</p><p><a href=\"/\">Home</a></p>",
    );
    Ok(page("Crossdesk APIs", &body))
}

/// The OpenAPI document of a service.
#[utoipa::path(get, path = "/openapi/{service}.json", params(("service" = String, Path)),
    responses((status = 200, content_type = "application/json", body = Object), (status = 404), (status = 503), (status = 504)))]
pub(crate) async fn get_openapi(
    request: HttpRequest,
    service: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Refusal> {
    as_sent(&request)?;
    if service.as_str() == GATEWAY {
        return Ok(HttpResponse::Ok().json(openapi()));
    }
    document(&request, &service, &app).await.map_err(|fault| Refusal::of(&request, fault))
}

/// The AsyncAPI document: the events of all services, and the messages to and from MAS.
#[utoipa::path(get, path = "/asyncapi.json", responses((status = 200, content_type = "application/json", body = Object)))]
pub(crate) async fn get_asyncapi(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    as_sent(&request)?;
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).body(ASYNCAPI))
}

/// The metrics of the process, in the local profile; elsewhere they are on the admin port.
#[utoipa::path(get, path = "/metrics",
    responses((status = 200, content_type = "text/plain", body = String), (status = 404)))]
pub(crate) async fn get_metrics(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Refusal> {
    as_sent(&request)?;
    if !app.shared.local {
        return Err(Refusal::of(&request, Fault::PathNotFound));
    }
    let text = telemetry::init_metrics().render();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Gateway", description = "The one origin of all Crossdesk APIs: its own pages."),
    paths(get_home, get_docs, get_openapi, get_asyncapi, get_metrics)
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

async fn document(request: &HttpRequest, service: &str, app: &App) -> Result<HttpResponse, Fault> {
    let known = SERVICES.iter().any(|(policy, _)| policy.service == service);
    if !known {
        return Err(Fault::PathNotFound);
    }
    let base = app.shared.addresses.get(service);
    let base = base.ok_or_else(|| Fault::Unavailable(format!("{service} has no address")))?;
    let url = upstream::url(base.trim_end_matches('/'), DOCUMENT_PATH, None)?;
    let patience = app.shared.patience;
    let answer = timeout(patience, app.client.get(url).send()).await;
    let answer = answer.map_err(|_| Fault::TimedOut(format!("{service} did not answer")))?;
    let answer = answer.map_err(|_| Fault::Unavailable(format!("{service} cannot be reached")))?;
    if !answer.status().is_success() {
        return Err(Fault::PathNotFound);
    }
    // Always read with GET, also for HEAD: the server keeps the length and drops the bytes.
    download::answer(request, answer, None, false, patience).await
}

/// The router has decoded the path; what counts is the path as sent, and none of ours needs an escape.
fn as_sent(request: &HttpRequest) -> Result<(), Refusal> {
    let path = request.uri().path();
    path::check(path).map_err(|ambiguous| Refusal::of(request, Fault::BadRequest(ambiguous.to_string())))?;
    if path.contains('%') { Err(Refusal::of(request, Fault::PathNotFound)) } else { Ok(()) }
}

fn page(title: &str, body: &str) -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentType::html()).insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY)).body(
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1>{body}</main></body></html>\n"
        ),
    )
}
