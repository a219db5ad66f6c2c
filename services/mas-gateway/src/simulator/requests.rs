//! Requests to the simulator, read once.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::json;
use storage::DbError;
use web::{Fault, FromBody, Query, Refusal};

use super::faults::Order;
use crate::bridge::Command;

const DEFAULT_LIMIT: i64 = 100;
/// Most effects in one answer: a whole test run fits.
const MAX_LIMIT: i64 = 10_000;
/// Longest Idempotency-Key: what the other lines take.
const MAX_KEY_CHARS: usize = 255;

/// A request that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The body is no resume request.
    #[error("{0}")]
    Invalid(String),
    /// The key belongs to another request.
    #[error("Idempotency-Key reused with another request")]
    KeyReused,
    /// A failure that was ordered.
    #[error("MAS is away for a moment")]
    Ordered,
    /// What can happen everywhere.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Ordered => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(refusal) => refusal.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Refused(refusal) = self {
            return refusal.error_response();
        }
        let status = self.status_code();
        let title = status.canonical_reason().unwrap_or_default();
        HttpResponse::build(status).content_type("application/problem+json").json(json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": self.to_string(),
        }))
    }
}

/// A fault of this request.
pub(crate) fn refused(request: &HttpRequest, fault: Fault) -> Error {
    Error::Refused(Refusal::of(request, fault))
}

/// A failure of the simulator's database.
pub(crate) fn broken(request: &HttpRequest, error: DbError) -> Error {
    refused(request, error.into())
}

/// A resume request and its bytes.
#[derive(Debug)]
pub(crate) struct Resume {
    pub(crate) command: Command,
    /// What makes a repeated request the same request, whatever is in it.
    pub(crate) key: String,
    pub(crate) payload: Vec<u8>,
}

impl FromBody for Resume {
    type Error = Error;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Error> {
        let command = Command::read(bytes).map_err(|unfit| Error::Invalid(unfit.to_string()))?;
        let mut keys = request.headers().get_all("idempotency-key");
        let key = keys.next().and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if !(1..=MAX_KEY_CHARS).contains(&key.len()) || keys.next().is_some() {
            let reason = format!("Idempotency-Key must be sent once, with 1 to {MAX_KEY_CHARS} characters");
            return Err(refused(request, Fault::BadRequest(reason)));
        }
        Ok(Self { command, key, payload: bytes.to_vec() })
    }
}

impl FromBody for Order {
    type Error = Error;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(|error| Error::Invalid(error.to_string()))
    }
}

/// The query of the list.
pub(crate) fn limit(request: &HttpRequest) -> Result<i64, Error> {
    let query = Query::parse(request.query_string());
    let bad = || refused(request, Fault::BadRequest(format!("limit is 1 to {MAX_LIMIT}")));
    let Some(text) = query.get("limit").map_err(|_| bad())? else { return Ok(DEFAULT_LIMIT) };
    text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(bad)
}
