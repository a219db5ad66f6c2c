//! Removes what is left of uploads that came to no end: those of clients and processes that died. Files that are complete
//! are never touched: an upload is either made a file or given up, by one statement each, and only those given up are
//! removed here.

use std::time::Duration;

use chassis::Job;
use chrono::TimeDelta;
use storage::Db;
use tokio_util::sync::CancellationToken;

use crate::FilesConfig;
use crate::db;
use crate::error::Error;
use crate::store::Store;

/// Uploads removed in one go, so that stopping never waits long.
const BATCH: i64 = 100;

/// The work in the background.
pub(crate) fn job(db: Db, store: Store, config: &FilesConfig) -> Job {
    let patience = TimeDelta::seconds(config.orphan_after_s.into());
    let rest = Duration::from_secs(config.clean_every_s.max(1).into());
    Job { name: "file clean-up", run: Box::new(move |stop| Box::pin(run(db, store, (patience, rest), stop))) }
}

async fn run(db: Db, store: Store, (patience, rest): (TimeDelta, Duration), stop: CancellationToken) {
    while !stop.is_cancelled() {
        match clean(&db, &store, patience).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "uploads that came to no end are removed");
                continue;
            }
            Err(error) => tracing::warn!(%error, "uploads that came to no end stay for now"),
        }
        tokio::select! { () = tokio::time::sleep(rest) => {}, () = stop.cancelled() => {} }
    }
}

/// Removes a batch; returns how many uploads it had.
async fn clean(db: &Db, store: &Store, patience: TimeDelta) -> Result<usize, Error> {
    let mut conn = db.conn().await?;
    db::abandon_old(&mut conn, db.now() - patience, BATCH).await?;
    let uploads = db::abandoned(&mut conn, BATCH).await?;
    for id in &uploads {
        // First the bytes, then the row: stopped in between, it is done again.
        store.delete(*id).await.map_err(|error| web::Fault::Unavailable(format!("the file store: {error}")))?;
        db::forget_upload(&mut conn, *id).await?;
    }
    Ok(uploads.len())
}
