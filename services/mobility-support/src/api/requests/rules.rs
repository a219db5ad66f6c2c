//! What a single value must be (contract, section 3). Each rule gives the value, or the contract's reason against it.

use chrono::DateTime;
use serde_json::{Map, Value};
use url::Url;

use crate::error::Reason;
use crate::model::{TicketId, whole};

const MAX_LOCATION_CHARS: usize = 200;
const MAX_MINUTES: i64 = 100;
const MAX_SEQUENCE: i64 = 10;

/// A text.
pub(super) fn plain(value: &Value) -> Result<String, Reason> {
    value.as_str().map(str::to_owned).ok_or(Reason::WrongType)
}

/// A text of at most so many characters.
pub(super) fn text(max_chars: usize) -> impl Fn(&Value) -> Result<String, Reason> {
    move |value| {
        let text = plain(value)?;
        // Most texts are short enough in bytes, and then there is nothing to count.
        let is_longer = text.len() > max_chars && text.chars().count() > max_chars;
        if is_longer { Err(Reason::TooLong) } else { Ok(text) }
    }
}

/// A word of a closed set.
pub(super) fn word<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&Value) -> Result<T, Reason> {
    move |value| parse(value.as_str().ok_or(Reason::WrongType)?).ok_or(Reason::UnknownValue)
}

/// The id of a ticket.
pub(super) fn ticket_id(value: &Value) -> Result<String, Reason> {
    let id = text(TicketId::MAX_CHARS)(value)?;
    if id.is_empty() {
        return Err(Reason::OutOfRange);
    }
    if id.chars().any(char::is_control) { Err(Reason::BadFormat) } else { Ok(id) }
}

/// `prefix:rest`, that is `^[A-Za-z][A-Za-z0-9_.:\-]*:\S.*$` without control characters. The rest is not interpreted.
pub(super) fn location(value: &Value) -> Result<String, Reason> {
    let place = text(MAX_LOCATION_CHARS)(value)?;
    let is_prefix = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-'))
    };
    let says = |rest: &str| rest.starts_with(|first: char| !first.is_whitespace());
    // The prefix may have colons itself, so any of them may be the one that ends it.
    let fits = place.match_indices(':').any(|(at, _)| is_prefix(&place[..at]) && says(&place[at + 1..]));
    if fits && !place.chars().any(char::is_control) { Ok(place) } else { Err(Reason::BadFormat) }
}

/// RFC 3339, with offset. The text is kept as it is.
pub(super) fn date_time(value: &Value) -> Result<String, Reason> {
    let time = plain(value)?;
    // The parser would also take a space for the T, and a minus sign that is not ASCII.
    let is_shaped = time.is_ascii() && matches!(time.as_bytes().get(10), Some(b'T' | b't'));
    if is_shaped && DateTime::parse_from_rfc3339(&time).is_ok() { Ok(time) } else { Err(Reason::BadFormat) }
}

/// An absolute URL of the web, in the characters that RFC 3986 knows. The text is kept as it is.
pub(super) fn url(value: &Value) -> Result<String, Reason> {
    let text = plain(value)?;
    let lower = text.to_ascii_lowercase();
    let is_web = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
    let is_written = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let has_host = || Url::parse(&text).is_ok_and(|url| url.has_host());
    if is_web && is_written && has_host() { Ok(text) } else { Err(Reason::BadFormat) }
}

/// A whole number of minutes.
pub(super) fn minutes(value: &Value) -> Result<u8, Reason> {
    integer(value, MAX_MINUTES)
}

/// A sequence that a client counted; we count ourselves.
pub(super) fn sequence(value: &Value) -> Result<u8, Reason> {
    integer(value, MAX_SEQUENCE)
}

fn integer(value: &Value, max: i64) -> Result<u8, Reason> {
    let Value::Number(number) = value else { return Err(Reason::WrongType) };
    match whole(number) {
        Some(whole) if (0..=max).contains(&whole) => u8::try_from(whole).map_err(|_| Reason::OutOfRange),
        Some(_) => Err(Reason::OutOfRange),
        // Whole numbers too large to be told from their neighbours are large in any case.
        None if number.as_f64().is_some_and(|float| float.fract() == 0.0) => Err(Reason::OutOfRange),
        None => Err(Reason::WrongType),
    }
}

/// `true` or `false`.
pub(super) fn flag(value: &Value) -> Result<bool, Reason> {
    value.as_bool().ok_or(Reason::WrongType)
}

/// An object that we only pass on.
pub(super) fn object(value: &Value) -> Result<Map<String, Value>, Reason> {
    value.as_object().cloned().ok_or(Reason::WrongType)
}
