//! What wakes sockets for changes that other processes made: the bus, soon; and a poll, should the bus be away.

use std::sync::Arc;
use std::time::Duration;

use domain::Envelope;
use messaging::bus::{Bus, Heard};
use storage::{Db, DbError};
use tokio_util::sync::CancellationToken;

use super::hub::Hub;
use super::store;

/// Every event of this line.
const EVENTS: &str = "helpdesk.#";
/// How often the rows of dead processes are removed.
const CLEAN_EVERY: Duration = Duration::from_secs(60);
/// How long between two looks for notifications, however much happens.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Wakes the sockets of the tickets that events are about.
pub(super) async fn listen(hub: Arc<Hub>, bus: Arc<dyn Bus>, stop: CancellationToken) {
    let mut events = bus.listen(EVENTS);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            heard = events.next() => match heard {
                Some(heard) => wake(&hub, &heard),
                // The bus shuts down a moment before the jobs are told to.
                None => return stop.cancelled().await,
            },
        }
    }
}

fn wake(hub: &Hub, heard: &Heard) {
    // What is no event of ours wakes nobody; the poll finds whatever was stored.
    let Ok(event) = serde_json::from_slice::<Envelope>(&heard.body) else { return };
    let ticket = event.data.ticket_id.parse().ok();
    let conversation = ticket.and_then(|ticket| hub.conversation_of(ticket));
    let entry = event.data.members.get("messageId").and_then(|id| id.as_str()?.parse().ok());
    match (event.kind.as_str(), conversation, entry) {
        // Mostly this process's own message, which its sockets have read already.
        ("ticket.message_added", Some(conversation), Some(entry)) => hub.newest_is(conversation, entry),
        ("ticket.updated", Some(conversation), _) => hub.wake(conversation),
        _ => {}
    }
    // Nobody is told of other changes.
    match (event.kind.as_str(), ticket) {
        ("ticket.message_added", Some(ticket)) => hub.ticket_has_message(ticket),
        ("ticket.opened", _) => hub.support_is_told(),
        _ => {}
    }
}

/// Asks the database what is new, as long as anybody is connected.
pub(super) async fn poll(hub: Arc<Hub>, db: Db, every: Duration, stop: CancellationToken) {
    let mut next = tokio::time::interval(every);
    next.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            _ = next.tick() => look_for_entries(&hub, &db).await.and(look_for_notifications(&hub, &db).await),
            () = hub.may_have_notifications() => tell_concerned(&hub, &db).await,
        };
        if let Err(error) = looked {
            tracing::debug!(%error, "the poll for live connections failed; the next one follows soon");
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn look_for_entries(hub: &Hub, db: &Db) -> Result<(), DbError> {
    let conversations = hub.conversations();
    if conversations.is_empty() {
        return Ok(());
    }
    for newest in store::newest_entries(&mut *db.conn().await?, &conversations).await? {
        // Entry ids have 32 bits; they are read as 64 only to share a row.
        hub.newest_is(newest.id, i32::try_from(newest.value).unwrap_or(i32::MAX));
    }
    Ok(())
}

async fn look_for_notifications(hub: &Hub, db: &Db) -> Result<(), DbError> {
    let users = hub.users();
    if users.is_empty() {
        return Ok(());
    }
    for notified in store::notified(&mut *db.conn().await?, &users).await? {
        hub.sum_is(notified.id, notified.value);
    }
    Ok(())
}

/// As [`look_for_notifications`], only for those whom the latest changes can concern.
async fn tell_concerned(hub: &Hub, db: &Db) -> Result<(), DbError> {
    let (concerned, users) = (hub.concerned(), hub.users());
    if users.is_empty() {
        return Ok(());
    }
    for notified in store::notified_of(&mut *db.conn().await?, &users, &concerned).await? {
        hub.sum_is(notified.id, notified.value);
    }
    Ok(())
}

/// Removes what dead processes left.
pub(super) async fn clean(db: Db, stop: CancellationToken) {
    loop {
        let forgotten = match db.conn().await {
            Ok(mut conn) => store::forget_dead(&mut conn).await,
            Err(error) => Err(error),
        };
        match forgotten {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "sockets of a process that died are forgotten"),
            Err(error) => tracing::debug!(%error, "sockets of dead processes stay for now"),
        }
        tokio::select! { () = tokio::time::sleep(CLEAN_EVERY) => {}, () = stop.cancelled() => return }
    }
}
