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

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// Most characters of an `Idempotency-Key`.
const MAX_KEY_CHARS: usize = 255;

/// The media types that an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json` or any `+json`. A request without a body needs no content type.
    Json,
    /// As `Json`, also any `*/json` and `application/x-www-form-urlencoded`; a content type is always needed.
    JsonOrForm,
}

/// A request that is read from its body.
pub trait FromBody: Sized + 'static {
    /// The line's own error.
    type Error: Into<Error>;

    /// What the operation takes.
    const MEDIA: Media = Media::Json;

    /// The largest body it takes.
    const MAX_BYTES: usize = MAX_BODY_BYTES;

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
            let bytes = read::<T>(&request, payload).await?;
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
            let bytes = read::<T>(&request, payload).await?;
            let key = key(&request, &bytes).map_err(|fault| Refusal::of(&request, fault))?;
            let body = T::from_body(&bytes, &request).map_err(Into::into)?;
            Ok(Self { body, key })
        })
    }
}

/// Reads a body within the limit.
async fn read<T: FromBody>(request: &HttpRequest, mut payload: Payload) -> Result<Bytes, Refusal> {
    let is_taken = T::MEDIA.takes(&essence(request.headers()));
    let refuse = |fault| Err(Refusal::of(request, fault));
    if !is_taken && T::MEDIA == Media::JsonOrForm {
        return refuse(Fault::UnsupportedMediaType);
    }
    let over = if is_taken { Fault::TooLarge } else { Fault::UnsupportedMediaType };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > T::MAX_BYTES) {
        return refuse(over);
    }
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(FIRST_BYTES));
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return refuse(Fault::BadRequest("malformed JSON".to_owned())) };
        if bytes.len() + chunk.len() > T::MAX_BYTES {
            return refuse(over);
        }
        bytes.extend_from_slice(&chunk);
    }
    if !is_taken && !bytes.is_empty() {
        return refuse(Fault::UnsupportedMediaType);
    }
    Ok(bytes.freeze())
}

impl Media {
    fn takes(self, essence: &str) -> bool {
        let is_json = essence == "application/json" || (essence.contains('/') && essence.ends_with("+json"));
        match self {
            Self::Json => is_json,
            Self::JsonOrForm => is_json || essence.ends_with("/json") || essence == FORM,
        }
    }
}

/// The content type without its parameters, in lower case; empty if there is none.
fn essence(headers: &HeaderMap) -> String {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether the body is a form.
#[must_use]
pub fn is_form(request: &HttpRequest) -> bool {
    essence(request.headers()) == FORM
}

/// The request's idempotency key, if it has one.
fn key(request: &HttpRequest, body: &[u8]) -> Result<Option<Key>, Fault> {
    let malformed = || Fault::BadRequest("Idempotency-Key is malformed".to_owned());
    let mut given = request.headers().get_all("idempotency-key");
    let Some(value) = given.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| malformed())?;
    let bare = text.strip_prefix('"').map_or(Some(text), |rest| rest.strip_suffix('"'));
    let key = bare.ok_or_else(malformed)?;
    let fits =
        (1..=MAX_KEY_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
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
