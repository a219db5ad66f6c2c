//! Who may reach a handler. A route says whom it is for; without a right token no handler runs.

use std::ops::Deref;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse, web};
use auth::{Caller, Verifier};
use domain::{Line, Role};
use futures_util::future::{Ready, ready};
use metrics::counter;

use crate::{Fault, Refusal};

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; a token is not looked at.
    Open,
    /// Callers with a token for this line.
    Line(Line),
    /// Callers with any valid token.
    Token,
    /// Other Crossdesk services: tokens of role `service`.
    Service,
}

/// The caller, whose token was verified before the handler ran.
#[derive(Debug, Clone)]
pub struct Signed(Arc<Caller>);

impl Deref for Signed {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
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
    let caller = authenticate(request).await.inspect_err(|_| {
        counter!(telemetry::names::TOKENS_REFUSED_TOTAL).increment(1);
    })?;
    if !permits(access, &caller) {
        return Err(Fault::Forbidden);
    }
    request.extensions_mut().insert(Signed(caller));
    Ok(())
}

fn permits(access: Access, caller: &Caller) -> bool {
    match access {
        Access::Open | Access::Token => true,
        Access::Line(line) => caller.may_use(line),
        Access::Service => caller.role() == Role::Service,
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Arc<Caller>, Fault> {
    let verifier = request
        .app_data::<web::Data<Verifier>>()
        .ok_or_else(|| Fault::Internal("the service has no token verifier".to_owned()))?;
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(Fault::Unauthorized) };
    let token = auth::bearer(header.as_bytes()).ok_or(Fault::Unauthorized)?;
    if let Some(caller) = verifier.verify_cached(token) {
        return Ok(caller);
    }
    verifier.verify(token).await.map_err(|refused| match refused {
        auth::Refused::Token => Fault::Unauthorized,
        auth::Refused::KeysUnavailable => Fault::Unavailable("no keys of the issuer".to_owned()),
    })
}
