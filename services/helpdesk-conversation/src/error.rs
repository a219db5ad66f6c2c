//! What can go wrong on the helpdesk line, and the line's words for it (contract, section 5).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use storage::DbError;
use web::agent_api::AgentError;
use web::{Context, Fault, Shape};

use crate::model::Refused;

/// An operation of the helpdesk line that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The body does not fit.
    #[error("{0}")]
    InvalidBody(String),
    /// A query parameter does not fit.
    #[error("{0}")]
    InvalidQuery(String),
    /// No such ticket, or none that the caller may see.
    #[error("not found")]
    TicketNotFound,
    /// No such conversation, or the caller is no member.
    #[error("not found")]
    ConversationNotFound,
    /// No such notification of the caller.
    #[error("not found")]
    NotificationNotFound,
    /// No such user, or none that the caller may see.
    #[error("not found")]
    UserNotFound,
    /// The operation is for the support team; others do not even learn that it exists.
    #[error("not found")]
    SupportOnly,
    /// The path is a WebSocket's, and the request is not the start of one.
    #[error("a WebSocket upgrade is required")]
    UpgradeRequired,
    /// The model refuses. Only agents, in the desk, can get here.
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

impl Error {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidBody(_) => "request:body:invalid",
            Self::InvalidQuery(_) => "request:query:invalid",
            Self::TicketNotFound => "support:ticket:not-found",
            Self::ConversationNotFound => "conversation:not-found",
            Self::NotificationNotFound => "event:not-found",
            Self::UserNotFound => "user:not-found",
            Self::UpgradeRequired => "websocket:upgrade:required",
            // Never shown: the model's refusals reach agents as an `AgentError`; the others have bodies of their own.
            Self::Refused(_) | Self::SupportOnly | Self::Fault(_) => "internal",
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidBody(_) | Self::InvalidQuery(_) | Self::UpgradeRequired => StatusCode::BAD_REQUEST,
            Self::TicketNotFound
            | Self::ConversationNotFound
            | Self::NotificationNotFound
            | Self::UserNotFound
            | Self::SupportOnly => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Fault(fault) => Shape::Helpdesk.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        match self {
            Self::SupportOnly => HttpResponse::build(status).finish(),
            Self::Fault(fault) => {
                // The helpdesk shape repeats nothing of the request.
                let context = Context { tracking_id: String::new(), now: chrono::DateTime::UNIX_EPOCH };
                Shape::Helpdesk.respond(fault, &context)
            }
            _ => HttpResponse::build(status).json(json!({"error": self.code(), "raw": self.to_string()})),
        }
    }
}

impl From<Error> for AgentError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => Self::Illegal(refused.to_string()),
            Error::Fault(fault) => Self::Fault(fault),
            Error::InvalidBody(_) | Error::InvalidQuery(_) | Error::UpgradeRequired => Self::Invalid(error.to_string()),
            Error::TicketNotFound
            | Error::ConversationNotFound
            | Error::NotificationNotFound
            | Error::UserNotFound
            | Error::SupportOnly => Self::NotFound,
        }
    }
}
