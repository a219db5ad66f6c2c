//! The call to a service.

use std::time::Duration;

use actix_web::HttpRequest;
use http::Method;
use http::header::CONTENT_LENGTH;
use reqwest::{Client, Request, Response, Url};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use web::Fault;

use crate::app::App;
use crate::headers;
use crate::upload::{Pump, Upload};

/// How long to wait for a connection: services are near, and one that does not accept is as good as down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an idle connection is kept: below the 75 s after which services close it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Idle connections kept per worker and service: as many as a burst needs, so that the next one need not connect again.
const MAX_IDLE: usize = 64;
/// When the operating system asks whether the other end of a silent connection still exists: a live feed may be silent for
/// long, and a machine that is gone says nothing.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// A worker's client. No total timeout, because a download or a live feed may take long; the head of the answer has one.
pub(crate) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE)
        .tcp_keepalive(TCP_KEEPALIVE)
        .tcp_nodelay(true)
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// Where a request goes.
pub(crate) fn url(base: &str, path: &str, query: Option<&str>) -> Result<Url, Fault> {
    let mut text = String::with_capacity(base.len() + path.len() + query.map_or(0, |query| query.len() + 1));
    text.push_str(base);
    text.push_str(path);
    if let Some(query) = query {
        text.push('?');
        text.push_str(query);
    }
    Url::parse(&text).map_err(|error| Fault::Unavailable(format!("the service's address is no URL: {error}")))
}

/// Calls a service and returns the head of its answer, with the pump if the body is still being sent.
pub(crate) async fn call(
    app: &App,
    request: &HttpRequest,
    (url, repeatable): (Url, bool),
    upload: Upload,
) -> Result<(Response, Option<Pump>), Fault> {
    let method = Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| Fault::BadRequest("the method is malformed".to_owned()))?;
    let patience = app.shared.patience;
    let head = || {
        let mut head = Request::new(method.clone(), url.clone());
        *head.headers_mut() = headers::for_service(request, app);
        head
    };
    let body = match upload {
        Upload::Whole(body) => body,
        Upload::Streamed { body, length, pump } => {
            let mut head = head();
            if let Some(length) = length {
                head.headers_mut().insert(CONTENT_LENGTH, length.into());
            }
            *head.body_mut() = Some(body);
            return streamed(&app.client, head, pump, patience).await;
        }
    };
    let send = || {
        let mut head = head();
        if !body.is_empty() {
            *head.body_mut() = Some(body.clone().into());
        }
        timeout(patience, app.client.execute(head))
    };
    let answer = match send().await {
        // Nothing was sent: another process of the service may take it.
        Ok(Err(error)) if error.is_connect() => send().await,
        // Whether it was carried out, nobody knows: again only what is the same request when it comes again.
        Ok(Err(error)) if broke(&error) && is_repeatable(&method, request, repeatable) => send().await,
        first => first,
    };
    Ok((answer.map_err(|_| silent())?.map_err(|error| fault(&error))?, None))
}

/// Whether a request may be sent twice: reads and replacements, writes with a key, and whatever its line's own rule makes
/// the same request. Not a removal, which would be answered 404 the second time.
fn is_repeatable(method: &Method, request: &HttpRequest, by_contract: bool) -> bool {
    method.is_safe() || method == Method::PUT || by_contract || request.headers().contains_key("idempotency-key")
}

/// Asks a service for a WebSocket and returns the head of its answer.
pub(crate) async fn upgrade(app: &App, request: &HttpRequest, url: Url) -> Result<Response, Fault> {
    let send = || {
        let mut head = Request::new(Method::GET, url.clone());
        *head.headers_mut() = headers::for_upgrade(request, app);
        timeout(app.shared.patience, app.client.execute(head))
    };
    repeated(send).await.map_err(|_| silent())?.map_err(|error| fault(&error))
}

/// Calls once more if a connection that had stood broke.
async fn repeated<C>(send: impl Fn() -> C) -> C::Output
where
    C: Future<Output = Result<reqwest::Result<Response>, Elapsed>>,
{
    match send().await {
        Ok(Err(error)) if broke(&error) => send().await,
        first => first,
    }
}

/// Sends the head and a body that is still being read; the service's patience is counted from the body's end.
async fn streamed(
    client: &Client,
    head: Request,
    mut pump: Pump,
    patience: Duration,
) -> Result<(Response, Option<Pump>), Fault> {
    let answer = client.execute(head);
    tokio::pin!(answer);
    tokio::select! {
        // First, because a body that breaks off breaks the call, too, and is the better reason.
        biased;
        fed = pump.finished() => fed?,
        early = &mut answer => return Ok((early.map_err(|error| fault(&error))?, Some(pump))),
    }
    let answer = timeout(patience, answer).await.map_err(|_| silent())?;
    Ok((answer.map_err(|error| fault(&error))?, None))
}

/// Whether a connection that had stood broke before an answer came, as when a service restarts.
fn broke(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
}

fn silent() -> Fault {
    Fault::TimedOut("the service did not answer".to_owned())
}

fn fault(error: &reqwest::Error) -> Fault {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Fault::Unavailable(format!("the service cannot be reached: {cause}"))
}
