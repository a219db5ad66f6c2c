//! What can go wrong on the MAS line, and the line's words for it (contract, section 7).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use storage::DbError;
use web::agent_api::AgentError;
use web::{Context, Fault, Shape};

use crate::api::tracking_id;
use crate::model::Refused;

/// An operation of the MAS line that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request does not fit: one text for each problem, in the document's order.
    #[error("the request does not fit")]
    BadRequest(Vec<String>),
    /// The profile is unknown, or not this user's.
    #[error("Source not configured")]
    SourceNotConfigured,
    /// No such ticket, or none that the caller may see.
    #[error("Ticket not found")]
    TicketNotFound,
    /// The model refuses; only agents get this far.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What can happen on every line.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// One problem.
    pub(crate) fn bad_request(problem: &str) -> Self {
        Self::BadRequest(vec![problem.to_owned()])
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(Fault::Internal(error.to_string()))
    }
}

/// An error on its way to a client: its body repeats the request's tracking id.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Rejection {
    error: Error,
    context: Context,
}

impl Rejection {
    /// Refuses this request.
    pub(crate) fn of(request: &HttpRequest, error: Error) -> Self {
        let tracking_id = tracking_id(request).unwrap_or_default().to_owned();
        Self { error, context: Context { tracking_id, ..Context::of(request) } }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Details<'a>,
    request_tracking_id: &'a str,
}

#[derive(Serialize)]
struct Details<'a> {
    code: &'a str,
    message: &'static str,
    errors: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    message: &'a str,
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        match &self.error {
            Error::BadRequest(_) | Error::Refused(_) => StatusCode::BAD_REQUEST,
            Error::SourceNotConfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Error::TicketNotFound => StatusCode::NOT_FOUND,
            Error::Fault(fault) => Shape::Mas.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let text = self.error.to_string();
        let (message, errors) = match &self.error {
            Error::Fault(fault) => return Shape::Mas.respond(fault, &self.context),
            Error::BadRequest(problems) => ("Bad Request", problems.iter().map(String::as_str).collect()),
            Error::Refused(_) => ("Bad Request", vec![text.as_str()]),
            Error::SourceNotConfigured => ("Service Error", vec![text.as_str()]),
            Error::TicketNotFound => ("Not Found", vec![text.as_str()]),
        };
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        if !self.context.tracking_id.is_empty() {
            response.insert_header(("Request-Tracking-Id", self.context.tracking_id.as_str()));
        }
        response.json(Body {
            error: Details {
                code: status.as_str(),
                message,
                errors: errors.into_iter().map(|message| Problem { message }).collect(),
            },
            request_tracking_id: &self.context.tracking_id,
        })
    }
}

impl From<Error> for AgentError {
    fn from(error: Error) -> Self {
        match error {
            Error::TicketNotFound => Self::NotFound,
            Error::Refused(refused) => Self::Illegal(refused.to_string()),
            Error::BadRequest(problems) => Self::Invalid(problems.join("; ")),
            Error::SourceNotConfigured => Self::Invalid(error.to_string()),
            Error::Fault(fault) => Self::Fault(fault),
        }
    }
}
