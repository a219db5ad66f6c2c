//! Errors that every line has, free of any line's words for them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use storage::DbError;

use crate::{Context, Shape};

/// An error that every line has. [`Shape`] gives it a line's words.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No token, or one that is refused. The response never says which.
    #[error("not authenticated")]
    Unauthorized,
    /// A good token that lacks the right.
    #[error("not permitted")]
    Forbidden,
    /// No such path.
    #[error("no such path")]
    PathNotFound,
    /// The path exists, with these methods.
    #[error("method not allowed; allowed are {0}")]
    MethodNotAllowed(String),
    /// The request is malformed in a way no operation describes.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// The body is above the limit.
    #[error("body too large")]
    TooLarge,
    /// The body's content type is not accepted.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// The idempotency key belongs to another request.
    #[error("idempotency key reused")]
    KeyReused,
    /// The first request with this idempotency key still runs.
    #[error("idempotency key in use")]
    KeyInUse,
    /// Too many requests; try again after this long.
    #[error("rate limited")]
    RateLimited(Duration),
    /// A defect. The cause is for the log.
    #[error("internal error: {0}")]
    Internal(String),
    /// Something we need is away. The cause is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Something we need did not answer in time.
    #[error("timed out: {0}")]
    TimedOut(String),
}

impl Fault {
    /// The HTTP status, the same on every line but for loan's 403.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::PathNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyInUse => StatusCode::CONFLICT,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        if error.is_temporary() { Self::Unavailable(error.to_string()) } else { Self::Internal(format!("{error:?}")) }
    }
}

/// A fault on its way to a client, with the shape of the line it happened on.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Refusal {
    fault: Fault,
    shape: Shape,
    context: Context,
}

impl Refusal {
    /// Refuses this request, in the shape of the service that got it.
    #[must_use]
    pub fn of(request: &HttpRequest, fault: Fault) -> Self {
        let shape = request.app_data::<Shape>().copied().unwrap_or(Shape::Problem);
        Self { fault, shape, context: Context::of(request) }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.shape.status(&self.fault)
    }

    fn error_response(&self) -> HttpResponse {
        self.shape.respond(&self.fault, &self.context)
    }
}
