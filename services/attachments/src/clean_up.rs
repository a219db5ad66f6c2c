//! Removes what is left of uploads that came to no end: those of clients and processes that died. Files that are complete
//! are never touched: an upload is either made a file or given up, by one statement each, and only those given up are
//! removed here.

use std::time::Duration;

use chassis::Job;
use chrono::TimeDelta;
use storage::{Db, DbError};
use tokio_util::sync::CancellationToken;

use crate::FilesConfig;
use crate::db;
use crate::error::Error;
use crate::model::FileId;
use crate::store::Store;

/// Uploads that one statement gives up or reads.
const BATCH: i64 = 100;

/// What the work needs.
struct CleanUp {
    db: Db,
    store: Store,
    /// Age at which an upload is given up.
    patience: TimeDelta,
}

/// The work in the background.
pub(crate) fn job(db: Db, store: Store, config: &FilesConfig) -> Job {
    let clean_up = CleanUp { db, store, patience: TimeDelta::seconds(config.orphan_after_s.into()) };
    let rest = Duration::from_secs(config.clean_every_s.max(1).into());
    Job { name: "file clean-up", run: Box::new(move |stop| Box::pin(run(clean_up, rest, stop))) }
}

async fn run(clean_up: CleanUp, rest: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match clean_up.pass(&stop).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "uploads that came to no end are removed"),
            Err(error) => tracing::warn!(%error, "uploads that came to no end stay for now"),
        }
        tokio::select! { () = tokio::time::sleep(rest) => {}, () = stop.cancelled() => {} }
    }
}

impl CleanUp {
    /// Tries each upload once, so that those that cannot be removed are in nobody's way; returns how many are gone.
    async fn pass(&self, stop: &CancellationToken) -> Result<usize, DbError> {
        let before = self.db.now() - self.patience;
        while !stop.is_cancelled() && db::abandon_old(&mut *self.db.conn().await?, before, BATCH).await? > 0 {}
        let (mut removed, mut after) = (0, None);
        loop {
            let uploads = db::abandoned(&mut *self.db.conn().await?, after, BATCH).await?;
            if uploads.is_empty() {
                return Ok(removed);
            }
            after = uploads.last().copied();
            for id in uploads {
                if stop.is_cancelled() {
                    return Ok(removed);
                }
                match self.remove(id).await {
                    Ok(()) => removed += 1,
                    Err(error) => tracing::warn!(file.id = %id, %error, "an upload that came to no end stays for now"),
                }
            }
        }
    }

    /// First the bytes, then the row: stopped in between, it is done again. The store takes its time, so no connection
    /// waits for it.
    async fn remove(&self, id: FileId) -> Result<(), Error> {
        let deleted = self.store.delete(id).await;
        deleted.map_err(|error| web::Fault::Unavailable(format!("the file store: {error}")))?;
        Ok(db::forget_upload(&mut *self.db.conn().await?, id).await?)
    }
}
