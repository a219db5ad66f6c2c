//! The error body of each line (contracts, README 5), used by the services and, for its own errors, by the gateway.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, Utc};
use domain::Clock;
use serde_json::{Value, json};

use crate::Fault;

/// Most characters of a `Request-Tracking-Id` (mas.md 2).
const MAX_TRACKING_ID_CHARS: usize = 128;

/// Whose words an error has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// TOMP-API errors.
    Mobility,
    /// `{"error","raw"}`.
    Helpdesk,
    /// The loan envelope.
    Loan,
    /// The MAS error object.
    Mas,
    /// Tours and attachments.
    Tours,
    /// RFC 9457, everywhere else.
    Problem,
}

/// What some error bodies repeat of the request.
#[derive(Debug, Clone)]
pub struct Context {
    /// `Request-Tracking-Id` of MAS, empty if none was sent.
    pub tracking_id: String,
    /// Server time.
    pub now: DateTime<Utc>,
}

impl Context {
    /// Takes what an error body may need from the request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let mut given = request.headers().get_all("request-tracking-id").filter_map(|value| value.to_str().ok());
        // What is no tracking id is not repeated (mas.md 2).
        let is_valid = |id: &&str| {
            (1..=MAX_TRACKING_ID_CHARS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let tracking_id = given.next().filter(is_valid).filter(|_| given.next().is_none());
        let now = request.extensions().get::<crate::observe::Started>().map(|started| started.at);
        Self {
            tracking_id: tracking_id.unwrap_or_default().to_owned(),
            now: now.unwrap_or_else(|| domain::SystemClock.now()),
        }
    }
}

impl Shape {
    /// The status of a fault: loan has no 403.
    #[must_use]
    pub fn status(self, fault: &Fault) -> StatusCode {
        match (self, fault) {
            (Self::Loan, Fault::Forbidden) => StatusCode::UNAUTHORIZED,
            _ => fault.status(),
        }
    }

    /// Headers that every answer of the line has, good and bad: TOMP-API names its version and language.
    #[must_use]
    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Mobility => &[("version", "2.0.0"), ("content-language", "en-GB")],
            Self::Helpdesk | Self::Loan | Self::Mas | Self::Tours | Self::Problem => &[],
        }
    }

    /// The answer to a fault.
    #[must_use]
    pub fn respond(self, fault: &Fault, context: &Context) -> HttpResponse {
        let status = self.status(fault);
        let mut response = HttpResponse::build(status);
        add_headers(&mut response, self, status, fault);
        for header in self.headers() {
            response.insert_header(*header);
        }
        if self == Self::Problem {
            response.content_type("application/problem+json");
        }
        if self == Self::Mas && !context.tracking_id.is_empty() {
            response.insert_header(("Request-Tracking-Id", context.tracking_id.as_str()));
        }
        match self {
            Self::Mobility => response.json(mobility(status, fault)),
            Self::Helpdesk => response.json(helpdesk(fault)),
            Self::Loan => response.json(loan(status, fault)),
            Self::Mas => response.json(mas(status, fault, context)),
            Self::Tours => response.json(tours(status, fault, context)),
            Self::Problem => response.json(problem(status, fault)),
        }
    }
}

fn add_headers(response: &mut HttpResponseBuilder, shape: Shape, status: StatusCode, fault: &Fault) {
    if status == StatusCode::UNAUTHORIZED {
        let challenge = if shape == Shape::Mas { "Basic realm=\"mas\", charset=\"UTF-8\"" } else { "Bearer" };
        response.insert_header((WWW_AUTHENTICATE, challenge));
    }
    match fault {
        Fault::MethodNotAllowed(allow) => {
            response.insert_header((ALLOW, allow.as_str()));
        }
        Fault::RateLimited(wait) => {
            response.insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()));
        }
        Fault::KeyInUse | Fault::Unavailable(_) => {
            response.insert_header((RETRY_AFTER, "1"));
        }
        _ => {}
    }
}

/// The members every TOMP error has.
fn mobility(status: StatusCode, fault: &Fault) -> Value {
    let (code, kind, title, detail) = match fault {
        // The title's field and reason come from closed lists (mobility.md 6).
        Fault::BadRequest(reason) if reason.starts_with("Idempotency-Key") => {
            (5002, "Invalid", "Field: Idempotency-Key, Reason: bad format", reason.as_str())
        }
        Fault::BadRequest(reason) => (5002, "Invalid", "Field: body, Reason: malformed JSON", reason.as_str()),
        Fault::Unauthorized => (5006, "Technical", "No access to endpoint", "A valid bearer token is required."),
        Fault::Forbidden => (5006, "Technical", "No access to endpoint", "The token is not for this line."),
        Fault::PathNotFound => (5204, "Not found", "Not found", "There is no such resource."),
        Fault::MethodNotAllowed(_) => (5500, "Illegal", "Method not allowed", "See the Allow header."),
        Fault::KeyInUse | Fault::KeyReused => {
            (5503, "Illegal", "Idempotency key conflict", "The key belongs to another request.")
        }
        Fault::TooLarge => (5501, "Invalid", "Request too large", "The body is above the limit."),
        Fault::UnsupportedMediaType => (5502, "Invalid", "Unsupported media type", "Send application/json."),
        Fault::RateLimited(_) => (5007, "Technical", "Request limit", "Too many requests."),
        Fault::Internal(_) | Fault::Unavailable(_) | Fault::TimedOut(_) => {
            (5005, "Technical", "Internal technical problem, contact support.", "The request could not be carried out.")
        }
    };
    json!({"errors": [{"errorcode": code, "type": kind, "title": title, "status": status.as_u16(), "detail": detail}]})
}

