//! What can go wrong between a service and its database, sorted by what the caller may conclude.

use diesel::result::Error as Diesel;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection in time: nothing was written. Answered 503.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection broke: whether the statement took effect is unknown. Answered 503.
    #[error("the connection to the database broke: {0}")]
    Broken(String),
    /// The database refused the statement: a defect. Answered 500.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] Diesel),
}

impl DbError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Broken(_))
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
            Diesel::DatabaseError(Unknown, info) if is_contention_message(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            Diesel::DatabaseError(Unknown, info) if is_connection_message(info.message()) => {
                Self::Broken(info.message().to_owned())
            }
            _ => Self::Refused(error),
        }
    }
}

/// The driver reports a lost connection, and PostgreSQL its own shutdown, as errors of unknown kind.
fn is_connection_message(message: &str) -> bool {
    ["connection closed", "error communicating with the server", "terminating connection", "the database system is"]
        .iter()
        .any(|start| message.starts_with(start))
}

/// Time-outs and deadlocks are errors of unknown kind too.
fn is_contention_message(message: &str) -> bool {
    message.starts_with("canceling statement due to") || message.starts_with("deadlock detected")
}

/// Whether a statement gave up waiting for a lock (`lock_timeout`).
#[must_use]
pub fn is_lock_timeout(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(_, info) if info.message().contains("lock timeout"))
}
