//! Who may reach a handler. A route says whom it is for; without a right token no handler runs.

use std::ops::Deref;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, COOKIE};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse, web};
use auth::{Caller, Verifier};
use domain::{Line, Role};
use futures_util::future::{Ready, ready};
use metrics::counter;

use crate::observe::Started;
use crate::{Fault, Refusal};

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; a token is not looked at.
    Open,
    /// Callers with a token for this line.
    Line(Line),
    /// As `Line`, with the token in `Authorization` or, for browsers that cannot set a header on a WebSocket, in the
    /// cookie [`SESSION_COOKIE`]. The header counts if both are there.
    Session(Line),
    /// As `Line`, or nobody at all. A token that is there must be good.
    Guest(Line),
    /// Callers with any valid token.
    Token,
    /// Other Crossdesk services: tokens of role `service`.
    Service,
}

/// The cookie that may hold a token where [`Access::Session`] says so.
pub const SESSION_COOKIE: &str = "sesid";

/// The caller, whose token was verified before the handler ran.
#[derive(Debug, Clone)]
pub struct Signed {
    caller: Arc<Caller>,
    by_cookie: bool,
}

impl Signed {
    /// Whether the token came as a cookie, which a browser also sends along for other origins.
    #[must_use]
    pub fn by_cookie(&self) -> bool {
        self.by_cookie
    }
}

impl Deref for Signed {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl FromRequest for Signed {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Signed>().cloned();
        ready(caller.ok_or_else(|| Refusal::of(request, Fault::Unauthorized)))
    }
}

/// Lets the request through to the handler, with its caller, or refuses it.
pub(crate) async fn check(
    access: Access,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(access, request.request()).await {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        // As a response and not as an error: the middleware around us must see it.
        Err(fault) => {
            let refusal = Refusal::of(request.request(), fault);
            Ok(request.into_response(HttpResponse::from_error(refusal)))
        }
    }
}

async fn admit(access: Access, request: &HttpRequest) -> Result<(), Fault> {
    if access == Access::Open {
        return Ok(());
    }
    let found = match token(access, request) {
        Ok(None) if matches!(access, Access::Guest(_)) => return Ok(()),
        Ok(None) => Err(Fault::Unauthorized),
        Ok(Some(found)) => Ok(found),
        Err(refused) => Err(refused),
    };
    let caller = match found {
        Ok((token, by_cookie)) => verify(token, request).await.map(|caller| Signed { caller, by_cookie }),
        Err(refused) => Err(refused),
    };
    let caller = caller.inspect_err(|_| {
        let service = request.extensions().get::<Started>().map_or("unknown", |started| started.service);
        counter!(telemetry::names::TOKENS_REFUSED_TOTAL, "service" => service).increment(1);
    })?;
    if !permits(access, &caller) {
        return Err(Fault::Forbidden);
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

fn permits(access: Access, caller: &Caller) -> bool {
    match access {
        Access::Open | Access::Token => true,
        Access::Line(line) | Access::Session(line) | Access::Guest(line) => caller.may_use(line),
        Access::Service => caller.role() == Role::Service,
    }
}

/// The token, and whether it is a cookie; nothing if none was sent.
fn token(access: Access, request: &HttpRequest) -> Result<Option<(&str, bool)>, Fault> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    match (headers.next(), headers.next()) {
        (Some(_), Some(_)) => Err(Fault::Unauthorized),
        (Some(header), None) => {
            auth::bearer(header.as_bytes()).map(|token| Some((token, false))).ok_or(Fault::Unauthorized)
        }
        (None, _) if matches!(access, Access::Session(_)) => Ok(session_cookie(request).map(|token| (token, true))),
        (None, _) => Ok(None),
    }
}

fn session_cookie(request: &HttpRequest) -> Option<&str> {
    let headers = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
    let mut pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value.trim_matches('"'))
}

async fn verify(token: &str, request: &HttpRequest) -> Result<Arc<Caller>, Fault> {
    let verifier = request
        .app_data::<web::Data<Verifier>>()
        .ok_or_else(|| Fault::Internal("the service has no token verifier".to_owned()))?;
    if let Some(caller) = verifier.verify_cached(token) {
        return Ok(caller);
    }
    verifier.verify(token).await.map_err(|refused| match refused {
        auth::Refused::Token => Fault::Unauthorized,
        auth::Refused::KeysUnavailable => Fault::Unavailable("no keys of the issuer".to_owned()),
    })
}