fn helpdesk(fault: &Fault) -> Value {
    let (error, raw) = match fault {
        Fault::BadRequest(reason) => ("request:body:invalid", reason.as_str()),
        Fault::Unauthorized => ("user:session:required", "A session is required to access this resource"),
        Fault::Forbidden => ("user:insufficient-permissions", "not permitted"),
        Fault::PathNotFound => ("route:not-found", "not found"),
        Fault::MethodNotAllowed(_) => ("request:method:not-allowed", "method not allowed"),
        Fault::KeyInUse => ("request:idempotency-key:in-use", "the first request with this key still runs"),
        Fault::KeyReused => ("request:idempotency-key:reused", "the key belongs to another request"),
        Fault::TooLarge => ("request:body:too-large", "the body is above the limit"),
        Fault::UnsupportedMediaType => ("request:body:unsupported-type", "unsupported content type"),
        Fault::RateLimited(_) => ("request:rate-limited", "too many requests"),
        Fault::Internal(_) => ("internal", "internal error"),
        Fault::Unavailable(_) | Fault::TimedOut(_) => ("unavailable", "service unavailable"),
    };
    json!({"error": error, "raw": raw})
}

fn loan(status: StatusCode, fault: &Fault) -> Value {
    let message = match fault {
        Fault::BadRequest(reason) => format!("Invalid ticket data: {reason}"),
        Fault::Unauthorized | Fault::Forbidden => "Unauthorized".into(),
        Fault::PathNotFound => "Not found".into(),
        Fault::MethodNotAllowed(_) => "Method not allowed".into(),
        Fault::KeyInUse => "Idempotency key in use".into(),
        Fault::KeyReused => "Idempotency key reused with another request".into(),
        Fault::TooLarge => "Request too large".into(),
        Fault::UnsupportedMediaType => "Unsupported media type".into(),
        Fault::RateLimited(_) => "Too many requests".into(),
        Fault::Internal(_) => "Internal server error".into(),
        Fault::Unavailable(_) | Fault::TimedOut(_) => String::from("Service unavailable"),
    };
    json!({"success": false, "statusCode": status.as_u16(), "data": null, "error": {"message": message}})
}

fn mas(status: StatusCode, fault: &Fault, context: &Context) -> Value {
    let (message, detail) = match fault {
        Fault::BadRequest(reason) => ("Bad Request", reason.as_str()),
        Fault::Unauthorized | Fault::Forbidden => ("Unauthorized", "Invalid credentials"),
        Fault::PathNotFound => ("Not Found", "Resource not found"),
        Fault::MethodNotAllowed(_) => ("Method Not Allowed", "Method not allowed"),
        Fault::TooLarge => ("Payload Too Large", "Request too large"),
        Fault::UnsupportedMediaType => ("Unsupported Media Type", "Unsupported media type"),
        Fault::RateLimited(_) => ("Too Many Requests", "Too many requests"),
        Fault::KeyInUse | Fault::KeyReused | Fault::Internal(_) => ("Service Error", "Internal error"),
        Fault::Unavailable(_) | Fault::TimedOut(_) => ("Service Error", "Service unavailable"),
    };
    json!({
        "error": {"code": status.as_str(), "message": message, "errors": [{"message": detail}]},
        "request_tracking_id": context.tracking_id,
    })
}

/// The one shape whose members have an order: a struct keeps it, a `Value` sorts its members.
#[derive(serde::Serialize)]
struct ToursError {
    status: u16,
    error: &'static str,
    message: &'static str,
    timestamp: String,
}

fn tours(status: StatusCode, fault: &Fault, context: &Context) -> ToursError {
    let message = match fault {
        Fault::BadRequest(_) => "Malformed request",
        Fault::Unauthorized => "Authentication required",
        Fault::Forbidden => "Access denied",
        Fault::PathNotFound => "Resource not found",
        Fault::MethodNotAllowed(_) => "Method not allowed",
        Fault::KeyInUse => "Idempotency key in use",
        Fault::KeyReused => "Idempotency key reused with another request",
        Fault::TooLarge => "Request too large",
        Fault::UnsupportedMediaType => "Unsupported media type",
        Fault::RateLimited(_) => "Too many requests",
        Fault::Internal(_) => "Unexpected internal server error",
        Fault::Unavailable(_) | Fault::TimedOut(_) => "Service unavailable",
    };
    let timestamp = context.now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    let error = status.canonical_reason().unwrap_or_default();
    ToursError { status: status.as_u16(), error, message, timestamp }
}

fn problem(status: StatusCode, fault: &Fault) -> Value {
    let title = status.canonical_reason().unwrap_or_default();
    match fault {
        Fault::BadRequest(reason) => {
            json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": reason})
        }
        _ => json!({"type": "about:blank", "title": title, "status": status.as_u16()}),
    }
}
