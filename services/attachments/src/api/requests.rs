//! Requests, read once. The texts are the contract's, exact, in the order of its table (section 9).

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;
use web::json::Object;
use web::{FromBody, Query};

use super::time;
use crate::db::PAGE;
use crate::error::{Error, Rejected};
use crate::model::{Content, Draft, FileId};

const MAX_URL_CHARS: usize = 500;
const MAX_NAME_CHARS: usize = 255;
const MAX_TYPE_CHARS: usize = 100;
/// Most digits of an id in a path.
const MAX_ID_DIGITS: usize = 19;

impl FromBody for Draft {
    type Error = Rejected;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Rejected> {
        // A time that a PUT sends is ignored, and so is a bad one.
        let keeps_time = request.method() == actix_web::http::Method::POST;
        read_draft(bytes, keeps_time, &web::origin(request)).map_err(|error| error.on(request))
    }
}

fn read_draft(bytes: &[u8], keeps_time: bool, origin: &str) -> Result<Draft, Error> {
    let object = Object::parse(bytes).map_err(|_| Error::malformed())?;
    // First everything is parsed, then the members are checked in the order of the table.
    let ticket_id = integer(&object, "ticketId")?;
    let file_url = text(&object, "fileUrl")?;
    let file_name = text(&object, "fileName")?;
    let mime_type = text(&object, "mimeType")?;
    let file_size_bytes = integer(&object, "fileSizeBytes")?;
    let uploaded_at = if keeps_time { moment(&object, "uploadedAt")? } else { None };

    let ticket_id = ticket_id.ok_or_else(|| required("ticketId"))?;
    let file_url = fitting(file_url.ok_or_else(|| required("fileUrl"))?, "fileUrl", MAX_URL_CHARS)?;
    let url = http_url(&file_url)?;
    let file_name = fitting(file_name.ok_or_else(|| required("fileName"))?, "fileName", MAX_NAME_CHARS)?;
    let mime_type = mime_type.map(|text| fitting(text, "mimeType", MAX_TYPE_CHARS)).transpose()?;
    if file_size_bytes.is_some_and(|size| size < 0) {
        return Err(Error::Invalid("fileSizeBytes must not be negative".to_owned()));
    }
    let names = FileId::named_by(&url, origin);
    Ok(Draft { ticket_id, content: Content { file_url, file_name, mime_type, file_size_bytes }, uploaded_at, names })
}

fn required(member: &str) -> Error {
    Error::Invalid(format!("{member} is required"))
}

fn text(object: &Object, member: &str) -> Result<Option<String>, Error> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::malformed()),
    }
}

/// A whole number, also written as `5.0` or as a string of digits.
fn integer(object: &Object, member: &str) -> Result<Option<i64>, Error> {
    /// From here on a floating-point number no longer says which integer it is.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = match object.get(member) {
        None => return Ok(None),
        Some(Value::String(text)) => digits(text),
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within the range")]
        Some(Value::Number(number)) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|_| !number.is_u64());
            float.filter(|float| float.fract() == 0.0 && float.abs() < EXACT).map(|float| float as i64)
        }),
        Some(_) => None,
    };
    number.map(Some).ok_or_else(Error::malformed)
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn moment(object: &Object, member: &str) -> Result<Option<DateTime<Utc>>, Error> {
    let given = text(object, member)?;
    given.map(|text| time::parse(&text).ok_or_else(Error::malformed)).transpose()
}

fn fitting(text: String, member: &str, max_chars: usize) -> Result<String, Error> {
    // Most texts are short enough in bytes, and then there is nothing to count.
    if text.len() > max_chars && text.chars().count() > max_chars {
        return Err(Error::Invalid(format!("{member} must be at most {max_chars} characters")));
    }
    Ok(text)
}

/// An absolute `http` or `https` URL with a host. Stricter than browsers, which read `http:x` and `http:\\x` as URLs too.
fn http_url(text: &str) -> Result<Url, Error> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_http = matches!(scheme.as_deref(), Some("http" | "https"));
    let is_clean = !text.chars().any(|character| character.is_whitespace() || character.is_control());
    let has_authority = text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '\\', '?', '#']));
    let url = Url::parse(text).ok().filter(|url| is_http && is_clean && has_authority && url.has_host());
    url.ok_or_else(|| Error::Invalid("fileUrl must be an http or https URL".to_owned()))
}

/// The id in the path.
pub(super) fn path_id(request: &HttpRequest) -> Result<i64, Error> {
    let text = request.match_info().get("id").unwrap_or_default();
    if text.len() > MAX_ID_DIGITS { Err(Error::InvalidId) } else { digits(text).ok_or(Error::InvalidId) }
}

/// The query of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) ticket_id: Option<i64>,
    pub(super) limit: Option<i64>,
    pub(super) after_id: i64,
}

/// Reads the query of the list.
pub(super) fn wanted(request: &HttpRequest) -> Result<Wanted, Error> {
    let query = Query::parse(request.query_string());
    let number = |name| {
        let text = query.get(name).map_err(|_| Error::malformed())?;
        text.map(|text| digits(text).ok_or_else(Error::malformed)).transpose()
    };
    let limit = number("limit")?;
    if limit.is_some_and(|limit| !(1..=PAGE).contains(&limit)) {
        return Err(Error::malformed());
    }
    Ok(Wanted { ticket_id: number("ticketId")?, limit, after_id: number("afterId")?.unwrap_or(0) })
}
