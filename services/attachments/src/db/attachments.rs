//! Reads attachments.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;
use uuid::Uuid;

use super::schema::attachments;
use crate::model::{Attachment, Content, FileId};

/// Rows read at once, also where a list has no limit: what a worker holds in memory of it.
pub(crate) const PAGE: i64 = 1000;

#[derive(Debug, Clone, QueryableByName, Insertable)]
#[diesel(table_name = attachments, check_for_backend(Pg))]
pub(super) struct AttachmentRow {
    pub(super) attachment_id: i64,
    pub(super) ticket_id: i64,
    pub(super) file_url: String,
    pub(super) file_name: String,
    pub(super) mime_type: Option<String>,
    pub(super) file_size_bytes: Option<i64>,
    pub(super) uploaded_at: DateTime<Utc>,
    pub(super) file_id: Option<Uuid>,
}

impl From<AttachmentRow> for Attachment {
    fn from(row: AttachmentRow) -> Self {
        Self {
            id: row.attachment_id,
            ticket_id: row.ticket_id,
            content: Content {
                file_url: row.file_url,
                file_name: row.file_name,
                mime_type: row.mime_type,
                file_size_bytes: row.file_size_bytes,
            },
            uploaded_at: row.uploaded_at,
            file_id: row.file_id.map(FileId),
        }
    }
}

impl From<Attachment> for AttachmentRow {
    fn from(attachment: Attachment) -> Self {
        Self {
            attachment_id: attachment.id,
            ticket_id: attachment.ticket_id,
            file_url: attachment.content.file_url,
            file_name: attachment.content.file_name,
            mime_type: attachment.content.mime_type,
            file_size_bytes: attachment.content.file_size_bytes,
            uploaded_at: attachment.uploaded_at,
            file_id: attachment.file_id.map(|file| file.0),
        }
    }
}

/// A query for [`AttachmentRow`]s. It names the columns: a prepared `SELECT *` fails as soon as a migration adds one.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT attachment_id, ticket_id, file_url, file_name, mime_type, file_size_bytes, uploaded_at, file_id \
             FROM attachments ",
            $rest
        )
    };
}

/// Whose attachments are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those of all tickets.
    All,
    /// Those of these tickets.
    Tickets(Vec<i64>),
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) scope: Scope,
    pub(crate) after_id: i64,
    pub(crate) limit: i64,
}

/// One attachment, whoever may see it: the caller compares its ticket.
pub(crate) async fn find(conn: &mut AsyncPgConnection, id: i64) -> Result<Option<Attachment>, DbError> {
    let row: Option<AttachmentRow> =
        storage::sql(select!("WHERE attachment_id = $1")).bind::<BigInt, _>(id).get_result(conn).await.optional()?;
    Ok(row.map(Into::into))
}

/// Attachments in the order of their ids.
pub(crate) async fn list(conn: &mut AsyncPgConnection, page: &Page) -> Result<Vec<Attachment>, DbError> {
    // Two statements and no `OR`: each keeps the plan that fits it.
    let rows: Vec<AttachmentRow> = match &page.scope {
        Scope::All => {
            storage::sql(select!("WHERE attachment_id > $1 ORDER BY attachment_id LIMIT $2"))
                .bind::<BigInt, _>(page.after_id)
                .bind::<BigInt, _>(page.limit)
                .load(conn)
                .await?
        }
        Scope::Tickets(tickets) => {
            storage::sql(select!("WHERE attachment_id > $1 AND ticket_id = ANY ($3) ORDER BY attachment_id LIMIT $2"))
                .bind::<BigInt, _>(page.after_id)
                .bind::<BigInt, _>(page.limit)
                .bind::<Array<BigInt>, _>(tickets)
                .load(conn)
                .await?
        }
    };
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The ids of some of a ticket's attachments, lowest first.
pub(crate) async fn ids_of(conn: &mut AsyncPgConnection, ticket_id: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    let ours = attachments::table.filter(attachments::ticket_id.eq(ticket_id));
    let ids = ours.order(attachments::attachment_id).limit(limit).select(attachments::attachment_id);
    Ok(ids.load(conn).await?)
}
