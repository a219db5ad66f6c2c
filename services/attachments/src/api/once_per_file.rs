//! `Idempotency-Key` of an upload. The bytes of the body differ from one sending to the next (each has a boundary of its
//! own), so what makes it the same request is the file: its content, its name, and who sends it.

use actix_web::HttpRequest;
use auth::Caller;
use sha2::{Digest as _, Sha256};
use storage::once::Key;
use web::Fault;

use crate::upload::Received;

/// Most characters of a key (contracts, README 3.10).
const MAX_KEY_CHARS: usize = 255;

/// The client's key, if it sends one: 1 to 255 visible ASCII characters, bare or as a quoted string.
pub(super) fn given_key(request: &HttpRequest) -> Result<Option<String>, Fault> {
    let malformed = || Fault::BadRequest("Idempotency-Key is malformed".to_owned());
    let mut given = request.headers().get_all("idempotency-key");
    let Some(value) = given.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| malformed())?;
    let key = text.strip_prefix('"').map_or(Some(text), |rest| rest.strip_suffix('"')).ok_or_else(malformed)?;
    let fits = (1..=MAX_KEY_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && given.next().is_none() { Ok(Some(key.to_owned())) } else { Err(malformed()) }
}

/// The key with what it stands for.
pub(super) fn key_of(key: String, caller: &Caller, received: &Received) -> Key {
    let mut fingerprint = Sha256::new();
    fingerprint.update(received.inspection.sha256);
    fingerprint.update(received.name.as_bytes());
    Key { scope: format!("POST /files {}", caller.subject()), key, fingerprint: fingerprint.finalize().to_vec() }
}
