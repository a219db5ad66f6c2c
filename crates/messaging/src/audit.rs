//! The audit log: every event of an agent or admin, once, in one order, chained by hashes.
//!
//! It is written from the event log and not with it: a chain has one end, and requests must not queue for it. What has
//! been committed is never forgotten, because the set of events that are not audited yet is an index of the event log.
//! Whoever changes a row later, or takes one out, cannot make the hashes after it fit; `verify` finds the place. Who can
//! rewrite the whole database could write a new chain: against that, keep the head that the log line and `verify` show
//! outside the database, and hold a later chain against it.

mod append;
mod chain;
mod findings;
mod verify;

use std::time::Duration;

use storage::Db;
use tokio_util::sync::CancellationToken;

pub use append::append;
pub use chain::{GENESIS, Hash};
pub use findings::{Finding, Head, Report};
pub use verify::verify;

/// How often the event log is looked at: nobody waits for an audit row, and the look is one read of a nearly empty index.
const EVERY: Duration = Duration::from_secs(1);
/// Rest after a failure.
const REST: Duration = Duration::from_secs(5);
/// Events audited in one transaction: short, and enough to catch up with a backlog fast.
const BATCH: i64 = 500;

/// Audits until told to stop, and once more then, so that an orderly stop leaves nothing unaudited.
///
/// Every replica runs this. Whoever holds the lock on the head appends; the others find it taken and try again later. A
/// lease with a time would be weaker: it can be lost without notice, and a chain must not fork.
pub async fn run(service: &'static str, db: Db, stop: CancellationToken) {
    loop {
        let pause = match append(&db, BATCH).await {
            Ok(None) => EVERY,
            Ok(Some(head)) => {
                // Beside the database, for whoever has to trust it less.
                let hash = head.hash.to_string();
                tracing::info!(service, audit.position = head.position, audit.hash = hash, "the audit log grew");
                continue;
            }
            Err(error) => {
                tracing::warn!(service, %error, "events wait to be audited");
                REST
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => break,
        }
    }
    if let Err(error) = append(&db, BATCH).await {
        tracing::info!(service, %error, "stopped with events to audit; the next start audits them");
    }
}
