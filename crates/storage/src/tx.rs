//! One unit of work. It costs no more round trips than it needs: a change that is one statement is its own
//! transaction; only work that first reads under a lock opens one.

use diesel::result::Error as Diesel;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::db::Conn;
use crate::{Db, DbError, Together};

/// A unit of work on a [`Db`]. Dropped unfinished, it saves nothing.
pub struct Tx {
    db: Db,
    conn: Option<Conn>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing sent yet.
    Fresh,
    /// `BEGIN` was sent.
    Open { wrote: bool },
    /// Saved by a statement that was its own transaction.
    Saved,
}

impl Tx {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, conn: None, state: State::Fresh }
    }

    /// The database this works on: time and ids come from it.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The connection, inside a transaction, for reads that lock and for writes that follow them.
    pub async fn conn(&mut self) -> Result<&mut AsyncPgConnection, DbError> {
        match self.state {
            State::Fresh => {
                let conn = self.conn.insert(self.db.conn().await?);
                // Set first: if this future is dropped half-way, the connection must not go back to the pool.
                self.state = State::Open { wrote: false };
                conn.batch_execute("BEGIN").await?;
            }
            State::Open { .. } => {}
            State::Saved => return Err(DbError::Refused(Diesel::AlreadyInTransaction)),
        }
        match &mut self.conn {
            Some(conn) => Ok(conn),
            None => Err(DbError::Refused(Diesel::NotInTransaction)),
        }
    }

    /// Saves writes. The last of them must touch exactly one row: it is the ticket, which the caller has locked or makes.
    pub async fn save(&mut self, writes: Together) -> Result<(), DbError> {
        let rows = match self.state {
            State::Fresh => {
                let conn = self.conn.insert(self.db.conn().await?);
                self.state = State::Open { wrote: true };
                let rows = writes.execute(&mut **conn).await?;
                self.state = State::Saved;
                rows
            }
            State::Open { .. } => {
                let rows = writes.execute(self.conn().await?).await?;
                self.state = State::Open { wrote: true };
                rows
            }
            State::Saved => return Err(DbError::Refused(Diesel::AlreadyInTransaction)),
        };
        if rows == 1 { Ok(()) } else { Err(DbError::Refused(Diesel::NotFound)) }
    }

    /// Commits. An error means that the outcome is unknown.
    pub async fn finish(mut self) -> Result<(), DbError> {
        #[cfg(feature = "bug-answer-before-commit")]
        if crate::bugs::is_active("answer-before-commit") && self.state == (State::Open { wrote: true }) {
            tokio::spawn(self.finish_late());
            return Ok(());
        }
        let wrote = match self.state {
            State::Fresh => false,
            State::Saved => true,
            State::Open { wrote } => {
                self.conn().await?.batch_execute("COMMIT").await?;
                wrote
            }
        };
        self.state = State::Fresh;
        if wrote {
            self.db.tell_saved();
        }
        Ok(())
    }

    #[cfg(feature = "bug-answer-before-commit")]
    async fn finish_late(mut self) -> Result<(), DbError> {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        self.conn().await?.batch_execute("COMMIT").await?;
        self.state = State::Fresh;
        self.db.tell_saved();
        Ok(())
    }

    /// Gives the work up and the connection back in order. Dropping does the same, but closes the connection.
    pub async fn abandon(mut self) {
        if let (State::Open { .. }, Some(conn)) = (self.state, self.conn.as_mut())
            && conn.batch_execute("ROLLBACK").await.is_ok()
        {
            self.state = State::Fresh;
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let (State::Open { .. }, Some(conn)) = (self.state, self.conn.take()) {
            // Closing the connection is the one rollback that needs no answer.
            drop(Conn::take(conn));
        }
    }
}
