//! A ticket was deleted: its attachments go with it, and nothing is attached to it again.

use domain::TicketKey;
use messaging::commit;
use storage::{DbError, Tx};

use crate::db;

/// Attachments removed by one statement, which has a row for each of their events.
const BATCH: i64 = 500;

pub(crate) async fn bury_ticket(tx: &mut Tx, key: TicketKey, ticket_id: i64) -> Result<(), DbError> {
    let now = tx.db().now();
    let mut folder = db::bury(tx.conn().await?, key, ticket_id).await?;
    loop {
        let ids = db::ids_of(tx.conn().await?, ticket_id, BATCH).await?;
        if ids.is_empty() {
            return Ok(());
        }
        folder = commit(tx, folder.empty(ids, now)).await?;
    }
}
