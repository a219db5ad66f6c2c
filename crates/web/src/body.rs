//! Request bodies: media type, then size, then content, as the contracts order it (README 3.13).

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::BytesMut;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use sha2::{Digest as _, Sha256};
use storage::once::Key;

use crate::{Fault, Refusal, Signed};

/// Largest body, unless a line says otherwise (contracts, README 3.6).
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Memory taken for a body before any of it has come, whatever is announced.
const FIRST_BYTES: usize = 16 * 1024;

/// Most characters of an `Idempotency-Key`.
const MAX_KEY_CHARS: usize = 255;

/// A request that is read from a JSON body.
pub trait FromBody: Sized + 'static {
    /// The line's own error.
    type Error: Into<Error>;

    /// Reads the bytes; empty if there is no body.
    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Self::Error>;
}

/// A parsed body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: FromBody> FromRequest for Body<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload).await?;
            T::from_body(&bytes, &request).map(Self).map_err(Into::into)
        })
    }
}

/// A parsed body of a request that creates something, with its `Idempotency-Key` if it has one.
#[derive(Debug)]
pub struct Post<T> {
    /// The parsed body.
    pub body: T,
    /// What makes it the same request.
    pub key: Option<Key>,
}

impl<T: FromBody> FromRequest for Post<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload).await?;
            let key = key(&request, &bytes).map_err(|fault| Refusal::of(&request, fault))?;
            let body = T::from_body(&bytes, &request).map_err(Into::into)?;
            Ok(Self { body, key })
        })
    }
}

/// Reads a JSON body within the limit. A request without a body needs no content type.
async fn read(request: &HttpRequest, mut payload: Payload) -> Result<Bytes, Refusal> {
    let json = is_json(request.headers());
    let refuse = |fault| Err(Refusal::of(request, fault));
    let over = if json { Fault::TooLarge } else { Fault::UnsupportedMediaType };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES) {
        return refuse(over);
    }
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(FIRST_BYTES));
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return refuse(Fault::BadRequest("malformed JSON".to_owned())) };
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return refuse(over);
        }
        bytes.extend_from_slice(&chunk);
    }
    if !json && !bytes.is_empty() {
        return refuse(Fault::UnsupportedMediaType);
    }
    Ok(bytes.freeze())
}

/// `application/json` or any `+json`; parameters do not matter.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.contains('/') && essence.ends_with("+json"))
}

/// The request's idempotency key, if it has one.
fn key(request: &HttpRequest, body: &[u8]) -> Result<Option<Key>, Fault> {
    let malformed = || Fault::BadRequest("Idempotency-Key is malformed".to_owned());
    let mut given = request.headers().get_all("idempotency-key");
    let Some(value) = given.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| malformed())?;
    let bare = text.strip_prefix('"').map_or(Some(text), |rest| rest.strip_suffix('"'));
    let key = bare.ok_or_else(malformed)?;
    let fits = (1..=MAX_KEY_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits || given.next().is_some() {
        return Err(malformed());
    }
    let caller = request.extensions().get::<Signed>().map_or_else(String::new, |signed| signed.subject().to_string());
    // Guests have no subject; a subject is never empty.
    let route = request.match_pattern().unwrap_or_default();
    let content_type = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let mut fingerprint = Sha256::new();
    for part in [request.method().as_str().as_bytes(), request.path().as_bytes(), content_type, body] {
        fingerprint.update((part.len() as u64).to_be_bytes());
        fingerprint.update(part);
    }
    Ok(Some(Key {
        scope: format!("{} {route} {caller}", request.method()),
        key: key.to_owned(),
        fingerprint: fingerprint.finalize().to_vec(),
    }))
}
