//! Many tickets, in the order of their numbers.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Subject;
use storage::DbError;

use super::rows::{TicketRow, select_tickets};
use crate::model::{Sight, Ticket};

/// The next tickets after a number. All and own are two statements: one with both would be planned for neither.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    sight: &Sight,
    after: i64,
    limit: i64,
) -> Result<Vec<Ticket>, DbError> {
    let rows: Vec<TicketRow> = match sight {
        Sight::All => {
            storage::sql(select_tickets!(" FROM tickets WHERE ticket_id > $1 ORDER BY ticket_id LIMIT $2"))
                .bind::<BigInt, _>(after)
                .bind::<BigInt, _>(limit)
                .load(conn)
                .await?
        }
        Sight::Own { subject, number } => {
            storage::sql(select_tickets!(
                " FROM tickets WHERE ticket_id > $1 AND (owner = $2 OR user_id = $3) ORDER BY ticket_id LIMIT $4"
            ))
            .bind::<BigInt, _>(after)
            .bind::<Text, _>(subject.as_str())
            .bind::<Nullable<BigInt>, _>(*number)
            .bind::<BigInt, _>(limit)
            .load(conn)
            .await?
        }
    };
    Ok(rows.into_iter().map(Ticket::try_from).collect::<QueryResult<_>>()?)
}

/// The numbers of all tickets that a customer sees.
pub(crate) async fn list_ids(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
    number: Option<i64>,
) -> Result<Vec<i64>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        ticket_id: i64,
    }
    let found: Vec<Found> =
        storage::sql("SELECT ticket_id FROM tickets WHERE owner = $1 OR user_id = $2 ORDER BY ticket_id")
            .bind::<Text, _>(subject.as_str())
            .bind::<Nullable<BigInt>, _>(number)
            .load(conn)
            .await?;
    Ok(found.into_iter().map(|row| row.ticket_id).collect())
}
