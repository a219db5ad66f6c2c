//! What happens to every request of every service: an id, a trace, the headers every answer has, metrics, and one log
//! line if it failed.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{Error, HttpMessage as _};
use chrono::{DateTime, Utc};
use domain::Clock;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use metrics::{counter, gauge, histogram};
use telemetry::{Span, TraceContext};

use crate::Shape;
use crate::id::{X_REQUEST_ID, request_id};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What is known of a request from its first moment; in its extensions.
#[derive(Debug, Clone)]
pub struct Started {
    /// When it arrived.
    pub at: DateTime<Utc>,
    /// Its id, in the answer and in whatever is forwarded.
    pub request_id: String,
    /// The service that answers it.
    pub service: &'static str,
}

/// What metrics call the route of a request that no pattern of this service's own matched: the gateway sets it.
#[derive(Debug, Clone)]
pub struct RouteLabel(pub String);

/// The middleware around everything a service does.
#[derive(Debug, Clone)]
pub struct Observe {
    service: &'static str,
    shape: Shape,
    clock: Arc<dyn Clock>,
    serving: Arc<AtomicBool>,
}

impl Observe {
    /// For the service of this name, whose answers have the headers of this shape. While `serving` is false, every
    /// answer asks the client to come over another connection next time.
    #[must_use]
    pub fn new(service: &'static str, shape: Shape, clock: Arc<dyn Clock>, serving: Arc<AtomicBool>) -> Self {
        Self { service, shape, clock, serving }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = Observed<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(Observed {
            inner: Rc::new(inner),
            service: self.service,
            shape: self.shape,
            clock: Arc::clone(&self.clock),
            serving: Arc::clone(&self.serving),
        }))
    }
}

/// A service that is observed.
#[derive(Debug)]
pub struct Observed<S> {
    inner: Rc<S>,
    service: &'static str,
    shape: Shape,
    clock: Arc<dyn Clock>,
    serving: Arc<AtomicBool>,
}

impl<S, B> Service<ServiceRequest> for Observed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse<B>, Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (inner, service, shape) = (Rc::clone(&self.inner), self.service, self.shape);
        let serving = Arc::clone(&self.serving);
        let began = Instant::now();
        let id = request_id(request.headers(), &*self.clock);
        let parent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let mut span = Span::server(service, parent.and_then(TraceContext::parse));
        request.extensions_mut().insert(Started { at: self.clock.now(), request_id: id.clone(), service });
        let in_flight = InFlight::of(service);
        Box::pin(telemetry::in_trace(span.context(), async move {
            let _in_flight = in_flight;
            let mut response = inner.call(request).await?;
            add_headers(&mut response, &id, shape);
            // A request that comes while the server closes its idle connections would be lost; so none is left idle. An
            // upgraded connection is not ours to close.
            if !serving.load(Ordering::Acquire) && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            record(&response, service, began, &mut span);
            log_failure(&response, service, &id);
            Ok(response)
        }))
    }
}

/// Counts a request as long as it is worked on, also if its client leaves.
struct InFlight(&'static str);

impl InFlight {
    fn of(service: &'static str) -> Self {
        gauge!(telemetry::names::HTTP_REQUESTS_IN_FLIGHT, "service" => service).increment(1.0);
        Self(service)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(telemetry::names::HTTP_REQUESTS_IN_FLIGHT, "service" => self.0).decrement(1.0);
    }
}

fn add_headers<B>(response: &mut ServiceResponse<B>, id: &str, shape: Shape) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in shape.headers() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn record<B>(response: &ServiceResponse<B>, service: &'static str, began: Instant, span: &mut Span) {
    // The pattern and not the path: a path has ids in it, and there is no end of those.
    let route = route(response);
    let method = telemetry::known_method(response.request().method().as_str());
    span.route(method, &route);
    span.answered(response.status().as_u16());
    let status = response.status().as_str().to_owned();
    counter!(telemetry::names::HTTP_REQUESTS_TOTAL,
        "service" => service, "method" => method, "route" => route.clone(), "status" => status)
    .increment(1);
    histogram!(telemetry::names::HTTP_REQUEST_DURATION_SECONDS,
        "service" => service, "method" => method, "route" => route)
    .record(began.elapsed().as_secs_f64());
}

fn route<B>(response: &ServiceResponse<B>) -> String {
    let request = response.request();
    let label = request.extensions().get::<RouteLabel>().map(|RouteLabel(label)| label.clone());
    label.or_else(|| request.match_pattern()).unwrap_or_else(|| "unknown".to_owned())
}

/// The boundary: causes are logged here and nowhere else.
fn log_failure<B>(response: &ServiceResponse<B>, service: &'static str, id: &str) {
    if !response.status().is_server_error() {
        return;
    }
    let cause = response.response().error().map_or_else(String::new, ToString::to_string);
    let request = response.request();
    tracing::error!(
        service,
        request.id = id,
        http.method = %request.method(),
        http.route = route(response),
        http.status = response.status().as_u16(),
        cause,
        "a request failed"
    );
}
