//! An error of the gateway, in the words of the line whose path it is.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use web::{Context, Fault, Shape};

/// A request that goes no further.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
struct Refusal {
    fault: Fault,
    shape: Shape,
    context: Context,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.shape.status(&self.fault)
    }

    fn error_response(&self) -> HttpResponse {
        self.shape.respond(&self.fault, &self.context)
    }
}

/// The answer to a request that goes no further. The cause stays with it, for the log.
pub(crate) fn refuse(request: &HttpRequest, shape: Shape, fault: Fault) -> HttpResponse {
    HttpResponse::from_error(Refusal { fault, shape, context: Context::of(request) })
}
