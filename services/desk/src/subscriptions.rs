//! The events of all lines keep the read model. The gate in `messaging` gives each event once and in the order of its
//! stream, inside the transaction that records it as applied.

use diesel_async::AsyncPgConnection;
use domain::Envelope;
use futures_util::future::BoxFuture;
use messaging::{Apply, ApplyError};
use storage::DbError;

use crate::db::{self, Projected};
use crate::model::Effect;

/// Keeps the table of tickets.
#[derive(Debug)]
pub(crate) struct ReadModel;

impl Apply for ReadModel {
    fn apply<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        event: &'a Envelope,
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(apply(conn, event))
    }
}

async fn apply(conn: &mut AsyncPgConnection, event: &Envelope) -> Result<(), ApplyError> {
    let effect = Effect::of(event).map_err(|unfit| ApplyError::Unfit(unfit.to_string()))?;
    let key = event.data.ticket_key;
    match db::project(conn, &effect).await.map_err(sort_out)? {
        Projected::Done => Ok(()),
        Projected::OpenedBefore => Err(ApplyError::Unfit(format!("the ticket {key} was opened before"))),
        Projected::NoTicket => {
            Err(ApplyError::Unfit(format!("{} of the ticket {key}, which was never opened or is deleted", event.kind)))
        }
    }
}

/// A statement that PostgreSQL refuses is refused again: such an event is parked, so that the other streams go on. Its
/// retries heal the rare refusal that passes, such as a deadlock.
fn sort_out(error: DbError) -> ApplyError {
    if error.is_temporary() { ApplyError::Database(error) } else { ApplyError::Unfit(error.to_string()) }
}
