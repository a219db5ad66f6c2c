//! What can go wrong on the loan line, and the line's words for it (contract, section 4).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use storage::DbError;
use web::agent_api::AgentError;
use web::{Context, Fault, Shape};

use crate::model::Refused;

/// An operation of the loan line that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A ticket's data does not fit.
    #[error("Invalid ticket data: {0}")]
    InvalidTicket(String),
    /// A message does not fit.
    #[error("Invalid message: {0}")]
    InvalidMessage(String),
    /// A request to close does not fit.
    #[error("Invalid close request: {0}")]
    InvalidClose(String),
    /// A query parameter does not fit.
    #[error("Invalid query: {0}")]
    InvalidQuery(String),
    /// No such ticket, or none that the caller may see.
    #[error("Ticket not found")]
    TicketNotFound,
    /// The model refuses.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What can happen on every line.
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
            Self::InvalidTicket(_)
            | Self::InvalidMessage(_)
            | Self::InvalidClose(_)
            | Self::InvalidQuery(_)
            | Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::TicketNotFound => StatusCode::NOT_FOUND,
            Self::Fault(fault) => Shape::Loan.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if let Self::Fault(fault) = self {
            // The loan shape repeats nothing of the request.
            let context = Context { tracking_id: String::new(), now: chrono::DateTime::UNIX_EPOCH };
            return Shape::Loan.respond(fault, &context);
        }
        HttpResponse::build(status).json(json!({
            "success": false,
            "statusCode": status.as_u16(),
            "data": null,
            "error": {"message": self.to_string()},
        }))
    }
}

impl From<Error> for AgentError {
    fn from(error: Error) -> Self {
        match error {
            Error::TicketNotFound => Self::NotFound,
            Error::Refused(refused) => Self::Illegal(refused.to_string()),
            Error::Fault(fault) => Self::Fault(fault),
            Error::InvalidTicket(_) | Error::InvalidMessage(_) | Error::InvalidClose(_) | Error::InvalidQuery(_) => {
                Self::Invalid(error.to_string())
            }
        }
    }
}
