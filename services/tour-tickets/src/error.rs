//! What can go wrong on the tours line, and the line's words for it (contract, section 4).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use storage::DbError;
use web::agent_api::AgentError;
use web::{Context, Fault, Shape};

use crate::model::Refused;

/// An operation of the tours line that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A member that must be there is not.
    #[error("{0} is required")]
    Required(&'static str),
    /// A text has more characters than fit.
    #[error("{0} must be at most {1} characters")]
    TooLong(&'static str, usize),
    /// A path with something else than a number.
    #[error("Invalid id")]
    InvalidId,
    /// No such ticket, or none that the visitor may see.
    #[error("SupportTicket not found with id: {0}")]
    TicketNotFound(i64),
    /// The same, for those who name a ticket by its key.
    #[error("SupportTicket not found")]
    KeyNotFound,
    /// What is sent with an agent's reply does not fit.
    #[error("{0}")]
    InvalidReply(&'static str),
    /// The model refuses.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What can happen on every line.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// The line has one text for everything that cannot be read.
    pub(crate) fn malformed(reason: impl Into<String>) -> Self {
        Self::Fault(Fault::BadRequest(reason.into()))
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

/// An error on its way to a client: the line's error body has the time of the request.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Failure {
    error: Error,
    context: Context,
}

impl Failure {
    /// What became of this request.
    pub(crate) fn of(request: &HttpRequest, error: Error) -> Self {
        Self { error, context: Context::of(request) }
    }
}

/// Answers a request with what `work` says.
pub(crate) async fn answer(
    request: &HttpRequest,
    work: impl Future<Output = Result<HttpResponse, Error>>,
) -> Result<HttpResponse, Failure> {
    work.await.map_err(|error| Failure::of(request, error))
}

/// The line's error body, its members in this order.
#[derive(Debug, Serialize)]
struct Shown {
    status: u16,
    error: &'static str,
    message: String,
    timestamp: String,
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match &self.error {
            Error::Required(_) | Error::TooLong(..) | Error::InvalidId | Error::InvalidReply(_) => {
                StatusCode::BAD_REQUEST
            }
            Error::TicketNotFound(_) | Error::KeyNotFound | Error::Refused(Refused::UnknownUser(_)) => {
                StatusCode::NOT_FOUND
            }
            Error::Refused(Refused::Move(..)) => StatusCode::CONFLICT,
            Error::Fault(fault) => Shape::Tours.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Error::Fault(fault) = &self.error {
            return Shape::Tours.respond(fault, &self.context);
        }
        let status = self.status_code();
        HttpResponse::build(status).json(Shown {
            status: status.as_u16(),
            error: status.canonical_reason().unwrap_or_default(),
            message: self.error.to_string(),
            timestamp: self.context.now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        })
    }
}

impl From<Error> for AgentError {
    fn from(error: Error) -> Self {
        match error {
            Error::TicketNotFound(_) | Error::KeyNotFound => Self::NotFound,
            Error::Refused(Refused::Move(..)) => Self::Illegal(error.to_string()),
            Error::Fault(fault) => Self::Fault(fault),
            Error::Required(_)
            | Error::TooLong(..)
            | Error::InvalidId
            | Error::InvalidReply(_)
            | Error::Refused(Refused::UnknownUser(_)) => Self::Invalid(error.to_string()),
        }
    }
}
