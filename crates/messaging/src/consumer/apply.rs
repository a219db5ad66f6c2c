//! What a reader of events brings along: their effect, and why there was none.

use diesel_async::AsyncPgConnection;
use domain::Envelope;
use futures_util::future::BoxFuture;
use storage::DbError;

/// The effect of events.
pub trait Apply: std::fmt::Debug + Send + Sync + 'static {
    /// Brings the effects of all of them about, as if one after the other, on `conn` and inside the transaction that also
    /// records them as applied. They come together so that the effect can cost fewer statements than there are events.
    /// After an error nothing of them is kept, and they come again: by halves (what was fetched from an owner: one by
    /// one) after [`ApplyError::Unfit`], together after [`ApplyError::Database`].
    fn apply<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        events: &'a [&'a Envelope],
    ) -> BoxFuture<'a, Result<(), ApplyError>>;
}

/// Why an event had no effect.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The event itself cannot be applied: it is parked with this reason.
    #[error("{0}")]
    Unfit(String),
    /// The database failed: tried again.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<diesel::result::Error> for ApplyError {
    fn from(error: diesel::result::Error) -> Self {
        match DbError::from(error) {
            // Waiting for what the database refuses would stop every stream. Parked, it stops its own, and if the refusal
            // was one that passes, it is tried again.
            refused @ DbError::Refused(_) => Self::Unfit(refused.to_string()),
            temporary => Self::Database(temporary),
        }
    }
}
