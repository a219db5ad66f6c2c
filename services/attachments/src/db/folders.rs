//! Folders: the row that is locked for every change, and the writes that `commit` saves with the events.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Aggregate as _, TicketKey};
use messaging::Persist;
use storage::{DbError, Together};
use uuid::Uuid;

use super::attachments::AttachmentRow;
use super::schema::{attachment_streams, attachments};
use crate::model::{Effect, Folder, Row};

#[derive(Debug, QueryableByName)]
struct FolderRow {
    #[diesel(sql_type = SqlUuid)]
    ticket_key: Uuid,
    #[diesel(sql_type = BigInt)]
    ticket_id: i64,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

impl From<FolderRow> for Folder {
    fn from(row: FolderRow) -> Self {
        let FolderRow { ticket_key, ticket_id, version, deleted } = row;
        Self::stored(Row { key: TicketKey(ticket_key), ticket_id, version, deleted })
    }
}

/// A folder that is locked until the end of the transaction, and an id for one more attachment.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) folder: Folder,
    pub(crate) next_id: i64,
}

/// Locks the folder of a ticket for one more attachment, if the ticket was ever seen.
pub(crate) async fn lock_to_add(conn: &mut AsyncPgConnection, ticket_id: i64) -> Result<Option<Locked>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        folder: FolderRow,
        #[diesel(sql_type = BigInt)]
        next_id: i64,
    }
    let found: Option<Found> = storage::sql(
        "SELECT ticket_key, ticket_id, version, deleted, nextval('attachment_ids') AS next_id \
         FROM attachment_streams WHERE ticket_id = $1 FOR UPDATE",
    )
    .bind::<BigInt, _>(ticket_id)
    .get_result(conn)
    .await
    .optional()?;
    Ok(found.map(|found| Locked { folder: found.folder.into(), next_id: found.next_id }))
}

/// Locks the folder of a ticket until the end of the transaction.
pub(crate) async fn lock(conn: &mut AsyncPgConnection, ticket_id: i64) -> Result<Option<Folder>, DbError> {
    let row: Option<FolderRow> = storage::sql(
        "SELECT ticket_key, ticket_id, version, deleted FROM attachment_streams WHERE ticket_id = $1 FOR UPDATE",
    )
    .bind::<BigInt, _>(ticket_id)
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(Into::into))
}

/// Whether a ticket was ever seen. Without a lock: whoever locks two folders does it in one go.
pub(crate) async fn is_known(conn: &mut AsyncPgConnection, ticket_id: i64) -> Result<bool, DbError> {
    let known = attachment_streams::table.filter(attachment_streams::ticket_id.eq(ticket_id));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn).await?)
}

/// Locks the folders of two tickets, always in the same order, so that two moves never wait for each other.
pub(crate) async fn lock_pair(
    conn: &mut AsyncPgConnection,
    tickets: (i64, i64),
) -> Result<(Option<Folder>, Option<Folder>), DbError> {
    let rows: Vec<FolderRow> = storage::sql(
        "SELECT ticket_key, ticket_id, version, deleted FROM attachment_streams WHERE ticket_id IN ($1, $2) \
         ORDER BY ticket_id FOR UPDATE",
    )
    .bind::<BigInt, _>(tickets.0)
    .bind::<BigInt, _>(tickets.1)
    .load(conn)
    .await?;
    let (mut first, mut second) = (None, None);
    for row in rows {
        if row.ticket_id == tickets.0 { first = Some(row.into()) } else { second = Some(row.into()) }
    }
    Ok((first, second))
}

/// Makes the folder of a ticket that was not seen before; one that is there stays as it is, also if the ticket is gone.
pub(crate) async fn introduce(conn: &mut AsyncPgConnection, key: TicketKey, ticket_id: i64) -> Result<(), DbError> {
    storage::sql(
        "INSERT INTO attachment_streams (ticket_key, ticket_id, version, deleted) VALUES ($1, $2, 0, false) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(key.0)
    .bind::<BigInt, _>(ticket_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks the ticket as deleted, also if it was never seen, and locks its folder. Two statements: with `ON CONFLICT
/// (ticket_key) DO UPDATE`, of two that insert the same row at once one fails at the other unique index.
///
/// `NotFound` if the ticket's id is that of another ticket here: the services' databases do not go together, and no
/// repetition mends that.
pub(crate) async fn bury(conn: &mut AsyncPgConnection, key: TicketKey, ticket_id: i64) -> Result<Folder, DbError> {
    introduce(conn, key, ticket_id).await?;
    let row: FolderRow = storage::sql(
        "UPDATE attachment_streams SET deleted = true WHERE ticket_key = $1 \
         RETURNING ticket_key, ticket_id, version, deleted",
    )
    .bind::<SqlUuid, _>(key.0)
    .get_result(conn)
    .await?;
    Ok(row.into())
}

impl Persist for Folder {
    fn writes(&self) -> Together {
        let writes = match self.effect().clone() {
            Effect::None => Together::new(),
            Effect::Insert(attachment) => {
                Together::new().and(diesel::insert_into(attachments::table).values(AttachmentRow::from(attachment)))
            }
            Effect::Update(attachment) => {
                let row = AttachmentRow::from(attachment);
                let ours = attachments::table.filter(attachments::attachment_id.eq(row.attachment_id));
                Together::new().and(diesel::update(ours).set((
                    attachments::ticket_id.eq(row.ticket_id),
                    attachments::file_url.eq(row.file_url),
                    attachments::file_name.eq(row.file_name),
                    attachments::mime_type.eq(row.mime_type),
                    attachments::file_size_bytes.eq(row.file_size_bytes),
                    attachments::file_id.eq(row.file_id),
                )))
            }
            Effect::Delete(ids) => {
                Together::new().and(diesel::delete(attachments::table.filter(attachments::attachment_id.eq_any(ids))))
            }
        };
        let folder = attachment_streams::table.filter(attachment_streams::ticket_key.eq(self.row().key.0));
        writes.and(diesel::update(folder).set(attachment_streams::version.eq(self.version())))
    }
}
