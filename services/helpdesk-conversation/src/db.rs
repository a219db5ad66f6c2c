//! The line's tables. Who may see what is decided here, in the query.

mod conversations;
mod feed;
mod lock;
mod notifications;
mod rows;
mod schema;
mod tickets;
mod users;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use conversations::{Members, membership, newest_entry};
pub(crate) use conversations::{Page, entries_after, entries_before, find_conversation, history, list_conversations};
pub(crate) use feed::Feed;
pub(crate) use lock::{Which, audience, join_entry_id, lock, lock_as_member, widen};
pub(crate) use notifications::{list_unread, set_unread};
pub(crate) use tickets::{Listed, Range, Snapshot, Whose, Written, conversation_of, find, list, snapshot};
pub(crate) use users::{find_user, known_user, list_users, new_ids, refresh_user};
