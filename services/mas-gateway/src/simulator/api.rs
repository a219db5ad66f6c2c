//! The simulator's operations.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use web::{Body, Fault};

use super::SimulatorApp;
use super::effects::{self, Count, Decision, Effect};
use super::faults::{Failure, Order, Plan};
use super::requests::{Error, Resume, broken, limit, refused};

#[derive(OpenApi)]
#[openapi(
    info(title = "MAS simulator", description = "A stand-in for MAS: records each effect once, fails on demand."),
    paths(resume_service, list_effects, count_effects, set_faults)
)]
struct Document;

pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// A list of effects.
#[derive(Debug, Serialize, ToSchema)]
struct Effects {
    effects: Vec<Effect>,
}

/// Resume a service, once for each Idempotency-Key.
#[utoipa::path(post, path = "/resume-requests", params(("Idempotency-Key" = String, Header)),
    request_body = serde_json::Value, responses((status = 200, body = Decision), (status = 400), (status = 401),
    (status = 422), (status = 503)))]
pub(crate) async fn resume_service(
    app: Data<SimulatorApp>,
    request: HttpRequest,
    body: Body<Resume>,
) -> Result<HttpResponse, Error> {
    check_token(&app, &request)?;
    tokio::time::sleep(app.faults.delay()).await;
    let failure = app.faults.draw(rand::random());
    if failure == Some(Failure::Refuse) {
        return Err(Error::Ordered);
    }
    let mut conn = app.db.conn().await.map_err(|error| broken(&request, error))?;
    let decision = effects::effect(&mut conn, &body.0).await.map_err(|error| broken(&request, error))?;
    if failure == Some(Failure::LoseAnswer) {
        return Err(Error::Ordered);
    }
    if !decision.is_same_request {
        return Err(Error::KeyReused);
    }
    Ok(HttpResponse::Ok().json(decision))
}

/// List effects, newest first.
#[utoipa::path(get, path = "/effects", params(("limit" = Option<i32>, Query)),
    responses((status = 200, body = Effects), (status = 400), (status = 401)))]
pub(crate) async fn list_effects(app: Data<SimulatorApp>, request: HttpRequest) -> Result<HttpResponse, Error> {
    check_token(&app, &request)?;
    let limit = limit(&request)?;
    let mut conn = app.db.conn().await.map_err(|error| broken(&request, error))?;
    let effects = effects::list(&mut conn, limit).await.map_err(|error| broken(&request, error))?;
    Ok(HttpResponse::Ok().json(Effects { effects }))
}

/// Count effects, and how often they were asked for.
#[utoipa::path(get, path = "/effects/count", responses((status = 200, body = Count), (status = 401)))]
pub(crate) async fn count_effects(app: Data<SimulatorApp>, request: HttpRequest) -> Result<HttpResponse, Error> {
    check_token(&app, &request)?;
    let mut conn = app.db.conn().await.map_err(|error| broken(&request, error))?;
    let count = effects::count(&mut conn).await.map_err(|error| broken(&request, error))?;
    Ok(HttpResponse::Ok().json(count))
}

/// Order faults; what is left out stays as it is.
#[utoipa::path(post, path = "/simulator/faults", request_body = Order,
    responses((status = 200, body = Plan), (status = 401), (status = 422)))]
pub(crate) async fn set_faults(
    app: Data<SimulatorApp>,
    request: HttpRequest,
    body: Body<Order>,
) -> Result<HttpResponse, Error> {
    check_token(&app, &request)?;
    let impossible = || Error::Invalid("fail_rate is 0 to 1, delay_ms at most 120000".to_owned());
    Ok(HttpResponse::Ok().json(app.faults.change(body.0).ok_or_else(impossible)?))
}

fn check_token(app: &SimulatorApp, request: &HttpRequest) -> Result<(), Error> {
    let Some(token) = &app.token else { return Ok(()) };
    let expected = format!("Bearer {}", token.expose_secret());
    let mut given = request.headers().get_all(AUTHORIZATION);
    let is_right = given.next().is_some_and(|value| value.as_bytes() == expected.as_bytes()) && given.next().is_none();
    is_right.then_some(()).ok_or_else(|| refused(request, Fault::Unauthorized))
}
