//! A service's answer on its way to the client: small ones as one buffer, others piece by piece, as fast as the client
//! reads.

use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_LENGTH;
use reqwest::Response;
use tokio::time::timeout;
use web::Fault;

use crate::headers;
use crate::upload::{Pump, WHOLE_BYTES};

/// The answer to the client. A pump that still runs keeps feeding the service until its answer is complete.
pub(crate) async fn answer(
    request: &HttpRequest,
    response: Response,
    pump: Option<Pump>,
    cors: bool,
    patience: Duration,
) -> Result<HttpResponse, Fault> {
    let status = StatusCode::from_u16(response.status().as_u16())
        .map_err(|_| Fault::Unavailable("the service answered with an unknown status".to_owned()))?;
    // From the header, because the answer to HEAD has a length and no body.
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut answer = HttpResponse::new(status);
    headers::for_client(response.headers(), answer.headers_mut(), cors);
    let body = if request.method() == Method::HEAD {
        silent(length)
    } else if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        BoxBody::new(())
    } else if length.is_some_and(|length| length <= WHOLE_BYTES) {
        let bytes = timeout(patience, response.bytes()).await;
        let bytes = bytes.map_err(|_| Fault::TimedOut("the service's answer stalled".to_owned()))?;
        BoxBody::new(bytes.map_err(|_| Fault::Unavailable("the service's answer broke off".to_owned()))?)
    } else {
        streamed(response, pump, length)
    };
    Ok(answer.set_body(body))
}

/// No bytes, with the length that GET would have.
fn silent(length: Option<u64>) -> BoxBody {
    let nothing = stream::empty::<reqwest::Result<Bytes>>();
    match length {
        Some(length) => BoxBody::new(SizedStream::new(length, nothing)),
        None => BoxBody::new(BodyStream::new(nothing)),
    }
}

fn streamed(response: Response, pump: Option<Pump>, length: Option<u64>) -> BoxBody {
    let pieces = response.bytes_stream().map(move |piece| {
        let _until_the_end = &pump;
        piece
    });
    match length {
        Some(length) => BoxBody::new(SizedStream::new(length, pieces)),
        None => BoxBody::new(BodyStream::new(pieces)),
    }
}
