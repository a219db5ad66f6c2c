//! What can go wrong on the mobility line, and the line's words for it (contract, section 6).

mod problem;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use storage::DbError;
use utoipa::ToSchema;
use web::agent_api::AgentError;
use web::{Context, Fault, Shape};

pub(crate) use problem::{Problem, Reason};

use crate::model::Refused;

/// What TOMP-API calls a process that does not exist.
const NO_SUCH_PROCESS: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process";
/// Most entries of an answer.
const MAX_ENTRIES: usize = 10;
/// Most characters of a name that an answer repeats: paths can be much longer.
const MAX_NAME_CHARS: usize = 200;

/// An operation of the mobility line that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Everything that is wrong with a request, in the order of the document.
    #[error("the request has {} problems", .0.len())]
    Invalid(Vec<Problem>),
    /// No such ticket, or none that the caller may see.
    #[error("There is no ticket with this id.")]
    TicketNotFound,
    /// No such collection.
    #[error("Collection {0} not found.")]
    CollectionNotFound(String),
    /// No such process.
    #[error("Process {0} not found.")]
    ProcessNotFound(String),
    /// The model refuses.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The caller sees the ticket, but is not of the support team.
    #[error("only the support team of the line may do this")]
    NotPermitted,
    /// Somebody else was faster, and what was known of the ticket is no longer true.
    #[error("the ticket changed at the same time")]
    LostRace,
    /// What can happen on every line.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl Error {
    pub(crate) fn process_not_found(id: &str) -> Self {
        Self::ProcessNotFound(id.chars().take(MAX_NAME_CHARS).collect())
    }

    pub(crate) fn collection_not_found(id: &str) -> Self {
        Self::CollectionNotFound(id.chars().take(MAX_NAME_CHARS).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        let detail = self.to_string();
        let not_found = || Entry { errorcode: 5204, kind: "Not found", title: "Not found".into(), status: 404, detail };
        match self {
            Self::Invalid(problems) => problems.iter().take(MAX_ENTRIES).map(Problem::entry).collect(),
            Self::TicketNotFound | Self::CollectionNotFound(_) | Self::ProcessNotFound(_) => vec![not_found()],
            Self::Refused(_) | Self::NotPermitted | Self::LostRace | Self::Fault(_) => vec![Entry {
                errorcode: 5004,
                kind: "Illegal",
                title: "Operation request-support is illegal in current status.".into(),
                status: 409,
                detail: self.to_string(),
            }],
        }
    }
}

/// An entry of an error's answer: exactly these members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ErrorEntry)]
struct Entry {
    #[schema(example = 5001)]
    errorcode: u16,
    #[serde(rename = "type")]
    #[schema(example = "Missing")]
    kind: &'static str,
    title: String,
    status: u16,
    detail: String,
}

/// The answer to an error. The first three members are OGC's, for a process that does not exist.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Errors)]
pub(crate) struct Answer {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[schema(max_items = 10)]
    errors: Vec<Entry>,
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TicketNotFound | Self::CollectionNotFound(_) | Self::ProcessNotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::LostRace => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(fault) => Shape::Mobility.status(fault),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let fault = match self {
            Self::Fault(fault) => fault,
            Self::LostRace => &Fault::Unavailable(String::new()),
            Self::NotPermitted => &Fault::Forbidden,
            _ => {
                let ogc = matches!(self, Self::ProcessNotFound(_));
                return HttpResponse::build(self.status_code()).json(Answer {
                    kind: ogc.then_some(NO_SUCH_PROCESS),
                    title: ogc.then_some("No such process"),
                    status: ogc.then_some(404),
                    errors: self.entries(),
                });
            }
        };
        // This shape repeats nothing of the request.
        let context = Context { tracking_id: String::new(), now: chrono::DateTime::UNIX_EPOCH };
        Shape::Mobility.respond(fault, &context)
    }
}

impl From<Error> for AgentError {
    fn from(error: Error) -> Self {
        match error {
            Error::TicketNotFound | Error::CollectionNotFound(_) | Error::ProcessNotFound(_) => Self::NotFound,
            Error::NotPermitted => Self::NotPermitted,
            Error::Refused(refused) => Self::Illegal(refused.to_string()),
            Error::LostRace => Self::Fault(Fault::Unavailable(error.to_string())),
            Error::Fault(fault) => Self::Fault(fault),
            Error::Invalid(_) => Self::Invalid(error.to_string()),
        }
    }
}
