//! Requests, read once.

use actix_web::HttpRequest;
use conversation::Message;
use web::{FromBody, Media, Query};

use super::fields::{Field, MAX_BODY_BYTES, required};
use super::guards::parse_id;
use crate::db::{Page, Range};
use crate::error::Error;
use crate::model::Title;

/// Most characters of a message that comes as text.
const MAX_TEXT_CHARS: usize = 8192;
/// Most tickets that `limit` may ask for.
const MAX_TICKETS: i64 = 1000;
/// Entries of a page, unless `limit` says otherwise.
const DEFAULT_ENTRIES: i64 = 50;
/// Most entries of a page.
const MAX_ENTRIES: i64 = 100;

/// A request to open a ticket.
#[derive(Debug)]
pub(crate) struct NewTicket(pub(crate) Title);

impl FromBody for NewTicket {
    type Error = Error;
    const MEDIA: Media = Media::JsonOrForm;
    const MAX_BYTES: usize = MAX_BODY_BYTES;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Error> {
        Ok(Self(required(title(bytes, request)?, "title")?))
    }
}

/// A request to change a ticket. Without a title it changes nothing.
#[derive(Debug)]
pub(crate) struct TicketChange(pub(crate) Option<Title>);

impl FromBody for TicketChange {
    type Error = Error;
    const MEDIA: Media = Media::JsonOrForm;
    const MAX_BYTES: usize = MAX_BODY_BYTES;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Error> {
        Ok(Self(title(bytes, request)?))
    }
}

fn title(bytes: &[u8], request: &HttpRequest) -> Result<Option<Title>, Error> {
    let text = Field::read(bytes, request, "title")?.into_text("title")?;
    text.map(Title::try_from).transpose().map_err(|bad| Error::InvalidBody(bad.to_string()))
}

/// A request to send a message.
#[derive(Debug)]
pub(crate) struct NewMessage(pub(crate) Message);

impl FromBody for NewMessage {
    type Error = Error;
    const MEDIA: Media = Media::JsonOrForm;
    const MAX_BYTES: usize = MAX_BODY_BYTES;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Error> {
        let text = Field::read(bytes, request, "text")?.into_text("text")?;
        message(&required(text, "text")?).map(Self)
    }
}

/// Text as a message, within the line's limits, whichever way it came.
pub(super) fn message(text: &str) -> Result<Message, Error> {
    if text.chars().all(char::is_whitespace) || text.chars().count() > MAX_TEXT_CHARS {
        let reason = format!("text has 1 to {MAX_TEXT_CHARS} characters, not only white space");
        return Err(Error::InvalidBody(reason));
    }
    Ok(Message::from_text(text))
}

/// A request to mark a notification.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) unread: bool,
}

impl FromBody for Mark {
    type Error = Error;
    const MEDIA: Media = Media::JsonOrForm;
    const MAX_BYTES: usize = MAX_BODY_BYTES;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Error> {
        let unread = Field::read(bytes, request, "unread")?.into_bool("unread")?;
        Ok(Self { unread: required(unread, "unread")? })
    }
}

/// Reads the query of a list of tickets.
pub(super) fn range(request: &HttpRequest) -> Result<Range, Error> {
    let query = Query::parse(request.query_string());
    Ok(Range { before: number(&query, "before")?, limit: limit(&query, MAX_TICKETS)? })
}

/// Reads the query of a list of entries.
pub(super) fn page(request: &HttpRequest) -> Result<Page, Error> {
    let query = Query::parse(request.query_string());
    let before = number(&query, "before")?;
    Ok(Page { before, limit: limit(&query, MAX_ENTRIES)?.unwrap_or(DEFAULT_ENTRIES) })
}

fn limit(query: &Query<'_>, max: i64) -> Result<Option<i64>, Error> {
    match number(query, "limit")?.map(i64::from) {
        Some(limit) if limit > max => Err(Error::InvalidQuery(format!("limit is at most {max}"))),
        limit => Ok(limit),
    }
}

/// A parameter that is an integer from 1.
fn number(query: &Query<'_>, name: &'static str) -> Result<Option<i32>, Error> {
    let value = query.get(name).map_err(|twice| Error::InvalidQuery(format!("{} given twice", twice.0)))?;
    let Some(text) = value else { return Ok(None) };
    parse_id(text).map(Some).ok_or_else(|| Error::InvalidQuery(format!("{name} must be a positive integer")))
}
