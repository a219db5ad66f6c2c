//! The one way to save a ticket: a decided change, its rows and its events in one statement.

use domain::{Aggregate, Change, EventData, EventId};
use storage::{DbError, Together, Tx};
use telemetry::{Kind, Span};

use crate::event_log::{Append, NewRow};

/// An aggregate that knows its rows. Only [`commit`] calls this.
pub trait Persist: Aggregate {
    /// The writes that bring the database to this state. The last one writes exactly one row, the ticket's.
    fn writes(&self) -> Together;
}

/// Saves the change and returns the new state. A change without events changes nothing, and nothing is written.
pub async fn commit<T: Persist>(tx: &mut Tx, change: Change<T>) -> Result<T, DbError> {
    let events = change.events();
    if events.is_empty() {
        return Ok(change.into_next());
    }
    let ticket = change.next();
    let mut span = Span::here(tx.db().service(), Kind::Internal, "commit");
    span.set("db.system.name", || "postgresql".into());
    // What the events cause hangs below the commit, whoever publishes and reads them.
    let traceparent = span.context().to_string();
    let mut rows = Vec::with_capacity(events.len());
    for new in events {
        let data = EventData {
            line: T::LINE,
            ticket_key: ticket.key(),
            ticket_id: ticket.ticket_id(),
            version: new.version,
            actor: change.actor().clone(),
            state: new.state.clone(),
            members: members(&new.event)?,
        };
        rows.push(NewRow {
            stream: ticket.stream(),
            event_id: EventId(tx.db().clock().new_id()),
            kind: new.event.kind(),
            traceparent: traceparent.clone(),
            occurred_at: change.at(),
            data,
        });
    }
    let writes = Together::new().and(Append::new(&rows)?).and_all(ticket.writes());
    #[cfg(feature = "bug-dual-write")]
    let writes = if storage::bugs::is_active("dual-write") {
        // Saved for sure; its count of rows may be other than one.
        let _saved = tx.db().begin().save(Together::new().and(Append::new(&rows)?)).await;
        ticket.writes()
    } else {
        writes
    };
    fail::fail_point!("commit.before", |_| Err(DbError::Broken("crash point".to_owned())));
    tx.save(writes).await.inspect_err(|_| span.fail("database"))?;
    fail::fail_point!("commit.after", |_| Err(DbError::Broken("crash point".to_owned())));
    Ok(change.into_next())
}

fn members(event: &domain::TicketEvent) -> Result<serde_json::Map<String, serde_json::Value>, DbError> {
    match serde_json::to_value(event) {
        Ok(serde_json::Value::Object(members)) => Ok(members),
        Ok(_) => Ok(serde_json::Map::new()),
        Err(error) => Err(diesel::result::Error::SerializationError(Box::new(error)).into()),
    }
}
