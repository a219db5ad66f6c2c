//! A request on its way through the gateway. The order of the steps is the order of the errors (contracts, README 3.13).

use actix_web::http::Method;
use actix_web::http::header::HOST;
use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use http::StatusCode;
use reqwest::{Response, Url};
use telemetry::Span;
use web::{Fault, RouteLabel, Shape};

use crate::app::App;
use crate::refusal::refuse;
use crate::table::Route;
use crate::upload::Upload;
use crate::{cors, credentials, download, host, path, tunnel, upstream};

/// The methods that exist; `CONNECT` asks for a tunnel, which nobody gets.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Everything that is not a page of the gateway.
pub(crate) async fn forward(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let path = request.uri().path();
    if let Err(ambiguous) = path::check(path) {
        return refuse(&request, Shape::Problem, Fault::BadRequest(ambiguous.to_string()));
    }
    let host = request.headers().get(HOST).map_or(Ok(()), |host| host::check(host.as_bytes()));
    if let Err(no_host) = host {
        return refuse(&request, Shape::Problem, Fault::BadRequest(no_host.to_string()));
    }
    let Some(route) = app.shared.table.find(path) else {
        return refuse(&request, Shape::Problem, Fault::PathNotFound);
    };
    request.extensions_mut().insert(RouteLabel(route.label.to_string()));
    let grant = route.policy.cors.then(|| app.shared.cors.grant(&request));
    if let Some(grant) = &grant
        && cors::is_preflight(&request)
    {
        return grant.preflight();
    }
    let passed = pass(&request, payload, &app, route).await;
    let mut response = passed.unwrap_or_else(|fault| refuse(&request, route.policy.shape, fault));
    if let Some(grant) = grant {
        grant.add_to(&mut response);
    }
    response
}

async fn pass(request: &HttpRequest, payload: Payload, app: &App, route: &Route) -> Result<HttpResponse, Fault> {
    let (shared, policy) = (&app.shared, &route.policy);
    let target = route.target(request.uri().path()).ok_or(Fault::PathNotFound)?;
    if request.method() == Method::CONNECT {
        return Err(Fault::MethodNotAllowed(METHODS.to_owned()));
    }
    let caller = credentials::check(policy.credentials, request, &shared.verifier).await;
    if let Some(limiter) = &shared.limiter {
        // A bad token counts against the address it came from, before it is refused.
        limiter.check(caller.as_ref().ok().and_then(Option::as_deref), shared.proxies.client(request))?;
    }
    caller?;
    let base = route.base.as_deref();
    let base = base.ok_or_else(|| Fault::Unavailable(format!("{} has no address", policy.service)))?;
    let url = upstream::url(base, target, request.uri().query())?;
    if policy.upgrades && tunnel::is_wanted(request) {
        let _slot = shared.in_flight.enter()?;
        return upgrade(request, payload, app, (url, policy.service)).await;
    }
    // A place is for work that is done, and a body that has not come yet is none: else whoever sends slowly takes them all.
    let upload = Upload::of(request, payload, policy.max_body_bytes).await?;
    let places = if upload.is_streamed() { &shared.streams } else { &shared.in_flight };
    let _slot = places.enter()?;
    let call = upstream::call(app, request, (url, policy.repeatable), upload);
    let (answer, pump) = traced(request, policy.service, call, |(answer, _)| answer.status()).await?;
    download::answer(request, answer, pump, policy.cors, shared.patience).await
}

/// Asks the service for a WebSocket. If it agrees, the tunnel outlives the request and its place among those; anything else
/// it says is an answer like any other.
async fn upgrade(
    request: &HttpRequest,
    payload: Payload,
    app: &App,
    (url, service): (Url, &str),
) -> Result<HttpResponse, Fault> {
    let patience = app.shared.patience;
    let place = app.shared.tunnels.enter()?;
    let answer = traced(request, service, upstream::upgrade(app, request, url), Response::status).await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return tunnel::open(answer, payload, place, patience).await;
    }
    download::answer(request, answer, None, false, patience).await
}

/// The call to a service as a span of its own, below which the service's spans hang.
async fn traced<T>(
    request: &HttpRequest,
    service: &str,
    call: impl Future<Output = Result<T, Fault>>,
    status: impl Fn(&T) -> StatusCode,
) -> Result<T, Fault> {
    let mut span = Span::client("gateway", request.method().as_str(), service);
    let answered = telemetry::in_trace(span.context(), call).await;
    match &answered {
        Ok(answer) => span.answered(status(answer).as_u16()),
        Err(_) => span.fail("no_answer"),
    }
    answered
}
