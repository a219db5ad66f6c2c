//! Lets visitors in, guests as far as the configuration says. Refused guests get their 401 before anything of the
//! request is read: extractors work in the order of a handler's arguments, so this one stands before the body.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};
use web::{Fault, Refusal, Signed};

use crate::App;
use crate::model::Visitor;
use chassis::config::AnonymousAccess;

/// Somebody who may use the operations on tickets that are there.
#[derive(Debug)]
pub(crate) struct Admitted(Visitor);

/// Somebody who may open a ticket.
#[derive(Debug)]
pub(crate) struct Creator(Visitor);

impl Deref for Admitted {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl Deref for Creator {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl FromRequest for Admitted {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(
            visitor(request, payload, |app| match app.guests.access {
                AnonymousAccess::Full => Ok(()),
                AnonymousAccess::CreateOnly | AnonymousAccess::None => Err(Fault::Unauthorized),
            })
            .map(Self),
        )
    }
}

impl FromRequest for Creator {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(
            visitor(request, payload, |app| match app.guests.access {
                AnonymousAccess::Full => Ok(()),
                AnonymousAccess::CreateOnly => {
                    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
                    app.guests.limiter.check(forwarded, request.peer_addr())
                }
                AnonymousAccess::None => Err(Fault::Unauthorized),
            })
            .map(Self),
        )
    }
}

/// The bearer of a token, which was verified before, or a guest if `admit` says so.
fn visitor(
    request: &HttpRequest,
    payload: &mut Payload,
    admit: impl FnOnce(&App) -> Result<(), Fault>,
) -> Result<Visitor, Refusal> {
    if let Ok(signed) = Signed::from_request(request, payload).into_inner() {
        return Ok(Visitor::from(&*signed));
    }
    let app = request.app_data::<Data<App>>();
    let app = app.ok_or_else(|| Refusal::of(request, Fault::Internal("the worker has no app".to_owned())))?;
    admit(app).map_err(|fault| Refusal::of(request, fault))?;
    Ok(Visitor::Guest)
}
