//! What browser applications of other origins may do: tours, attachments and files only (tours.md 5).
//!
//! The gateway alone answers this, so that it also holds for errors that no service has seen.

use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue,
    ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

use chassis::config::Origins;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept, Origin, X-Requested-With, Idempotency-Key, X-Request-Id",
);
const EXPOSED: HeaderValue = HeaderValue::from_static("Location, X-Request-Id, Idempotency-Replayed");
/// How long a browser may remember a preflight, in seconds.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("3600");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// The allowed origins.
#[derive(Debug)]
pub(crate) enum Cors {
    Any,
    Listed(Vec<HeaderValue>),
}

/// An origin in the configuration is no header value.
#[derive(Debug, thiserror::Error)]
#[error("tours.cors_origins: `{0}` is no origin")]
pub(crate) struct BadOrigin(String);

/// What a request's origin may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Every origin may.
    Any,
    /// This one may.
    Origin(HeaderValue),
    /// Not allowed, or no browser application at all: no headers.
    Nothing,
}

impl Cors {
    /// As configured; otherwise everybody in the local profile and nobody elsewhere.
    pub(crate) fn new(origins: Option<Origins>, local: bool) -> Result<Self, BadOrigin> {
        let listed = match origins {
            None if local => return Ok(Self::Any),
            None => Vec::new(),
            Some(Origins::Text(text)) => text.split(',').map(|origin| origin.trim().to_owned()).collect(),
            Some(Origins::List(list)) => list,
        };
        if listed.iter().any(|origin| origin == "*") {
            return Ok(Self::Any);
        }
        let listed = listed.into_iter().filter(|origin| !origin.is_empty());
        let listed = listed.map(|origin| HeaderValue::from_str(&origin).map_err(|_| BadOrigin(origin)));
        Ok(Self::Listed(listed.collect::<Result<_, _>>()?))
    }

    /// What the origin of this request may do.
    pub(crate) fn grant(&self, request: &HttpRequest) -> Grant {
        match (request.headers().get(ORIGIN), self) {
            (None, _) => Grant::Nothing,
            (Some(_), Self::Any) => Grant::Any,
            (Some(origin), Self::Listed(listed)) if listed.contains(origin) => Grant::Origin(origin.clone()),
            (Some(_), Self::Listed(_)) => Grant::Nothing,
        }
    }
}

/// Whether a browser asks what it may do.
pub(crate) fn is_preflight(request: &HttpRequest) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl Grant {
    /// The answer to a preflight.
    pub(crate) fn preflight(&self) -> HttpResponse {
        let mut response = HttpResponse::NoContent().finish();
        if self.add_origin(response.headers_mut()) {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
        }
        response
    }

    /// Adds what the origin may read to any other answer.
    pub(crate) fn add_to(&self, response: &mut HttpResponse) {
        if self.add_origin(response.headers_mut()) {
            response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn add_origin(&self, headers: &mut HeaderMap) -> bool {
        match self {
            Self::Nothing => return false,
            Self::Any => headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY),
            Self::Origin(origin) => {
                headers.append(VARY, HeaderValue::from_static("Origin"));
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone())
            }
        };
        true
    }
}
