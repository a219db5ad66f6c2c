//! What can go wrong when an operator asks, as RFC 9457 problems.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use storage::DbError;
use web::{Context, Fault, Shape};

/// An operation that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such request.
    #[error("There is no request with this transaction id")]
    NotFound,
    /// It is pending or done.
    #[error("Only a request that was given up can be tried again")]
    NotDead,
    /// Its body was deleted.
    #[error("The request was given up so long ago that its content is deleted")]
    Forgotten,
    /// What can happen everywhere.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotDead | Self::Forgotten => StatusCode::CONFLICT,
            Self::Fault(fault) => Shape::Problem.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if let Self::Fault(fault) = self {
            // A problem repeats nothing of the request.
            let context = Context { tracking_id: String::new(), now: chrono::DateTime::UNIX_EPOCH };
            return Shape::Problem.respond(fault, &context);
        }
        let title = status.canonical_reason().unwrap_or_default();
        HttpResponse::build(status).content_type("application/problem+json").json(json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": self.to_string(),
        }))
    }
}
