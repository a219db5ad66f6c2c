//! Which headers pass, in both directions.
//!
//! Towards a service only those on a list do: what a service believes because "the gateway said so" must be impossible to
//! send from outside. Towards the client all do but those about the connection.

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::http::header as outside;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use telemetry::TraceContext;

use crate::app::App;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: &str = "tracestate";
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const UPGRADE_OPTION: HeaderValue = HeaderValue::from_static("Upgrade");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Room for what a browser sends and what is added, so that the map does not grow.
const USUAL_HEADERS: usize = 24;

/// What a client's request may say to a service. `hx-` and `sec-fetch-` are the console's: which part of a page is asked
/// for, and whether our own page asks.
static PASSED: [HeaderName; 29] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::ACCESS_CONTROL_REQUEST_HEADERS,
    header::ACCESS_CONTROL_REQUEST_METHOD,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::COOKIE,
    HeaderName::from_static("hx-boosted"),
    HeaderName::from_static("hx-current-url"),
    HeaderName::from_static("hx-request"),
    HeaderName::from_static("hx-target"),
    HeaderName::from_static("hx-trigger"),
    HeaderName::from_static("hx-trigger-name"),
    HeaderName::from_static("idempotency-key"),
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    HeaderName::from_static("last-event-id"),
    header::ORIGIN,
    HeaderName::from_static("prefer"),
    HeaderName::from_static("profileid"),
    header::RANGE,
    HeaderName::from_static("request-tracking-id"),
    HeaderName::from_static("sec-fetch-dest"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static(TRACESTATE),
    header::USER_AGENT,
];

/// What a WebSocket's two ends agree on before it opens. Nothing of it concerns the gateway, which reads no frames.
static WEBSOCKET_OFFER: [HeaderName; 4] = [
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
];

/// About one connection and not about the answer (RFC 9110, 7.6.1), or written anew here.
static CONNECTION: [HeaderName; 12] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    KEEP_ALIVE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::X_CONTENT_TYPE_OPTIONS,
    X_REQUEST_ID,
];

/// Scheme and host that clients use, if a proxy in front of the gateway changes them.
#[derive(Debug)]
pub(crate) struct PublicOrigin {
    scheme: HeaderValue,
    host: HeaderValue,
}

/// The configured origin is none.
#[derive(Debug, thiserror::Error)]
#[error("http.public_url: `{0}` is no origin such as https://desk.example.org")]
pub(crate) struct BadOrigin(String);

impl PublicOrigin {
    pub(crate) fn parse(url: &str) -> Result<Self, BadOrigin> {
        let bad = || BadOrigin(url.to_owned());
        let uri: http::Uri = url.parse().map_err(|_| bad())?;
        let value = |text: Option<&str>| HeaderValue::from_str(text.unwrap_or_default()).map_err(|_| bad());
        let (scheme, host) = (uri.scheme_str(), uri.authority().map(http::uri::Authority::as_str));
        if scheme.is_none() || host.is_none() {
            return Err(bad());
        }
        Ok(Self { scheme: value(scheme)?, host: value(host)? })
    }
}

/// The headers of the call to a service.
pub(crate) fn for_service(request: &HttpRequest, app: &App) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    let named = named_by_connection(request.headers());
    for (name, value) in request.headers() {
        let name = name.as_str();
        if named.as_ref().is_some_and(|named| named.iter().any(|other| other == name)) {
            continue;
        }
        let Some(passed) = PASSED.iter().find(|passed| passed.as_str() == name) else { continue };
        // Twice stays twice: the services judge that.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(passed, value);
        }
    }
    add_trace(&mut headers, request);
    add_origin(&mut headers, request, app);
    let id = request.extensions().get::<web::Started>().map(|started| HeaderValue::from_str(&started.request_id));
    if let Some(Ok(id)) = id {
        headers.insert(X_REQUEST_ID, id);
    }
    headers
}

/// The headers of a call that asks a service for a WebSocket.
pub(crate) fn for_upgrade(request: &HttpRequest, app: &App) -> HeaderMap {
    let mut headers = for_service(request, app);
    headers.insert(header::CONNECTION, UPGRADE_OPTION);
    headers.insert(header::UPGRADE, WEBSOCKET);
    for name in &WEBSOCKET_OFFER {
        for value in request.headers().get_all(name.as_str()) {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.append(name, value);
            }
        }
    }
    headers
}

/// What the answer to the client takes over.
pub(crate) fn for_client(from: &HeaderMap, to: &mut outside::HeaderMap, cors: bool) {
    for (name, value) in from {
        let text = name.as_str();
        // Where the gateway answers CORS, nobody else does.
        if CONNECTION.contains(name) || (cors && text.starts_with("access-control-")) {
            continue;
        }
        let name = outside::HeaderName::from_bytes(text.as_bytes());
        if let (Ok(name), Ok(value)) = (name, outside::HeaderValue::from_bytes(value.as_bytes())) {
            to.append(name, value);
        }
    }
}

/// Headers that `Connection` names are for this hop, whatever they are (RFC 9110, 7.6.1). Usually there are none.
fn named_by_connection(headers: &outside::HeaderMap) -> Option<Vec<String>> {
    let values = headers.get_all(outside::CONNECTION).filter_map(|value| value.to_str().ok());
    let named = values.flat_map(|value| value.split(',')).map(str::trim).filter(|name| {
        !name.is_empty() && !name.eq_ignore_ascii_case("keep-alive") && !name.eq_ignore_ascii_case("close")
    });
    let named: Vec<String> = named.map(str::to_ascii_lowercase).collect();
    (!named.is_empty()).then_some(named)
}

/// The trace goes on from here; what other vendors said of it counts only together with it.
fn add_trace(headers: &mut HeaderMap, request: &HttpRequest) {
    let sent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    if sent.and_then(TraceContext::parse).is_none() {
        headers.remove(TRACESTATE);
    }
    if let Ok(trace) = HeaderValue::from_str(&telemetry::current().to_string()) {
        headers.insert(TRACEPARENT, trace);
    }
}

/// Who called, and by which origin: from the connection and from proxies of ours, never from what the client says about
/// itself.
fn add_origin(headers: &mut HeaderMap, request: &HttpRequest, app: &App) {
    let peer = app.shared.proxies.client(request).map(|address| address.to_string());
    if let Some(peer) = peer.and_then(|peer| HeaderValue::from_str(&peer).ok()) {
        headers.insert(X_FORWARDED_FOR, peer);
    }
    if let Some(origin) = &app.shared.public_origin {
        headers.insert(X_FORWARDED_PROTO, origin.scheme.clone());
        headers.insert(X_FORWARDED_HOST, origin.host.clone());
        return;
    }
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    let host = request.headers().get(outside::HOST).map(outside::HeaderValue::as_bytes);
    if let Some(host) = host.and_then(|host| HeaderValue::from_bytes(host).ok()) {
        headers.insert(X_FORWARDED_HOST, host);
    }
}

#[cfg(test)]
#[path = "headers/tests.rs"]
mod tests;
