//! An answer whose bytes are known before it is sent, so that it can be stored with the change and given again.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use storage::once::Answer;

use crate::Fault;

/// An answer to a client.
#[derive(Debug, Clone)]
pub struct Reply {
    status: StatusCode,
    location: Option<String>,
    body: Vec<u8>,
}

impl Reply {
    /// JSON with this status.
    pub fn json(status: StatusCode, view: &impl Serialize) -> Result<Self, Fault> {
        let body = serde_json::to_vec(view).map_err(|error| Fault::Internal(error.to_string()))?;
        Ok(Self { status, location: None, body })
    }

    /// JSON with status 200.
    pub fn ok(view: &impl Serialize) -> Result<Self, Fault> {
        Self::json(StatusCode::OK, view)
    }

    /// Says where the new thing is.
    #[must_use]
    pub fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    pub(crate) fn to_answer(&self) -> Answer {
        // Statuses are below 600: they fit.
        let status = i16::try_from(self.status.as_u16()).unwrap_or(i16::MAX);
        Answer { status, location: self.location.clone(), body: self.body.clone() }
    }

    pub(crate) fn replay(answer: Answer) -> HttpResponse {
        let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let reply = Self { status: status.unwrap_or(StatusCode::OK), location: answer.location, body: answer.body };
        let mut response = reply.into_response();
        let yes = actix_web::http::header::HeaderValue::from_static("true");
        response.headers_mut().insert(actix_web::http::header::HeaderName::from_static("idempotency-replayed"), yes);
        response
    }

    /// The answer as actix sends it.
    #[must_use]
    pub fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if self.body.is_empty() {
            return response.finish();
        }
        response.insert_header(ContentType::json()).body(self.body)
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into_response()
    }
}
