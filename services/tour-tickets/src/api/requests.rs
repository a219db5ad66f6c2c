//! Requests, read once. The texts are the contract's, exact; what cannot be read at all comes before what is missing or
//! too long, and that in the order of the document (contract, section 4).

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use domain::StatusWord as _;
use domain::lines::tours::ToursStatus;
use serde_json::{Number, Value};
use web::json::Object;
use web::{Fault, FromBody, GivenTwice, Query};

use crate::error::{Error, Failure};
use crate::model::{Category, Draft, Moment, NewTicket, RoleContext};
use crate::verbs::Text;

// The document's columns.
const MAX_FULL_NAME_CHARS: usize = 150;
const MAX_EMAIL_CHARS: usize = 190;
const MAX_SUBJECT_CHARS: usize = 180;
const MAX_MESSAGE_CHARS: usize = 65_535;
/// Most tickets of a page, if a client asks for pages.
const MAX_LIMIT: i64 = 1000;
/// Digits of the largest id.
const MAX_ID_DIGITS: usize = 19;
// An agent's reply: as on the lines whose clients send files with a message.
const MAX_ATTACHMENTS: usize = 20;
const MAX_FILE_ID_CHARS: usize = 200;

impl FromBody for NewTicket {
    type Error = Failure;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Failure> {
        let read = || {
            let object = object(bytes, request)?;
            let parsed = Parsed::read(&object)?;
            let (created_at, updated_at) = (time(&object, "createdAt")?, time(&object, "updatedAt")?);
            Ok(Self { draft: parsed.checked()?, created_at, updated_at })
        };
        read().map_err(|error| Failure::of(request, error))
    }
}

impl FromBody for Draft {
    type Error = Failure;

    /// A replacement: times are ignored, whatever they are.
    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Failure> {
        let read = || Parsed::read(&object(bytes, request)?)?.checked();
        read().map_err(|error| Failure::of(request, error))
    }
}

/// The members as far as their types go.
struct Parsed {
    user_id: Option<i64>,
    role_context: Option<RoleContext>,
    full_name: Option<String>,
    email: Option<String>,
    subject: Option<String>,
    category: Option<Category>,
    message: Option<String>,
    status: Option<ToursStatus>,
}

impl Parsed {
    fn read(object: &Object) -> Result<Self, Error> {
        Ok(Self {
            user_id: user_id(object)?,
            role_context: word(object, "roleContext", RoleContext::parse)?,
            full_name: text(object, "fullName")?,
            email: text(object, "email")?,
            subject: text(object, "subject")?,
            category: word(object, "category", Category::parse)?,
            message: text(object, "message")?,
            status: word(object, "status", ToursStatus::parse)?,
        })
    }

    fn checked(self) -> Result<Draft, Error> {
        Ok(Draft {
            user_id: self.user_id,
            role_context: self.role_context.unwrap_or(RoleContext::Guest),
            full_name: required(self.full_name, "fullName", MAX_FULL_NAME_CHARS)?,
            email: required(self.email, "email", MAX_EMAIL_CHARS)?,
            subject: required(self.subject, "subject", MAX_SUBJECT_CHARS)?,
            category: self.category.unwrap_or(Category::General),
            message: required(self.message, "message", MAX_MESSAGE_CHARS)?,
            status: self.status.unwrap_or(ToursStatus::Open),
        })
    }
}

/// The line takes `application/json` and nothing that is only like it.
fn object(bytes: &[u8], request: &HttpRequest) -> Result<Object, Error> {
    if let Some(sent) = request.headers().get(CONTENT_TYPE) {
        let essence = sent.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("application/json") {
            return Err(Fault::UnsupportedMediaType.into());
        }
    }
    Object::parse(bytes).map_err(|malformed| Error::malformed(malformed.to_string()))
}

fn text(object: &Object, member: &str) -> Result<Option<String>, Error> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::malformed(format!("{member} is no string"))),
    }
}

fn word<T>(object: &Object, member: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Error> {
    match text(object, member)? {
        None => Ok(None),
        Some(text) => parse(&text).map(Some).ok_or_else(|| Error::malformed(format!("{member} has an unknown value"))),
    }
}

fn time(object: &Object, member: &str) -> Result<Option<Moment>, Error> {
    word(object, member, Moment::parse)
}

/// A number from 1, also as a string of digits.
fn user_id(object: &Object) -> Result<Option<i64>, Error> {
    let Some(value) = object.get("userId") else { return Ok(None) };
    let number = match value {
        Value::Number(number) => integer(number),
        Value::String(text) => digits(text),
        _ => None,
    };
    match number {
        Some(number) if number >= 1 => Ok(Some(number)),
        _ => Err(Error::malformed("userId is no number from 1")),
    }
}

/// `5` and `5.0` are the same integer (contracts, README 3.5).
fn integer(number: &Number) -> Option<i64> {
    /// The first number above the range.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|_| number.is_f64())?;
        let fits = float.fract() == 0.0 && (0.0..BEYOND).contains(&float);
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the range")]
        fits.then_some(float as i64)
    })
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn required(text: Option<String>, member: &'static str, max_chars: usize) -> Result<String, Error> {
    let text = text.ok_or(Error::Required(member))?;
    if is_longer(&text, max_chars) { Err(Error::TooLong(member, max_chars)) } else { Ok(text) }
}

/// Counts characters only if the bytes leave it open.
fn is_longer(text: &str, max_chars: usize) -> bool {
    text.len() > max_chars && text.chars().count() > max_chars
}

/// Which part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) after: i64,
    pub(crate) limit: Option<i64>,
}

/// Reads the query of the list.
pub(crate) fn page(request: &HttpRequest) -> Result<Page, Error> {
    let query = Query::parse(request.query_string());
    let number = |name: &'static str| -> Result<Option<i64>, Error> {
        let text = query.get(name).map_err(|GivenTwice(name)| Error::malformed(format!("{name} given twice")))?;
        text.map(|text| digits(text).ok_or_else(|| Error::malformed(format!("{name} is no number")))).transpose()
    };
    let limit = number("limit")?;
    if limit.is_some_and(|limit| !(1..=MAX_LIMIT).contains(&limit)) {
        return Err(Error::malformed(format!("limit is not from 1 to {MAX_LIMIT}")));
    }
    Ok(Page { after: number("afterId")?.unwrap_or(0), limit })
}

/// The id in the path: `^[0-9]{1,19}$`, and no more than fits.
pub(crate) fn ticket_id(request: &HttpRequest, name: &str) -> Result<i64, Error> {
    let text = request.match_info().get(name).unwrap_or_default();
    digits(text).filter(|_| text.len() <= MAX_ID_DIGITS).ok_or(Error::InvalidId)
}

/// An agent's reply, within the limits of the other lines.
pub(crate) fn checked_reply(body: String, attachments: Vec<String>) -> Result<Text, Error> {
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(Error::InvalidReply("too many attachments"));
    }
    if attachments.iter().any(|id| id.is_empty() || is_longer(id, MAX_FILE_ID_CHARS)) {
        return Err(Error::InvalidReply("an attachment is the id of a file"));
    }
    Ok(Text { body, attachments })
}
