//! Messages that are no ticket events: a command to the MAS integration, a result from it. Like an event, such a message
//! is a row of the transaction that causes it, and the relay publishes it, at least once.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;
use uuid::Uuid;

use crate::bus::{Message, Properties};
use crate::schema::outgoing_messages;
use crate::topology::Exchange;

/// A message for one reader.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Names the message, also when it is published again.
    pub message_id: Uuid,
    /// Where it is published.
    pub exchange: Exchange,
    /// What the bindings look at.
    pub routing_key: String,
    /// AMQP `type`.
    pub kind: String,
    /// The media type of the body.
    pub content_type: String,
    /// What an answer is to name.
    pub correlation_id: Option<String>,
    /// The queue for an answer.
    pub reply_to: Option<String>,
    /// Text headers.
    pub headers: Vec<(String, String)>,
    /// When its cause was decided.
    pub at: DateTime<Utc>,
    /// The body.
    pub body: Vec<u8>,
}

/// The statement that stores a message to be sent; a part of the statement that writes the change.
#[derive(Debug)]
pub struct Put {
    message: Outgoing,
    headers: serde_json::Value,
}

impl Put {
    /// Stores this message.
    #[must_use]
    pub fn new(message: Outgoing) -> Self {
        let headers = message.headers.iter().map(|(name, value)| serde_json::json!([name, value])).collect();
        Self { headers: serde_json::Value::Array(headers), message }
    }
}

impl QueryFragment<Pg> for Put {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO outgoing_messages (message_id, exchange, routing_key, kind, content_type, correlation_id, \
             reply_to, headers, sent_at, body) VALUES (",
        );
        out.push_bind_param::<SqlUuid, _>(&self.message.message_id)?;
        for text in
            [self.message.exchange.name(), &self.message.routing_key, &self.message.kind, &self.message.content_type]
        {
            out.push_sql(", ");
            out.push_bind_param::<Text, str>(text)?;
        }
        for text in [&self.message.correlation_id, &self.message.reply_to] {
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Text>, _>(text)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Jsonb, _>(&self.headers)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamptz, _>(&self.message.at)?;
        out.push_sql(", ");
        out.push_bind_param::<Binary, _>(&self.message.body)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Put {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A message as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outgoing_messages, check_for_backend(Pg))]
pub(crate) struct Stored {
    pub(crate) message_id: Uuid,
    exchange: String,
    routing_key: String,
    kind: String,
    content_type: String,
    correlation_id: Option<String>,
    reply_to: Option<String>,
    headers: serde_json::Value,
    sent_at: DateTime<Utc>,
    body: Option<Vec<u8>>,
}

impl Stored {
    /// The message as it travels; nothing if its exchange is none of ours or its body is gone, which only a defect can write.
    pub(crate) fn message(self, service: &str) -> Option<Message> {
        let exchange = [Exchange::MasCommands, Exchange::MasResults].into_iter().find(|e| e.name() == self.exchange)?;
        Some(Message {
            exchange,
            routing_key: self.routing_key,
            properties: Properties {
                message_id: self.message_id,
                kind: self.kind,
                app_id: service.to_owned(),
                timestamp: self.sent_at,
                content_type: self.content_type,
                correlation_id: self.correlation_id,
                reply_to: self.reply_to,
                headers: serde_json::from_value(self.headers).unwrap_or_default(),
            },
            body: self.body?.into(),
        })
    }
}

/// Messages that no broker has confirmed yet, oldest first.
pub(crate) async fn unpublished(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<Stored>> {
    outgoing_messages::table
        .filter(outgoing_messages::published_at.is_null())
        .order(outgoing_messages::sent_at)
        .limit(limit)
        .select(Stored::as_select())
        .load(conn)
        .await
}

/// Whether there are such messages.
pub(crate) async fn is_any_unpublished(conn: &mut AsyncPgConnection) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        any: bool,
    }
    let text = "SELECT EXISTS (SELECT FROM outgoing_messages WHERE published_at IS NULL) AS any";
    let row: Row = storage::sql(text).get_result(conn).await?;
    Ok(row.any)
}

/// How many messages wait, and the age in seconds of the oldest.
pub async fn backlog(conn: &mut AsyncPgConnection) -> QueryResult<(i64, f64)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
        #[diesel(sql_type = Double)]
        oldest: f64,
    }
    let row: Row = storage::sql(
        "SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(sent_at)), 0)::float8 AS oldest \
         FROM outgoing_messages WHERE published_at IS NULL",
    )
    .get_result(conn)
    .await?;
    Ok((row.waiting, row.oldest))
}

pub(crate) async fn mark_published(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<usize> {
    storage::sql("UPDATE outgoing_messages SET published_at = clock_timestamp() WHERE message_id = ANY($1)")
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(conn)
        .await
}

/// Removes the bodies of messages that were published 30 days ago: they may hold personal data (events.md 7). The rest of
/// the row stays as the record. Returns how many bodies went; call again while it is not 0.
pub async fn forget_old_bodies(conn: &mut AsyncPgConnection) -> Result<usize, DbError> {
    let text = "UPDATE outgoing_messages SET body = NULL WHERE message_id IN (SELECT message_id FROM outgoing_messages \
                WHERE body IS NOT NULL AND published_at < now() - interval '30 days' LIMIT 1000)";
    Ok(storage::sql(text).execute(conn).await?)
}
