//! Who calls: the checks of the headers, in the order of the contract (section 2), before anybody looks at the body.
//!
//! actix polls the extractors of a handler side by side. So the order of checks is one extractor's business: [`Source`]
//! for a read, [`Sent`] for a request with a body.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{Error as ActixError, FromRequest, HttpRequest, HttpResponse};
use domain::Subject;
use futures_util::future::LocalBoxFuture;
use metrics::counter;
use serde::Serialize;
use web::{Body, Fault, FromBody};

use crate::App;
use crate::db::Owner;
use crate::error::{Error, Rejection};
use crate::model::{CustomerId, Draft, Submission};

const TRACKING_ID: &str = "request-tracking-id";
const PROFILE_ID: &str = "profileid";
/// Most characters of a `Request-Tracking-Id`.
const MAX_TRACKING_CHARS: usize = 128;

/// A caller that passed every check, and the customer its request is about.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    user: String,
    profile: Subject,
    tracking_id: String,
    customer: CustomerId,
    request: HttpRequest,
}

/// A request with a body, which was not looked at before its caller was known.
#[derive(Debug)]
pub(crate) struct Sent<T> {
    pub(crate) source: Source,
    pub(crate) body: T,
}

impl FromRequest for Source {
    type Error = Rejection;
    type Future = LocalBoxFuture<'static, Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { identify(&request).await.map_err(|error| Rejection::of(&request, error)) })
    }
}

impl<T: FromBody> FromRequest for Sent<T> {
    type Error = ActixError;
    type Future = LocalBoxFuture<'static, Result<Self, ActixError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let source = identify(&request).await.map_err(|error| Rejection::of(&request, error))?;
            let Body(body) = Body::from_request(&request, &mut payload).await?;
            Ok(Self { source, body })
        })
    }
}

impl Source {
    /// What the caller sends, with all that makes it the same request or another.
    pub(crate) fn submits(&self, draft: Draft) -> Submission {
        Submission {
            user: self.user.clone(),
            profile: self.profile.clone(),
            tracking_id: self.tracking_id.clone(),
            customer: self.customer.clone(),
            draft,
        }
    }

    /// Whose tickets the caller sees.
    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner { user: &self.user, customer: &self.customer }
    }

    pub(crate) fn tracking_id(&self) -> &str {
        &self.tracking_id
    }

    /// The answer: good or bad, it repeats the tracking id.
    pub(crate) fn answer(&self, result: Result<impl Serialize, Error>) -> Result<HttpResponse, Rejection> {
        match result {
            Ok(body) => {
                Ok(HttpResponse::Ok().insert_header(("Request-Tracking-Id", self.tracking_id.as_str())).json(body))
            }
            Err(error) => Err(Rejection::of(&self.request, error)),
        }
    }
}

/// The checks 1 to 5.
async fn identify(request: &HttpRequest) -> Result<Source, Error> {
    let app = request.app_data::<Data<App>>().ok_or_else(|| Fault::Internal("the worker has no state".to_owned()))?;
    let credentials = the_only(request, AUTHORIZATION.as_str()).and_then(auth::basic::parse);
    let user = match credentials {
        Some((name, password)) => app.users.authenticate(&name, &password).await,
        None => None,
    };
    let user = user.ok_or(Fault::Unauthorized).inspect_err(|_| {
        counter!(telemetry::names::TOKENS_REFUSED_TOTAL, "service" => "mas-gateway").increment(1);
    })?;
    let tracking_id = tracking_id(request).ok_or_else(|| Error::bad_request("Request-Tracking-Id is required"))?;
    let profile = the_only(request, PROFILE_ID).and_then(|value| std::str::from_utf8(value).ok());
    let profile = profile.filter(|text| !text.trim().is_empty());
    let profile = profile.ok_or_else(|| Error::bad_request("ProfileId is required"))?;
    if !user.has_profile(profile) {
        return Err(Error::SourceNotConfigured);
    }
    let customer = request.match_info().get("customerId").and_then(CustomerId::parse);
    Ok(Source {
        user: user.name().to_owned(),
        profile: Subject::try_from(profile).map_err(|_| Error::SourceNotConfigured)?,
        tracking_id: tracking_id.to_owned(),
        customer: customer.ok_or_else(|| Error::bad_request("customerId must be 1 to 18 digits"))?,
        request: request.clone(),
    })
}

/// The `Request-Tracking-Id`, if it is a good one: 1 to 128 visible ASCII characters, sent once.
pub(crate) fn tracking_id(request: &HttpRequest) -> Option<&str> {
    let text = std::str::from_utf8(the_only(request, TRACKING_ID)?).ok()?;
    let fits = (1..=MAX_TRACKING_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(text)
}

/// A header that was sent exactly once.
fn the_only<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a [u8]> {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}
