//! What can go wrong between a service and its database, sorted by what the caller may conclude.

mod said;

use diesel::result::Error as Diesel;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL of the database says what we do not do. Services do not start with it.
    #[error("the URL of the database cannot be used: {0}")]
    Url(String),
    /// No connection in time, or the server lacks something (disk, memory, a lock), or we lack a right: nothing was
    /// written. Answered 503.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection broke: whether the statement took effect is unknown. Answered 503.
    #[error("the connection to the database broke: {0}")]
    Broken(String),
    /// The database refused the statement: a defect, or a database that is not as it should be. Answered 500.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] Diesel),
}

impl DbError {
    /// Whether trying again later may help: the database, or the way to it, is in trouble.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Broken(_))
    }

    /// Whether the same statement with the same values is known to fail for ever: it breaks a constraint, holds what its
    /// column cannot, or is about a row that is not there. A refusal that is neither temporary nor permanent (a missing
    /// table) ends when somebody mends the database, so what waits for it must not be thrown away.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        use diesel::result::DatabaseErrorKind::{
            CheckViolation, ExclusionViolation, ForeignKeyViolation, NotNullViolation, RestrictViolation,
            UniqueViolation, Unknown,
        };
        let Self::Refused(error) = self else { return false };
        match error {
            Diesel::DatabaseError(
                UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation | RestrictViolation
                | ExclusionViolation,
                _,
            )
            // The value has no form that PostgreSQL could be sent.
            | Diesel::InvalidCString(_)
            | Diesel::SerializationError(_)
            // A row that had to be there is not.
            | Diesel::NotFound => true,
            Diesel::DatabaseError(Unknown, info) => said::is_about_data(info.message()),
            _ => false,
        }
    }
}

impl From<Diesel> for DbError {
    fn from(error: Diesel) -> Self {
        use diesel::result::DatabaseErrorKind::{
            ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand, Unknown,
        };
        match &error {
            Diesel::DatabaseError(ClosedConnection | UnableToSendCommand | ReadOnlyTransaction, info) => {
                Self::Broken(info.message().to_owned())
            }
            // Somebody else was in the way: trying again helps.
            Diesel::DatabaseError(SerializationFailure, info) => Self::Unavailable(info.message().to_owned()),
            Diesel::DatabaseError(Unknown, info) if said::is_about_the_connection(info.message()) => {
                Self::Broken(info.message().to_owned())
            }
            Diesel::DatabaseError(Unknown, info) if said::is_about_the_server(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            _ => Self::Refused(error),
        }
    }
}

/// Whether a statement gave up waiting for a lock (`lock_timeout`).
#[must_use]
pub fn is_lock_timeout(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(_, info) if info.message().contains("lock timeout"))
}
