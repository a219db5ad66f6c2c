//! Requests of operators, read once.

use actix_web::HttpRequest;
use web::{Fault, GivenTwice, Query};

use crate::bridge::db::Filter;
use crate::bridge::error::Error;

const STATES: [&str; 3] = ["pending", "done", "dead"];
const DEFAULT_LIMIT: i64 = 100;
/// Most requests in one answer.
const MAX_LIMIT: i64 = 500;

/// The query of the list.
pub(super) fn filter(request: &HttpRequest) -> Result<Filter, Fault> {
    let query = Query::parse(request.query_string());
    let state = match query.get("state").map_err(twice)? {
        None => None,
        Some(text) => {
            let known = STATES.into_iter().find(|state| *state == text);
            Some(known.ok_or_else(|| Fault::BadRequest("state is one of pending, done, dead".to_owned()))?)
        }
    };
    let limit = number(&query, "limit")?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Fault::BadRequest(format!("limit is 1 to {MAX_LIMIT}")));
    }
    Ok(Filter { state, after: number(&query, "after")?.unwrap_or(0), limit })
}

/// An id of another form is simply unknown.
pub(super) fn transaction_id(request: &HttpRequest) -> Result<i64, Error> {
    let text = request.match_info().get("transactionId").unwrap_or_default();
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten().ok_or(Error::NotFound)
}

fn number(query: &Query<'_>, name: &'static str) -> Result<Option<i64>, Fault> {
    let Some(text) = query.get(name).map_err(twice)? else { return Ok(None) };
    let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
    number.map(Some).ok_or_else(|| Fault::BadRequest(format!("{name} is not a number")))
}

fn twice(twice: GivenTwice) -> Fault {
    Fault::BadRequest(format!("{} given twice", twice.0))
}
