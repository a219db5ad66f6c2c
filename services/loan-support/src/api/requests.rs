//! Requests, read once. The reasons are the contract's, exact, in the order of its tables (section 4).

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::StatusWord as _;
use domain::lines::loan::{LoanPriority, LoanStatus};
use serde_json::Value;
use web::json::Object;
use web::{FromBody, GivenTwice, Query};

use crate::App;
use crate::db::Filter;
use crate::error::Error;
use crate::model::Draft;
use crate::verbs::Text;

const MAX_SUBJECT_CHARS: usize = 200;
const MAX_TEXT_CHARS: usize = 10_000;
const MAX_RESOLUTION_CHARS: usize = 2_000;
const MAX_ATTACHMENTS: usize = 20;
const MAX_FILE_ID_CHARS: usize = 200;
const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;
const MAX_PAGE: i64 = i32::MAX as i64;

impl FromBody for Draft {
    type Error = Error;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Error> {
        let known = |id: &str| {
            let app = request.app_data::<Data<App>>();
            app.is_some_and(|app| app.categories.iter().any(|category| category.category_id == id))
        };
        read_draft(bytes, known).map_err(Error::InvalidTicket)
    }
}

fn read_draft(bytes: &[u8], is_category: impl Fn(&str) -> bool) -> Result<Draft, String> {
    let object = Object::parse(bytes).map_err(|malformed| malformed.to_string())?;
    Ok(Draft {
        subject: required(&object, "subject", MAX_SUBJECT_CHARS)?,
        description: required(&object, "description", MAX_TEXT_CHARS)?,
        category_id: {
            let id = required(&object, "categoryId", usize::MAX)?;
            if is_category(&id) { id } else { return Err("unknown categoryId".to_owned()) }
        },
        priority: match optional(&object, "priority")? {
            None => LoanPriority::Medium,
            Some(text) => LoanPriority::parse(text).ok_or(PRIORITIES)?,
        },
        attachments: attachments(&object)?,
    })
}

impl FromBody for Text {
    type Error = Error;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, Error> {
        let read = || {
            let object = Object::parse(bytes).map_err(|malformed| malformed.to_string())?;
            let content = required(&object, "message", MAX_TEXT_CHARS)?;
            Ok(Self { content, attachments: attachments(&object)? })
        };
        read().map_err(Error::InvalidMessage)
    }
}

/// Text that came by another way than this line's API, held to the same limits.
pub(crate) fn checked_text(content: String, attachments: Vec<String>) -> Result<Text, Error> {
    if is_longer(&content, MAX_TEXT_CHARS) {
        return Err(Error::InvalidMessage("message is too long".to_owned()));
    }
    let attachments = checked_attachments(attachments).map_err(Error::InvalidMessage)?;
    Ok(Text { content, attachments })
}

/// A request to close. Its body is optional.
#[derive(Debug)]
pub(crate) struct Close {
    pub(crate) resolution: Option<String>,
}

impl FromBody for Close {
    type Error = Error;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, Error> {
        let read = || {
            if bytes.is_empty() {
                return Ok(Self { resolution: None });
            }
            let object = Object::parse(bytes).map_err(|malformed| malformed.to_string())?;
            let resolution = optional(&object, "resolution")?;
            match resolution {
                Some(text) if is_longer(text, MAX_RESOLUTION_CHARS) => Err("resolution is too long".to_owned()),
                _ => Ok(Self { resolution: resolution.map(str::to_owned) }),
            }
        };
        read().map_err(Error::InvalidClose)
    }
}

/// Reads the query of the list.
pub(crate) fn filter(request: &HttpRequest) -> Result<Filter, Error> {
    let query = Query::parse(request.query_string());
    let read = || {
        Ok(Filter {
            status: word(&query, "status", LoanStatus::parse, STATUSES)?,
            priority: word(&query, "priority", LoanPriority::parse, PRIORITIES)?,
            page: positive(&query, "page")?.map_or(Ok(1), |page| {
                if page <= MAX_PAGE { Ok(page) } else { Err("page must be a positive integer".to_owned()) }
            })?,
            limit: positive(&query, "limit")?.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        })
    };
    read().map_err(Error::InvalidQuery)
}

const PRIORITIES: &str = "priority must be one of Low, Medium, High, Critical";
const STATUSES: &str = "status must be one of Open, In Progress, Resolved, Closed";

/// A text that must be there and say something.
fn required(object: &Object, member: &str, max_chars: usize) -> Result<String, String> {
    let text = optional(object, member)?.filter(|text| !text.chars().all(char::is_whitespace));
    let text = text.ok_or_else(|| format!("{member} is required"))?;
    if is_longer(text, max_chars) { Err(format!("{member} is too long")) } else { Ok(text.to_owned()) }
}

fn optional<'a>(object: &'a Object, member: &str) -> Result<Option<&'a str>, String> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{member} must be a string")),
    }
}

fn is_longer(text: &str, max_chars: usize) -> bool {
    // Most texts are short enough in bytes, and then there is nothing to count.
    text.len() > max_chars && text.chars().count() > max_chars
}

fn attachments(object: &Object) -> Result<Vec<String>, String> {
    let not_strings = || "attachments must be an array of strings".to_owned();
    let Some(value) = object.get("attachments") else { return Ok(Vec::new()) };
    let items = value.as_array().ok_or_else(not_strings)?;
    let ids: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    checked_attachments(ids.ok_or_else(not_strings)?)
}

fn checked_attachments(ids: Vec<String>) -> Result<Vec<String>, String> {
    if ids.len() > MAX_ATTACHMENTS {
        return Err("too many attachments".to_owned());
    }
    if ids.iter().any(String::is_empty) {
        return Err("attachments must be an array of strings".to_owned());
    }
    if ids.iter().any(|id| is_longer(id, MAX_FILE_ID_CHARS)) {
        return Err("attachments is too long".to_owned());
    }
    Ok(ids)
}

/// A parameter with a fixed set of words; empty equals absent.
fn word<T>(
    query: &Query<'_>,
    name: &'static str,
    parse: fn(&str) -> Option<T>,
    allowed: &str,
) -> Result<Option<T>, String> {
    match query.get(name).map_err(given_twice)? {
        None | Some("") => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| allowed.to_owned()),
    }
}

/// Digits only, from 1. Beyond 18 digits the number is as good as the largest that fits.
fn positive(query: &Query<'_>, name: &'static str) -> Result<Option<i64>, String> {
    let Some(text) = query.get(name).map_err(given_twice)? else { return Ok(None) };
    let refuse = || format!("{name} must be a positive integer");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    match text.parse::<i64>().unwrap_or(i64::MAX) {
        0 => Err(refuse()),
        number => Ok(Some(number)),
    }
}

fn given_twice(twice: GivenTwice) -> String {
    format!("{} given twice", twice.0)
}
