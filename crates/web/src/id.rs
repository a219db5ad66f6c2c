//! The id of a request: the caller's if it has the right form, else a new one (contracts, README 3.8).

use actix_web::http::header::{HeaderMap, HeaderName};
use domain::Clock;

/// Names a request in answers, logs and between services.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Most characters taken from a caller.
const MAX_CHARS: usize = 128;

/// The request's id.
#[must_use]
pub fn request_id(headers: &HeaderMap, clock: &dyn Clock) -> String {
    let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    match given {
        Some(id) if (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(is_id_byte) => id.to_owned(),
        _ => clock.new_id().to_string(),
    }
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
