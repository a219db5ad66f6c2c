//! The origin of `Location` and links: what the client sees, not where the service listens (contracts, README 3.17).

use actix_web::HttpRequest;

/// `scheme://host`, without a slash at the end. The gateway says it in `X-Forwarded-Proto` and `X-Forwarded-Host`, which
/// it takes from no client; a service that is asked directly takes it from the request.
#[must_use]
pub fn origin(request: &HttpRequest) -> String {
    let connection = request.connection_info();
    format!("{}://{}", connection.scheme(), connection.host())
}
