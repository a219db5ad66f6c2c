//! Whether a service lives and is ready. Liveness never looks at dependencies; readiness looks at the database and
//! never at the broker, because a broker that is down only delays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::{HttpResponse, web};
use serde_json::json;
use storage::Db;

/// What health answers are made from.
#[derive(Debug, Clone)]
pub struct Health {
    service: &'static str,
    db: Option<Db>,
    serving: Arc<AtomicBool>,
}

impl Health {
    /// Of a service, with its database if it has one. `serving` is false while it stops.
    #[must_use]
    pub fn new(service: &'static str, db: Option<Db>, serving: Arc<AtomicBool>) -> Self {
        Self { service, db, serving }
    }

    async fn is_ready(&self) -> bool {
        let database = match &self.db {
            Some(db) => db.is_ready().await,
            None => true,
        };
        self.serving.load(Ordering::Acquire) && database
    }
}

/// `/livez`, `/readyz` and `/version`.
pub fn mount(config: &mut web::ServiceConfig) {
    let alive = async || HttpResponse::Ok().json(json!({"status": "alive"}));
    // Load balancers often probe with HEAD.
    config
        .service(web::resource("/livez").route(web::get().to(alive)).route(web::head().to(alive)))
        .service(web::resource("/readyz").route(web::get().to(readiness)).route(web::head().to(readiness)))
        .service(web::resource("/version").route(web::get().to(version)).route(web::head().to(version)));
}

async fn readiness(health: web::Data<Health>) -> HttpResponse {
    if health.is_ready().await {
        HttpResponse::Ok().json(json!({"status": "ready", "service": health.service}))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({"status": "not ready", "service": health.service}))
    }
}

async fn version(health: web::Data<Health>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"service": health.service, "version": env!("CARGO_PKG_VERSION")}))
}
