//! Who asks: the bearer of a token, or a guest where the configuration lets guests in.
//!
//! An extractor, and the first argument of the handlers, so that nothing of a request is read before its caller is known.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use auth::{Caller, Refused, Verifier};
use domain::{Actor, Line, Subject};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use metrics::counter;
use web::{Fault, Refusal, Signed};

use crate::App;

/// How far somebody's rights reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To all tickets and files: support, and guests where they are let in.
    All,
    /// To what is this customer's own.
    Own(Subject),
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    reach: Reach,
    actor: Actor,
    is_of_tours: bool,
}

impl Visitor {
    /// Somebody without a token, where that is allowed.
    pub(crate) fn guest() -> Self {
        Self { reach: Reach::All, actor: Actor::guest(), is_of_tours: true }
    }

    /// As events name the visitor.
    pub(crate) fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// How far the visitor's rights reach.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether the token covers the tours line; otherwise its bearer sees none of the line's tickets.
    pub(crate) fn is_of_tours(&self) -> bool {
        self.is_of_tours
    }
}

impl From<&Caller> for Visitor {
    fn from(caller: &Caller) -> Self {
        let reach = if caller.is_support() { Reach::All } else { Reach::Own(caller.subject().clone()) };
        Self { reach, actor: caller.actor(), is_of_tours: caller.may_use(Line::Tours) }
    }
}

/// On the attachments' own paths, where `Access::Guest` has looked at the token.
impl FromRequest for Visitor {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed = Signed::from_request(request, payload).into_inner();
        ready(match signed {
            Ok(caller) => Ok(Self::from(&*caller)),
            Err(_) if guests_are_let_in(request) => Ok(Self::guest()),
            Err(refusal) => Err(refusal),
        })
    }
}

/// Who asks for a file: with a token for this line, or as a guest.
#[derive(Debug)]
pub(crate) struct FileVisitor(pub(crate) Visitor);

impl FromRequest for FileVisitor {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match authenticate(&request).await {
                Ok(Some(caller)) if !caller.may_use(Line::Tours) => Err(Refusal::of(&request, Fault::Forbidden)),
                Ok(Some(caller)) => Ok(Self(Visitor::from(&*caller))),
                Ok(None) if guests_are_let_in(&request) => Ok(Self(Visitor::guest())),
                Ok(None) => Err(Refusal::of(&request, Fault::Unauthorized)),
                Err(fault) => {
                    counter!(telemetry::names::TOKENS_REFUSED_TOTAL, "service" => "attachments").increment(1);
                    Err(Refusal::of(&request, fault))
                }
            }
        })
    }
}

fn guests_are_let_in(request: &HttpRequest) -> bool {
    request.app_data::<Data<App>>().is_some_and(|app| app.guests)
}

/// The caller; nobody if no token was sent. A bad token is never treated as none.
async fn authenticate(request: &HttpRequest) -> Result<Option<Arc<Caller>>, Fault> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Ok(None),
        (Some(header), None) => header,
        (Some(_), Some(_)) => return Err(Fault::Unauthorized),
    };
    let verifier = request.app_data::<Data<Verifier>>();
    let verifier = verifier.ok_or_else(|| Fault::Internal("the service has no token verifier".to_owned()))?;
    let token = auth::bearer(header.as_bytes()).ok_or(Fault::Unauthorized)?;
    if let Some(caller) = verifier.verify_cached(token) {
        return Ok(Some(caller));
    }
    verifier.verify(token).await.map(Some).map_err(|refused| match refused {
        Refused::Token => Fault::Unauthorized,
        Refused::KeysUnavailable => Fault::Unavailable("no keys of the issuer".to_owned()),
    })
}
