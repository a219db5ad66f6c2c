//! The query of the list, read once. Whatever is not understood is refused: a filter that is silently ignored shows
//! tickets that nobody asked for.

use auth::Caller;
use chrono::{DateTime, Utc};
use domain::{Line, Priority, Status, Subject};
use web::Query;

use crate::error::Error;
use crate::model::{After, Assignee, Filter, Sort};

/// Tickets on a page, unless the client says otherwise.
const DEFAULT_LIMIT: usize = 50;
/// Most tickets on a page (design, canonical API).
const MAX_LIMIT: usize = 200;

/// Reads a query string of the list; `me` is the caller.
pub(super) fn filter(query: &str, caller: &Caller) -> Result<Filter, Error> {
    let query = Query::parse(query);
    let sort = word(&query, "sort", &Sort::ALL, Sort::text)?.unwrap_or(Sort::UpdatedDescending);
    Ok(Filter {
        line: word(&query, "line", &Line::ALL, Line::as_str)?,
        status: word(&query, "status", &Status::ALL, Status::as_str)?,
        priority: word(&query, "priority", &Priority::ALL, Priority::as_str)?,
        assignee: match query.get("assignee")? {
            None => None,
            Some("me") => Some(Assignee::Agent(caller.subject().clone())),
            Some("none") => Some(Assignee::Nobody),
            Some(id) => Some(Assignee::Agent(subject("assignee", id)?)),
        },
        requester: query.get("requester")?.map(|id| subject("requester", id)).transpose()?,
        updated_since: query.get("updated_since")?.map(time).transpose()?,
        sort,
        after: after(&query, sort)?,
        limit: limit(&query)?,
    })
}

/// One of a fixed set of words.
fn word<T: Copy>(
    query: &Query<'_>,
    name: &'static str,
    all: &[T],
    text: fn(T) -> &'static str,
) -> Result<Option<T>, Error> {
    let Some(given) = query.get(name)? else { return Ok(None) };
    if let Some(found) = all.iter().copied().find(|word| text(*word) == given) {
        return Ok(Some(found));
    }
    let words: Vec<&str> = all.iter().map(|word| text(*word)).collect();
    Err(Error::InvalidParameter(name, format!("is one of {}", words.join(", "))))
}

fn subject(name: &'static str, text: &str) -> Result<Subject, Error> {
    Subject::try_from(text).map_err(|_| Error::InvalidParameter(name, "is the id of a subject".to_owned()))
}

fn time(text: &str) -> Result<DateTime<Utc>, Error> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.to_utc()).map_err(|_| {
        Error::InvalidParameter("updated_since", "is a time of RFC 3339, for example 2026-01-31T12:00:00Z".to_owned())
    })
}

fn after(query: &Query<'_>, sort: Sort) -> Result<Option<storage::Cursor>, Error> {
    let Some(text) = query.get("after")? else { return Ok(None) };
    let after = After::decode(text).ok_or(Error::InvalidCursor("is not a cursor of this list"))?;
    if after.sort != sort {
        return Err(Error::InvalidCursor("is a cursor of another sort"));
    }
    Ok(Some(after.cursor))
}

fn limit(query: &Query<'_>) -> Result<usize, Error> {
    let Some(text) = query.get("limit")? else { return Ok(DEFAULT_LIMIT) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(limit) if is_number && (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        _ => Err(Error::InvalidParameter("limit", format!("is 1 to {MAX_LIMIT}"))),
    }
}
