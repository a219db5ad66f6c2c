//! MAS says what became of a request.

use messaging::commit;
use storage::{DbError, Tx};

use crate::db;
use crate::model::{Settled, TransactionId};

/// What an outcome did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It is the ticket's outcome now.
    Applied,
    /// It was before.
    Repeated,
    /// The request had been completed: that stays.
    TooLate,
    /// No such request.
    Unknown,
}

pub(crate) async fn record_outcome(
    tx: &mut Tx,
    transaction: TransactionId,
    settled: Settled,
) -> Result<Recorded, DbError> {
    let Some(ticket) = db::lock_transaction(tx.conn().await?, transaction).await? else {
        return Ok(Recorded::Unknown);
    };
    let is_repeated = ticket.row().settled.as_ref().is_some_and(|last| last.outcome == settled.outcome);
    let now = tx.db().now();
    match ticket.settle(settled, now) {
        Some(change) => {
            commit(tx, change).await?;
            Ok(Recorded::Applied)
        }
        None if is_repeated => Ok(Recorded::Repeated),
        None => Ok(Recorded::TooLate),
    }
}
