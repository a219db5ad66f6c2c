//! What can go wrong at the desk, as RFC 9457 problems with a stable code.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use storage::DbError;
use web::{Fault, GivenTwice};

use crate::client::OwnerError;

/// An operation of the desk that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A query parameter does not fit.
    #[error("{0} {1}")]
    InvalidParameter(&'static str, String),
    /// The cursor is not one that this list gave.
    #[error("after {0}")]
    InvalidCursor(&'static str),
    /// No such ticket, or none that the caller may see.
    #[error("ticket not found")]
    TicketNotFound,
    /// What can happen everywhere.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<GivenTwice> for Error {
    fn from(twice: GivenTwice) -> Self {
        Self::InvalidParameter(twice.0, "is given twice".to_owned())
    }
}

impl From<OwnerError> for Error {
    fn from(error: OwnerError) -> Self {
        match error {
            OwnerError::Unauthorized => Self::Fault(Fault::Unauthorized),
            // Unreachable, slow and unknown are the same to the caller: try again.
            OwnerError::Unavailable(_) | OwnerError::UnknownService(_) => {
                Self::Fault(Fault::Unavailable(error.to_string()))
            }
        }
    }
}

impl Error {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameter(..) => "invalid-parameter",
            Self::InvalidCursor(_) => "invalid-cursor",
            Self::TicketNotFound => "ticket-not-found",
            Self::Fault(Fault::Unauthorized) => "unauthorized",
            Self::Fault(Fault::Unavailable(_) | Fault::TimedOut(_)) => "unavailable",
            Self::Fault(_) => "fault",
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidParameter(..) | Self::InvalidCursor(_) => StatusCode::BAD_REQUEST,
            Self::TicketNotFound => StatusCode::NOT_FOUND,
            Self::Fault(fault) => fault.status(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let title = status.canonical_reason().unwrap_or_default();
        let mut problem =
            json!({"type": "about:blank", "title": title, "status": status.as_u16(), "code": self.code()});
        let mut response = HttpResponse::build(status);
        match self {
            Self::InvalidParameter(name, _) => {
                problem["detail"] = self.to_string().into();
                problem["parameter"] = (*name).into();
            }
            Self::InvalidCursor(_) => {
                problem["detail"] = self.to_string().into();
                problem["parameter"] = "after".into();
            }
            Self::Fault(Fault::Unavailable(_)) => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            Self::Fault(Fault::Unauthorized) => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            // The text of a fault is for the log; a ticket that is not found has nothing to tell.
            Self::TicketNotFound | Self::Fault(_) => {}
        }
        response.content_type("application/problem+json").json(problem)
    }
}
