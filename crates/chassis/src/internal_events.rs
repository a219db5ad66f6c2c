//! `GET /internal/v1/events`: a service's own events, for readers that missed some (events, section 3).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use messaging::event_log::{LoggedEvent, read_all, read_stream};
use serde_json::json;
use storage::Db;
use web::{Access, Fault, GivenTwice, Query, Refusal, Routes};

/// Events in one answer.
const MAX_LIMIT: i64 = 500;

/// What the handler needs.
pub(crate) struct EventSource {
    pub(crate) service: &'static str,
    pub(crate) db: Db,
}

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.access(Access::Service).get("/internal/v1/events", list_events)
}

async fn list_events(source: Data<EventSource>, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let answer = read(&source, &Query::parse(request.query_string())).await;
    answer.map_err(|fault| Refusal::of(&request, fault))
}

async fn read(source: &EventSource, query: &Query<'_>) -> Result<HttpResponse, Fault> {
    let limit = number(query, "limit")?.unwrap_or(MAX_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Fault::BadRequest(format!("limit is 1 to {MAX_LIMIT}")));
    }
    let mut conn = source.db.conn().await?;
    if let Some(stream) = query.get("partitionkey").map_err(twice)? {
        if stream.contains('\0') {
            return Err(Fault::BadRequest("partitionkey has U+0000".to_owned()));
        }
        let after = number(query, "after")?.unwrap_or(0);
        let events = read_stream(&mut conn, stream, after, limit).await.map_err(storage::DbError::from)?;
        return Ok(HttpResponse::Ok().json(json!({"events": envelopes(events, source.service)?})));
    }
    let cursor = query.get("cursor").map_err(twice)?.unwrap_or_default();
    let (stream, version) = place(cursor)?;
    let events = read_all(&mut conn, (stream, version), limit).await.map_err(storage::DbError::from)?;
    let end = events.last().map_or_else(|| cursor.to_owned(), |last| format!("{}@{}", last.stream, last.version));
    Ok(HttpResponse::Ok().json(json!({"events": envelopes(events, source.service)?, "cursor": end})))
}

fn envelopes(events: Vec<LoggedEvent>, service: &str) -> Result<Vec<domain::Envelope>, Fault> {
    let wrapped = events.into_iter().map(|event| event.envelope(service));
    wrapped.collect::<Result<_, _>>().map_err(|error| Fault::Internal(error.to_string()))
}

/// Opaque to clients: the stream and version where the last page ended.
fn place(cursor: &str) -> Result<(&str, i64), Fault> {
    if cursor.is_empty() {
        return Ok(("", 0));
    }
    if cursor.contains('\0') {
        return Err(Fault::BadRequest("cursor is not one of this API".to_owned()));
    }
    let parts = cursor.rsplit_once('@').and_then(|(stream, version)| Some((stream, version.parse().ok()?)));
    parts.ok_or_else(|| Fault::BadRequest("cursor is not one of this API".to_owned()))
}

fn number(query: &Query<'_>, name: &'static str) -> Result<Option<i64>, Fault> {
    let text = query.get(name).map_err(twice)?;
    text.map(|text| text.parse().map_err(|_| Fault::BadRequest(format!("{name} is not an integer")))).transpose()
}

fn twice(twice: GivenTwice) -> Fault {
    Fault::BadRequest(format!("{} given twice", twice.0))
}
