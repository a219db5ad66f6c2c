//! The writes of a ticket: what `commit` saves with the events.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Timestamptz};
use messaging::Persist;
use storage::Together;

use super::rows::TicketRow;
use super::schema::{entries, members, notifications, tickets, users};
use crate::model::{Entry, Member, Ticket, What};

impl Persist for Ticket {
    fn writes(&self) -> Together {
        let conversation = self.row().conversation;
        let mut writes = Together::new();
        for entry in self.added() {
            writes = writes.and(insert_entry(conversation, entry));
        }
        for joined in self.joined().chunk_by(|one, other| one.first_visible == other.first_visible) {
            writes = add_members(writes, conversation, joined);
        }
        writes = tell_members(writes, self);
        let row = TicketRow::from(self);
        if self.row().version == 1 {
            return tell_support(writes, &row).and(diesel::insert_into(tickets::table).values(row));
        }
        writes.and(diesel::update(tickets::table.filter(tickets::id.eq(row.id))).set((
            tickets::version.eq(row.version),
            tickets::title.eq(row.title),
            tickets::status.eq(row.status),
            tickets::priority.eq(row.priority),
            tickets::assignee.eq(row.assignee),
            tickets::updated_at.eq(row.updated_at),
        )))
    }
}

fn insert_entry(
    conversation: i32,
    entry: &Entry,
) -> impl diesel::query_builder::QueryFragment<diesel::pg::Pg> + Send + Sync + 'static {
    let (author, body, users) = match &entry.what {
        What::NewMessage { author, body } => (Some(*author), Some(body.clone()), None),
        What::UserJoined { users } => (None, None, Some(users.clone())),
    };
    diesel::insert_into(entries::table).values((
        entries::conversation_id.eq(conversation),
        entries::id.eq(entry.id),
        entries::at.eq(entry.at),
        entries::author.eq(author),
        entries::body.eq(body),
        entries::users.eq(users),
    ))
}

/// Members who see the same. A message may bring in 16,000, and a statement has at most 65,535 parameters: so the numbers
/// are one of them.
fn add_members(writes: Together, conversation: i32, joined: &[Member]) -> Together {
    let [first, ..] = joined else { return writes };
    let numbers: Vec<i32> = joined.iter().map(|member| member.user).collect();
    let rows = users::table.filter(users::number.eq_any(numbers)).select((
        conversation.into_sql::<Integer>(),
        users::number,
        first.first_visible.into_sql::<Integer>(),
    ));
    let columns = (members::conversation_id, members::user_number, members::first_visible);
    writes.and(rows.insert_into(members::table).into_columns(columns))
}

/// A notification of the message for each of those who are told. Their numbers are one parameter, as above.
fn tell_members(writes: Together, ticket: &Ticket) -> Together {
    let message = ticket.added().iter().find_map(|entry| match &entry.what {
        What::NewMessage { author, .. } => Some((entry, *author)),
        What::UserJoined { .. } => None,
    });
    let (Some((entry, author)), false) = (message, ticket.told().is_empty()) else { return writes };
    let told = users::table.filter(users::number.eq_any(ticket.told().to_vec())).select((
        users::number,
        entry.at.into_sql::<Timestamptz>(),
        author.into_sql::<Integer>(),
        Some(ticket.row().conversation).into_sql::<Nullable<Integer>>(),
        Some(entry.id).into_sql::<Nullable<Integer>>(),
    ));
    let columns = (
        notifications::user_number,
        notifications::at,
        notifications::author,
        notifications::conversation,
        notifications::message,
    );
    writes.and(told.insert_into(notifications::table).into_columns(columns))
}

/// A notification of the new ticket for every known member of the support team but its author.
fn tell_support(writes: Together, row: &TicketRow) -> Together {
    let told = users::table.filter(users::is_support.and(users::number.ne(row.author))).select((
        users::number,
        row.opened.into_sql::<Timestamptz>(),
        row.author.into_sql::<Integer>(),
        Some(row.id).into_sql::<Nullable<Integer>>(),
    ));
    let columns = (notifications::user_number, notifications::at, notifications::author, notifications::ticket);
    writes.and(told.insert_into(notifications::table).into_columns(columns))
}
