//! What is checked right after the token and before the body: extractors that are ready at once, put first.

use actix_web::dev::Payload;
use actix_web::http::header::ORIGIN;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::future::{Ready, ready};
use web::{Fault, Signed};

use crate::App;
use crate::error::Error;

/// The request does not come from somebody else's web page on the back of the user's cookie (contract, section 2). For
/// every operation that changes something, and for the sockets.
#[derive(Debug)]
pub(crate) struct SameOrigin;

impl FromRequest for SameOrigin {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let by_cookie = request.extensions().get::<Signed>().is_some_and(Signed::by_cookie);
        let fine = !by_cookie || request.headers().get_all(ORIGIN).all(|origin| is_ours(request, origin.as_bytes()));
        ready(if fine { Ok(Self) } else { Err(Fault::Forbidden.into()) })
    }
}

fn is_ours(request: &HttpRequest, origin: &[u8]) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let app = request.app_data::<Data<App>>();
    let is_allowed = app.is_some_and(|app| app.config.allowed_origins.contains(origin));
    is_allowed || origin.eq_ignore_ascii_case(&web::origin(request))
}

/// The caller is of the support team. Others get a 404 without a body, whatever they sent (contract, section 5).
#[derive(Debug)]
pub(crate) struct Support;

impl FromRequest for Support {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let is_support = request.extensions().get::<Signed>().is_some_and(|caller| caller.is_support());
        ready(if is_support { Ok(Self) } else { Err(Error::SupportOnly) })
    }
}

/// The `{id}` of the path: an integer from 1 to 2147483647, in digits. Anything else is the id of nothing.
pub(crate) fn path_id(request: &HttpRequest) -> Option<i32> {
    parse_id(request.match_info().get("id").unwrap_or_default())
}

/// Digits only: no sign, no space.
pub(super) fn parse_id(text: &str) -> Option<i32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok().filter(|id| *id > 0) } else { None }
}
