//! The list of a leg's tickets.

use auth::Caller;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::{BigInt, Bool, Json, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::StatusWord as _;
use domain::lines::mobility::MobilityStatus;
use serde_json::Value;
use storage::DbError;

use crate::model::{Content, TicketId};

/// Which tickets, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) package: String,
    pub(crate) leg: String,
    pub(crate) status: Option<MobilityStatus>,
    pub(crate) limit: Option<i64>,
    pub(crate) offset: Option<i64>,
}

impl Filter {
    /// Tickets on a page, if the caller does not say.
    const DEFAULT_LIMIT: i64 = 100;

    pub(crate) fn limit(&self) -> i64 {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT)
    }

    pub(crate) fn offset(&self) -> i64 {
        self.offset.unwrap_or(0)
    }
}

/// A ticket of the list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) id: TicketId,
    pub(crate) status: String,
    pub(crate) sequence: i16,
    pub(crate) content: Content,
}

/// A row of the statement: the number of all that match, and a ticket unless the page is empty.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    matched: i64,
    #[diesel(sql_type = Nullable<Text>)]
    ticket_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    line_status: Option<String>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    sequence: Option<i16>,
    #[diesel(sql_type = Nullable<Json>)]
    content: Option<Value>,
}

/// A page, and the number of all that match: one round trip, also for a page after the last.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    filter: &Filter,
) -> Result<(Vec<Listed>, i64), DbError> {
    let rows: Vec<Row> = storage::sql(
        "SELECT matched, ticket_id, line_status, sequence, content FROM \
         (SELECT count(*) AS matched FROM tickets WHERE package = $1 AND leg = $2 \
         AND ($3 OR provider = $4) AND ($5 IS NULL OR line_status = $5)) AS total \
         LEFT JOIN (SELECT ticket_id, line_status, sequence, content, created_at, ticket_key FROM tickets \
         WHERE package = $1 AND leg = $2 AND ($3 OR provider = $4) AND ($5 IS NULL OR line_status = $5) \
         ORDER BY created_at DESC, ticket_id COLLATE \"C\", ticket_key LIMIT $6 OFFSET $7) AS page ON true \
         ORDER BY created_at DESC, ticket_id COLLATE \"C\", ticket_key",
    )
    .bind::<Text, _>(&filter.package)
    .bind::<Text, _>(&filter.leg)
    .bind::<Bool, _>(caller.is_support())
    .bind::<Text, _>(caller.subject().as_str())
    .bind::<Nullable<Text>, _>(filter.status.and_then(|status| status.text()))
    .bind::<BigInt, _>(filter.limit())
    .bind::<BigInt, _>(filter.offset())
    .load(conn)
    .await?;
    let matched = rows.as_slice().first().map_or(0, |row| row.matched);
    let page: Result<Vec<Option<Listed>>, Diesel> = rows.into_iter().map(listed).collect();
    Ok((page?.into_iter().flatten().collect(), matched))
}

fn listed(row: Row) -> Result<Option<Listed>, Diesel> {
    let (Some(id), Some(status), Some(sequence), Some(content)) =
        (row.ticket_id, row.line_status, row.sequence, row.content)
    else {
        return Ok(None);
    };
    let content = serde_json::from_value(content).map_err(|error| Diesel::DeserializationError(Box::new(error)))?;
    Ok(Some(Listed { id: TicketId(id), status, sequence, content }))
}
