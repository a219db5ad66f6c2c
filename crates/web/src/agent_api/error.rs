//! Refusals of the agent API, as RFC 9457 problems with a stable code.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use storage::DbError;

use crate::Fault;

/// Why the agent API did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// No such ticket, or none that the caller may see.
    #[error("ticket not found")]
    NotFound,
    /// The caller sees the ticket, but this is for the support team of its line.
    #[error("only the support team of the line may do this")]
    NotPermitted,
    /// The ticket's state does not allow it.
    #[error("{0}")]
    Illegal(String),
    /// The request is not well formed.
    #[error("{0}")]
    Invalid(String),
    /// What can happen everywhere.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for AgentError {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl AgentError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "ticket-not-found",
            Self::NotPermitted => "not-permitted",
            Self::Illegal(_) => "illegal-in-current-state",
            Self::Invalid(_) => "invalid-request",
            Self::Fault(Fault::KeyInUse) => "idempotency-key-in-use",
            Self::Fault(Fault::KeyReused) => "idempotency-key-reused",
            Self::Fault(Fault::Unavailable(_) | Fault::TimedOut(_)) => "unavailable",
            Self::Fault(_) => "fault",
        }
    }
}

impl ResponseError for AgentError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::Illegal(_) => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Fault(fault) => fault.status(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let title = status.canonical_reason().unwrap_or_default();
        let mut problem =
            json!({"type": "about:blank", "title": title, "status": status.as_u16(), "code": self.code()});
        // The text of a fault is for the log.
        if !matches!(self, Self::Fault(_)) {
            problem["detail"] = self.to_string().into();
        }
        let mut response = HttpResponse::build(status);
        if matches!(self, Self::Fault(Fault::KeyInUse | Fault::Unavailable(_))) {
            response.insert_header((actix_web::http::header::RETRY_AFTER, "1"));
        }
        response.content_type("application/problem+json").json(problem)
    }
}
