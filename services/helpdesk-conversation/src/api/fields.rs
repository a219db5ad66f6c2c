//! The members of a request body, JSON or form (contract, section 4).

use actix_web::HttpRequest;
use percent_encoding::percent_decode;
use serde_json::Value;
use web::json::Object;
use web::{Query, is_form};

use crate::error::Error;

/// Most bytes of a request body.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;

/// The one member that each body of this line may have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    /// Not there, or null.
    Absent,
    /// From JSON.
    Json(Value),
    /// From a form, where everything is text.
    Form(String),
}

impl Field {
    /// Reads a body that may have the member `name` and no other.
    pub(super) fn read(bytes: &[u8], request: &HttpRequest, name: &'static str) -> Result<Self, Error> {
        if is_form(request) { Self::from_form(bytes, name) } else { Self::from_json(bytes, name) }
    }

    fn from_json(bytes: &[u8], name: &'static str) -> Result<Self, Error> {
        let object = Object::parse(bytes).map_err(|malformed| Error::InvalidBody(malformed.to_string()))?;
        refuse_unknown(object.names(), name)?;
        Ok(object.get(name).map_or(Self::Absent, |value| Self::Json(value.clone())))
    }

    fn from_form(bytes: &[u8], name: &'static str) -> Result<Self, Error> {
        let text = well_formed(bytes).ok_or_else(|| Error::InvalidBody("malformed form".to_owned()))?;
        let form = Query::parse(text);
        refuse_unknown(form.names(), name)?;
        let value = form.get(name).map_err(|twice| Error::InvalidBody(format!("{} given twice", twice.0)))?;
        match value {
            Some(text) if text.contains('\0') => Err(Error::InvalidBody(format!("{name} contains U+0000"))),
            value => Ok(value.map_or(Self::Absent, |text| Self::Form(text.to_owned()))),
        }
    }

    /// The member as text; nothing if it is absent.
    pub(super) fn into_text(self, name: &str) -> Result<Option<String>, Error> {
        match self {
            Self::Absent => Ok(None),
            Self::Form(text) | Self::Json(Value::String(text)) => Ok(Some(text)),
            Self::Json(_) => Err(Error::InvalidBody(format!("{name} must be a string"))),
        }
    }

    /// The member as a truth value; nothing if it is absent.
    pub(super) fn into_bool(self, name: &str) -> Result<Option<bool>, Error> {
        match self {
            Self::Absent => Ok(None),
            Self::Json(Value::Bool(value)) => Ok(Some(value)),
            Self::Form(text) if text == "true" => Ok(Some(true)),
            Self::Form(text) if text == "false" => Ok(Some(false)),
            Self::Form(_) | Self::Json(_) => Err(Error::InvalidBody(format!("{name} must be a boolean"))),
        }
    }
}

/// A member that must be there.
pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::InvalidBody(format!("{name} is required")))
}

fn refuse_unknown<'a>(mut names: impl Iterator<Item = &'a str>, known: &str) -> Result<(), Error> {
    match names.find(|name| *name != known) {
        // Cut, because it is the client's own text that is repeated.
        Some(name) => Err(Error::InvalidBody(format!("unknown field {}", name.chars().take(100).collect::<String>()))),
        None => Ok(()),
    }
}

/// The form's text, if every `%` begins an escape and what is escaped is UTF-8.
fn well_formed(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let escapes = text.split('%').skip(1);
    let are_hex = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    let is_utf8 = percent_decode(bytes).decode_utf8().is_ok();
    (is_utf8 && escapes.into_iter().all(are_hex)).then_some(text)
}
