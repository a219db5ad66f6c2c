//! The early look at a token. It only keeps bad tokens from the services: what a caller may do, they decide, and they
//! verify again.
//!
//! A token that is missing passes. Only the service knows whether path and method exist, and those answers (404, 405) come
//! before 401 (contracts, README 3.13).

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, COOKIE};
use auth::{Caller, Refused, Verifier};
use metrics::counter;
use web::Fault;

use crate::policies::Credentials;

/// The caller if a good token was sent, nobody if none was, 401 for a bad one.
pub(crate) async fn check(
    credentials: Credentials,
    request: &HttpRequest,
    verifier: &Verifier,
) -> Result<Option<Arc<Caller>>, Fault> {
    // Asking for the methods of a path needs no identity (contracts, README 3.7).
    if credentials == Credentials::Unseen || request.method() == Method::OPTIONS {
        return Ok(None);
    }
    let refused = || {
        counter!(telemetry::names::TOKENS_REFUSED_TOTAL, "service" => "gateway").increment(1);
        Fault::Unauthorized
    };
    let Some(token) = token(credentials, request).map_err(|MoreThanOne| refused())? else { return Ok(None) };
    let token = token.ok_or_else(refused)?;
    if let Some(caller) = verifier.verify_cached(token) {
        return Ok(Some(caller));
    }
    match verifier.verify(token).await {
        Ok(caller) => Ok(Some(caller)),
        Err(Refused::Token) => Err(refused()),
        // The service may still have the issuer's keys.
        Err(Refused::KeysUnavailable) => Ok(None),
    }
}

/// More than one `Authorization` header: nobody can say which counts.
struct MoreThanOne;

/// What was sent as a token, if anything was; inside, nothing if it has not the form of one.
fn token(credentials: Credentials, request: &HttpRequest) -> Result<Option<Option<&str>>, MoreThanOne> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    match (headers.next(), headers.next()) {
        (Some(_), Some(_)) => Err(MoreThanOne),
        (Some(header), None) => Ok(Some(auth::bearer(header.as_bytes()))),
        (None, _) => Ok(match credentials {
            Credentials::BearerOrCookie(name) => cookie(request, name).map(Some),
            Credentials::Bearer | Credentials::Unseen => None,
        }),
    }
}

/// The value of the first cookie of this name.
fn cookie<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
    let mut pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value.trim_matches('"'))
}
