//! Query parameters.

use actix_web::HttpRequest;
use domain::StatusWord as _;
use domain::lines::mobility::MobilityStatus;
use web::{GivenTwice, Query};

use crate::db::Filter;
use crate::error::{Error, Problem, Reason};

const MAX_LIMIT: i64 = 10_000;
const MAX_OFFSET: i64 = i32::MAX as i64;

/// Reads the query of the list.
pub(in crate::api) fn filter(request: &HttpRequest) -> Result<Filter, Error> {
    let query = Query::parse(request.query_string());
    let mut problems = Vec::new();
    let package = required(&query, "packageId", &mut problems);
    let leg = required(&query, "legId", &mut problems);
    let status = note(status(&query), &mut problems).flatten();
    let limit = note(limit(&query), &mut problems).flatten();
    let offset = note(offset(&query), &mut problems).flatten();
    match (package, leg) {
        (Some(package), Some(leg)) if problems.is_empty() => Ok(Filter { package, leg, status, limit, offset }),
        _ => Err(Error::Invalid(problems)),
    }
}

/// How a discovery document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Format {
    Json,
    Html,
}

/// Reads `f`.
pub(in crate::api) fn format(request: &HttpRequest) -> Result<Format, Error> {
    let query = Query::parse(request.query_string());
    match query.get("f") {
        Ok(None | Some("json")) => Ok(Format::Json),
        Ok(Some("html")) => Ok(Format::Html),
        Ok(Some(_)) => Err(Error::Invalid(vec![unfit("f", Reason::UnknownValue)])),
        Err(GivenTwice(name)) => Err(Error::Invalid(vec![unfit(name, Reason::GivenTwice)])),
    }
}

fn required(query: &Query<'_>, name: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
    let value = note(once(query, name), problems)?;
    let problem = match value {
        None | Some("") => Problem::MissingParameter(name),
        Some(text) if text.contains('\0') => unfit(name, Reason::BadFormat),
        Some(text) => return Some(text.to_owned()),
    };
    problems.push(problem);
    None
}

fn status(query: &Query<'_>) -> Result<Option<MobilityStatus>, Problem> {
    match once(query, "supportTicketStatus")? {
        None | Some("") => Ok(None),
        Some(text) => {
            let unknown = || unfit("supportTicketStatus", Reason::UnknownValue);
            MobilityStatus::parse(text).map(Some).ok_or_else(unknown)
        }
    }
}

fn limit(query: &Query<'_>) -> Result<Option<i64>, Problem> {
    match integer(query, "limit")? {
        Some(limit) if limit > MAX_LIMIT => Err(Problem::PageTooBig),
        Some(limit) if limit < 1 => Err(unfit("limit", Reason::OutOfRange)),
        limit => Ok(limit),
    }
}

fn offset(query: &Query<'_>) -> Result<Option<i64>, Problem> {
    match integer(query, "offset")? {
        Some(offset) if !(0..=MAX_OFFSET).contains(&offset) => Err(unfit("offset", Reason::OutOfRange)),
        offset => Ok(offset),
    }
}

/// Digits, perhaps with a minus. Beyond 18 digits the number is as good as the largest that fits.
fn integer(query: &Query<'_>, name: &'static str) -> Result<Option<i64>, Problem> {
    let Some(text) = once(query, name)? else { return Ok(None) };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unfit(name, Reason::WrongType));
    }
    let number = digits.parse::<i64>().unwrap_or(i64::MAX);
    Ok(Some(if digits.len() == text.len() { number } else { -number }))
}

fn once<'q>(query: &'q Query<'_>, name: &'static str) -> Result<Option<&'q str>, Problem> {
    query.get(name).map_err(|GivenTwice(name)| unfit(name, Reason::GivenTwice))
}

fn unfit(name: &str, reason: Reason) -> Problem {
    Problem::Unfit(name.to_owned(), reason)
}

fn note<T>(read: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}
