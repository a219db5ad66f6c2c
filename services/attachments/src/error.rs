//! What can go wrong, and the line's words for it (contract, sections 4 and 9).
//!
//! The line's errors tell the server's time, so an [`Error`] becomes an answer only together with its request.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_RANGE;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use storage::DbError;
use web::{Context, Fault, Shape};

/// An operation that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A member does not fit; the text is the contract's.
    #[error("{0}")]
    Invalid(String),
    /// The path's id is no number.
    #[error("Invalid id")]
    InvalidId,
    /// No such attachment, or none that the caller may see.
    #[error("SupportTicketAttachment not found with id: {0}")]
    AttachmentNotFound(i64),
    /// No such ticket, or none that the caller may see.
    #[error("SupportTicket not found for ticketId: {0}")]
    TicketNotFound(i64),
    /// The uploaded file has no bytes.
    #[error("file is empty")]
    FileEmpty,
    /// The upload has no file, or two.
    #[error("file is required")]
    FileRequired,
    /// The bytes asked for are not in the file, which has this many.
    #[error("Range not satisfiable")]
    RangeNotSatisfiable(u64),
    /// What can happen on every line.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

impl Error {
    /// The whole request does not fit.
    pub(crate) fn malformed() -> Self {
        Self::Fault(Fault::BadRequest("malformed request".to_owned()))
    }

    /// As the answer to this request.
    pub(crate) fn on(self, request: &HttpRequest) -> Rejected {
        Rejected { error: self, context: Context::of(request) }
    }
}

/// An error on its way to a client.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Rejected {
    error: Error,
    context: Context,
}

/// The line's error body: the order of the members is part of the contract.
#[derive(Serialize)]
struct ErrorBody<'a> {
    status: u16,
    error: &'a str,
    message: &'a str,
    timestamp: String,
}

impl ResponseError for Rejected {
    fn status_code(&self) -> StatusCode {
        match &self.error {
            Error::Invalid(_) | Error::InvalidId | Error::FileEmpty | Error::FileRequired => StatusCode::BAD_REQUEST,
            Error::AttachmentNotFound(_) | Error::TicketNotFound(_) => StatusCode::NOT_FOUND,
            Error::RangeNotSatisfiable(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Error::Fault(fault) => Shape::Tours.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Error::Fault(fault) = &self.error {
            return Shape::Tours.respond(fault, &self.context);
        }
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        if let Error::RangeNotSatisfiable(size) = self.error {
            response.insert_header((CONTENT_RANGE, format!("bytes */{size}")));
        }
        response.json(ErrorBody {
            status: status.as_u16(),
            error: status.canonical_reason().unwrap_or_default(),
            message: &self.error.to_string(),
            timestamp: self.context.now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        })
    }
}
