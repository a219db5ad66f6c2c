//! The writes of a ticket: what `commit` saves with the events, and the two that have no event.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::TicketKey;
use messaging::Persist;
use storage::{Db, DbError, Together};

use super::rows::TicketRow;
use super::schema::{replies, tickets};
use crate::model::{Identity, Reply, Ticket, Work};

impl Persist for Ticket {
    fn writes(&self) -> Together {
        let row = TicketRow::from(self);
        let this = tickets::table.filter(tickets::ticket_id.eq(row.ticket_id));
        match self.work() {
            Work::Opening => Together::new().and(Insertion(row)),
            Work::Removal => Together::new().and(diesel::delete(this)),
            Work::Reply(reply) => Together::new().and(insertion(reply, row.ticket_id)).and_all(handling(row)),
            Work::Handling => handling(row),
            Work::Replacement => Together::new().and(diesel::update(this).set((
                tickets::version.eq(row.version),
                tickets::user_id.eq(row.user_id),
                tickets::is_claim.eq(row.is_claim),
                tickets::role_context.eq(row.role_context),
                tickets::full_name.eq(row.full_name),
                tickets::email.eq(row.email),
                tickets::subject.eq(row.subject),
                tickets::category.eq(row.category),
                tickets::message.eq(row.message),
                tickets::status.eq(row.status),
                tickets::line_status.eq(row.line_status),
                tickets::updated_at.eq(row.updated_at),
            ))),
        }
    }
}

/// What agents change: not the content, which may be long.
fn handling(row: TicketRow) -> Together {
    let this = tickets::table.filter(tickets::ticket_id.eq(row.ticket_id));
    Together::new().and(diesel::update(this).set((
        tickets::version.eq(row.version),
        tickets::status.eq(row.status),
        tickets::line_status.eq(row.line_status),
        tickets::priority.eq(row.priority),
        tickets::assignee.eq(row.assignee),
        tickets::updated_at.eq(row.updated_at),
    )))
}

fn insertion(reply: &Reply, ticket_id: i64) -> impl QueryFragment<Pg> + Send + Sync + use<> {
    diesel::insert_into(replies::table).values((
        replies::reply_id.eq(reply.id),
        replies::ticket_id.eq(ticket_id),
        replies::author.eq(reply.author.to_string()),
        replies::body.eq(reply.body.clone()),
        replies::attachments.eq(reply.attachments.clone()),
        replies::created_at.eq(reply.at),
    ))
}

/// The statement that inserts a ticket, which has more columns than Diesel's own insert is built for.
struct Insertion(TicketRow);

impl QueryFragment<Pg> for Insertion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let row = &self.0;
        out.push_sql(
            "INSERT INTO tickets (ticket_id, ticket_key, version, owner, user_id, is_claim, role_context, full_name, \
             email, subject, category, message, status, line_status, priority, assignee, created_at, updated_at) \
             VALUES (",
        );
        out.push_bind_param::<BigInt, _>(&row.ticket_id)?;
        push::<SqlUuid, _>(&mut out, &row.ticket_key)?;
        push::<BigInt, _>(&mut out, &row.version)?;
        push::<Nullable<Text>, _>(&mut out, &row.owner)?;
        push::<Nullable<BigInt>, _>(&mut out, &row.user_id)?;
        push::<Bool, _>(&mut out, &row.is_claim)?;
        for text in [&row.role_context, &row.full_name, &row.email, &row.subject, &row.category, &row.message] {
            push::<Text, _>(&mut out, text)?;
        }
        for text in [&row.status, &row.line_status, &row.priority] {
            push::<Text, _>(&mut out, text)?;
        }
        push::<Nullable<Text>, _>(&mut out, &row.assignee)?;
        push::<Timestamptz, _>(&mut out, &row.created_at)?;
        push::<Timestamptz, _>(&mut out, &row.updated_at)?;
        out.push_sql(")");
        Ok(())
    }
}

/// One more value of a list.
fn push<'b, T, V>(out: &mut AstPass<'_, 'b, Pg>, value: &'b V) -> QueryResult<()>
where
    V: ToSql<T, Pg>,
    Pg: HasSqlType<T>,
{
    out.push_sql(", ");
    out.push_bind_param::<T, V>(value)
}

/// A number and a key for a new ticket. The number is known before the ticket is written, because its events carry it;
/// one that is not used in the end stays unused.
pub(crate) async fn next_identity(db: &Db) -> Result<Identity, DbError> {
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut conn = db.conn().await?;
    let next: Next = storage::sql("SELECT nextval('ticket_ids') AS id").get_result(&mut *conn).await?;
    Ok(Identity { id: next.id, key: TicketKey(db.clock().new_id()) })
}

/// Saves what a replacement may change without an event: `updatedAt`, and whether the user's number is a claim.
pub(crate) async fn touch(conn: &mut AsyncPgConnection, ticket: &Ticket) -> Result<(), DbError> {
    let row = ticket.row();
    storage::sql("UPDATE tickets SET updated_at = $2, is_claim = $3 WHERE ticket_id = $1")
        .bind::<BigInt, _>(row.identity.id)
        .bind::<Timestamptz, _>(row.updated_at.0)
        .bind::<Bool, _>(row.content.user.is_claim)
        .execute(conn)
        .await?;
    Ok(())
}
