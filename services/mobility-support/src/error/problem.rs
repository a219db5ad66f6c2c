//! One thing that is wrong with a request. Fields and reasons are the contract's; a request tells all of them at once.

use super::Entry;

/// Most characters of a title: TOMP-API allows no more.
const MAX_TITLE_CHARS: usize = 75;

/// Why a value does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    UnknownValue,
    WrongType,
    TooLong,
    OutOfRange,
    TooManyItems,
    BadFormat,
    UnknownMember,
    MalformedJson,
    GivenTwice,
}

impl Reason {
    fn text(self) -> &'static str {
        match self {
            Self::UnknownValue => "unknown value",
            Self::WrongType => "wrong type",
            Self::TooLong => "too long",
            Self::OutOfRange => "out of range",
            Self::TooManyItems => "too many items",
            Self::BadFormat => "bad format",
            Self::UnknownMember => "unknown member",
            Self::MalformedJson => "malformed JSON",
            Self::GivenTwice => "given twice",
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A member of the body, by its path, is not there.
    MissingMember(String),
    /// A query parameter is not there.
    MissingParameter(&'static str),
    /// A member or a parameter does not fit.
    Unfit(String, Reason),
    /// The page is above the limit.
    PageTooBig,
}

impl Problem {
    pub(super) fn entry(&self) -> Entry {
        let (errorcode, kind, title, detail) = match self {
            Self::MissingMember(field) => {
                (5001, "Missing", title(field, "required"), format!("Member {field} is required."))
            }
            Self::MissingParameter(name) => {
                (5001, "Missing", title(name, "required"), format!("Query parameter {name} is required."))
            }
            Self::Unfit(field, reason) => {
                let named: String = field.chars().take(super::MAX_NAME_CHARS).collect();
                (5002, "Invalid", title(field, reason.text()), format!("{named}: {}.", reason.text()))
            }
            Self::PageTooBig => {
                (5009, "Illegal", "Page size too big".to_owned(), "The limit is at most 10000.".to_owned())
            }
        };
        Entry { errorcode, kind, title, status: 400, detail }
    }
}

/// A field may have a name of the client's choice in it; the title has room for some of it.
fn title(field: &str, reason: &str) -> String {
    let room = MAX_TITLE_CHARS - "Field: , Reason: ".len() - reason.len();
    if field.chars().count() <= room {
        return format!("Field: {field}, Reason: {reason}");
    }
    let start: String = field.chars().take(room - 1).collect();
    format!("Field: {start}…, Reason: {reason}")
}
