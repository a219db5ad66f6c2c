//! The statement that stores a new ticket; a part of the statement that accepts the request. By hand, because a ticket
//! has more columns than a table of Diesel.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use domain::StatusWord as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::Row;

/// Inserts a ticket that was just accepted: nobody has it, and MAS has said nothing yet.
#[derive(Debug)]
pub(super) struct Insert {
    row: Row,
    request: Value,
    digest: Vec<u8>,
    command_id: Uuid,
    customer_number: i64,
}

impl Insert {
    pub(super) fn new(row: &Row) -> Self {
        let draft = &row.submission.draft;
        Self {
            request: json!(draft),
            digest: draft.digest(),
            command_id: row.transaction_id.command_id(),
            customer_number: row.submission.customer.number(),
            row: row.clone(),
        }
    }
}

impl QueryFragment<Pg> for Insert {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (row, submission) = (&self.row, &self.row.submission);
        out.push_sql(
            "INSERT INTO tickets (created_at, updated_at, ticket_key, transaction_id, version, customer_number, \
             basic_user, profile_id, tracking_id, customer_id, status, line_status, priority, body_digest, request, \
             command_id) VALUES (",
        );
        out.push_bind_param::<Timestamptz, _>(&row.created_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamptz, _>(&row.updated_at)?;
        out.push_sql(", ");
        out.push_bind_param::<SqlUuid, _>(&row.key.0)?;
        for number in [&row.transaction_id.0, &row.version, &self.customer_number] {
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(number)?;
        }
        for text in [
            &submission.user,
            submission.profile.as_str(),
            &submission.tracking_id,
            submission.customer.as_str(),
            row.shown.status().as_str(),
            row.shown.word().text().unwrap_or_default(),
            row.priority.as_str(),
        ] {
            out.push_sql(", ");
            out.push_bind_param::<Text, str>(text)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Binary, _>(&self.digest)?;
        out.push_sql(", ");
        out.push_bind_param::<Jsonb, _>(&self.request)?;
        out.push_sql(", ");
        out.push_bind_param::<SqlUuid, _>(&self.command_id)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Insert {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
