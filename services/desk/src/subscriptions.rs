//! The events of all lines keep the read model. The gate in `messaging` gives each event once and in the order of its
//! stream, inside the transaction that records it as applied.

use diesel_async::AsyncPgConnection;
use domain::Envelope;
use futures_util::future::BoxFuture;
use messaging::{Apply, ApplyError};
use storage::DbError;

use crate::db::{self, Projected};
use crate::model::{Batch, Effect};

/// Keeps the table of tickets.
#[derive(Debug)]
pub(crate) struct ReadModel;

impl Apply for ReadModel {
    fn apply<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        events: &'a [&'a Envelope],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(apply(conn, events))
    }
}

async fn apply(conn: &mut AsyncPgConnection, events: &[&Envelope]) -> Result<(), ApplyError> {
    let unfit = |reason: String| Err(ApplyError::Unfit(reason));
    let effects: Vec<Effect> = events
        .iter()
        .map(|event| Effect::of(event).map_err(|error| ApplyError::Unfit(error.to_string())))
        .collect::<Result<_, _>>()?;
    // What cannot be brought about together comes again by halves, and at last the reason is about that event.
    let Some(batch) = Batch::of(effects) else { return unfit("the events cannot be told as one".to_owned()) };
    let about = || events.first().map_or_else(String::new, |event| event.data.ticket_key.to_string());
    match db::project(conn, &batch).await.map_err(sort_out)? {
        Projected::Done => Ok(()),
        Projected::OpenedBefore => unfit(format!("the ticket {} was opened before", about())),
        Projected::NoTicket => unfit(format!("the ticket {} was never opened, or is deleted", about())),
    }
}

/// An event whose statement PostgreSQL refuses is parked, so that the other streams go on. Mostly it is refused again; its
/// retries heal a refusal that passes, such as a table that was missing.
fn sort_out(error: DbError) -> ApplyError {
    if error.is_temporary() { ApplyError::Database(error) } else { ApplyError::Unfit(error.to_string()) }
}
