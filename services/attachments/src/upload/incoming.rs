//! The bytes of a file on their way into the store.
//!
//! The order in which nothing is lost and nothing stays behind: a row that says that bytes will come; the bytes; then one
//! statement that removes that row and writes the file's. Only then is the client told. Whatever breaks off earlier is
//! removed: at once if the process lives, by the clean-up if not.

use std::fmt;

use object_store::buffered::BufWriter;
use storage::{Db, Tx};
use tokio::io::AsyncWriteExt as _;
use web::Fault;

use crate::db;
use crate::error::Error;
use crate::model::{File, FileId};
use crate::store::Store;

/// A file that is being written.
pub(crate) struct Incoming {
    id: FileId,
    db: Db,
    store: Store,
    stage: Stage,
}

enum Stage {
    /// Bytes come.
    Writing(Box<BufWriter>),
    /// The last bytes are on their way: nobody knows how far they are.
    Completing,
    /// The store has everything.
    Complete,
    /// The row is written, or perhaps is: nothing may be removed any more.
    Settled,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Incoming {
    /// Announces a file.
    pub(crate) async fn begin(db: &Db, store: &Store) -> Result<Self, Error> {
        let id = FileId(db.clock().new_id());
        db::begin_upload(&mut *db.conn().await?, id, db.now()).await?;
        let stage = Stage::Writing(Box::new(store.writer(id)));
        Ok(Self { id, db: db.clone(), store: store.clone(), stage })
    }

    /// The file's id.
    pub(crate) fn id(&self) -> FileId {
        self.id
    }

    /// Takes more bytes; waits while the store has enough to do.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Writing(writer) => writer.write_all(bytes).await.map_err(unavailable),
            _ => Err(Fault::Internal("bytes after the last".to_owned()).into()),
        }
    }

    /// Waits until the store has all bytes safely.
    pub(crate) async fn complete(&mut self) -> Result<(), Error> {
        fail::fail_point!("files.before_bytes", |_| Err(unavailable("crash point")));
        if let Stage::Writing(mut writer) = std::mem::replace(&mut self.stage, Stage::Completing) {
            writer.shutdown().await.map_err(unavailable)?;
            self.stage = Stage::Complete;
        }
        Ok(())
    }

    /// Makes it a file, in the caller's transaction.
    pub(crate) async fn settle(&mut self, tx: &mut Tx, file: &File) -> Result<(), Error> {
        fail::fail_point!("files.before_row", |_| Err(unavailable("crash point")));
        let now = tx.db().now();
        let conn = tx.conn().await?;
        // Before the statement: if its outcome is unknown, the clean-up finds out, and no sooner than nobody can be at it.
        self.stage = Stage::Settled;
        if db::complete_upload(conn, file, now).await? {
            Ok(())
        } else {
            Err(Fault::Unavailable("the upload took so long that it was given up".to_owned()).into())
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let writer = match std::mem::replace(&mut self.stage, Stage::Settled) {
            Stage::Writing(writer) => Some(writer),
            Stage::Complete => None,
            Stage::Completing | Stage::Settled => return,
        };
        // Without a runtime the process ends, and the clean-up of the next does it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(remove(self.id, self.db.clone(), self.store.clone(), writer));
    }
}

async fn remove(id: FileId, db: Db, store: Store, writer: Option<Box<BufWriter>>) {
    let removed = async {
        if let Some(mut writer) = writer {
            writer.abort().await.map_err(unavailable)?;
        }
        store.delete(id).await.map_err(unavailable)?;
        db::forget_upload(&mut *db.conn().await?, id).await?;
        Ok::<(), Error>(())
    };
    if let Err(error) = removed.await {
        tracing::warn!(file.id = %id, %error, "a broken-off upload stays until the clean-up");
    }
}

/// The store is another system: what it cannot do now it may do later.
fn unavailable(error: impl fmt::Display) -> Error {
    Fault::Unavailable(format!("the file store: {error}")).into()
}
