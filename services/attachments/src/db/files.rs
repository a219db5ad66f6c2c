//! Files and uploads. An upload becomes a file by one statement, or is abandoned by another: never both.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::{Array, BigInt, Binary, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Subject;
use storage::DbError;
use uuid::Uuid;

use crate::model::{File, FileId, Kind};

/// A file, and the tickets it is attached to.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) file: File,
    pub(crate) tickets: Vec<i64>,
}

#[derive(Debug, QueryableByName)]
struct FileRow {
    #[diesel(sql_type = Text)]
    uploader: String,
    #[diesel(sql_type = Text)]
    file_name: String,
    #[diesel(sql_type = Text)]
    mime_type: String,
    #[diesel(sql_type = BigInt)]
    size_bytes: i64,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = Array<BigInt>)]
    tickets: Vec<i64>,
}

#[derive(Debug, QueryableByName)]
struct UploadId {
    #[diesel(sql_type = SqlUuid)]
    file_id: Uuid,
}

/// One file, whoever may read it: the caller decides by its uploader and its tickets.
pub(crate) async fn find_file(conn: &mut AsyncPgConnection, id: FileId) -> Result<Option<Found>, DbError> {
    let row: Option<FileRow> = storage::sql(
        "SELECT uploader, file_name, mime_type, size_bytes, sha256, \
         ARRAY(SELECT DISTINCT ticket_id FROM attachments WHERE attachments.file_id = files.file_id) AS tickets \
         FROM files WHERE file_id = $1",
    )
    .bind::<SqlUuid, _>(id.0)
    .get_result(conn)
    .await
    .optional()?;
    let Some(row) = row else { return Ok(None) };
    let file = File {
        id,
        uploader: Subject::try_from(row.uploader).map_err(|error| Diesel::DeserializationError(Box::new(error)))?,
        name: row.file_name,
        kind: Kind::parse(&row.mime_type).ok_or_else(|| unreadable("mime_type"))?,
        size: u64::try_from(row.size_bytes).map_err(|_| unreadable("size_bytes"))?,
        sha256: row.sha256.try_into().map_err(|_| unreadable("sha256"))?,
    };
    Ok(Some(Found { file, tickets: row.tickets }))
}

fn unreadable(column: &str) -> Diesel {
    Diesel::DeserializationError(format!("the column {column} of a file has no good value").into())
}

/// Says that bytes of a file are about to come, so that they are found should it never be complete.
pub(crate) async fn begin_upload(conn: &mut AsyncPgConnection, id: FileId, now: DateTime<Utc>) -> Result<(), DbError> {
    storage::sql("INSERT INTO uploads (file_id, begun_at) VALUES ($1, $2)")
        .bind::<SqlUuid, _>(id.0)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes an upload a file, if the clean-up has not taken it. From here on nothing deletes its bytes.
pub(crate) async fn complete_upload(
    conn: &mut AsyncPgConnection,
    file: &File,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let rows = storage::sql(
        "WITH upload AS (DELETE FROM uploads WHERE file_id = $1 AND NOT abandoned RETURNING file_id) \
         INSERT INTO files (file_id, uploader, file_name, mime_type, size_bytes, sha256, uploaded_at) \
         SELECT file_id, $2, $3, $4, $5, $6, $7 FROM upload",
    )
    .bind::<SqlUuid, _>(file.id.0)
    .bind::<Text, _>(file.uploader.as_str())
    .bind::<Text, _>(&file.name)
    .bind::<Text, _>(file.kind.mime())
    .bind::<BigInt, _>(i64::try_from(file.size).unwrap_or(i64::MAX))
    .bind::<Binary, _>(&file.sha256[..])
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

/// Takes uploads that began before a time out of their clients' hands: none of them can become a file any more.
pub(crate) async fn abandon_old(
    conn: &mut AsyncPgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    Ok(storage::sql(
        "UPDATE uploads SET abandoned = true WHERE NOT abandoned AND file_id IN \
         (SELECT file_id FROM uploads WHERE begun_at < $1 AND NOT abandoned ORDER BY begun_at LIMIT $2)",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await?)
}

/// Uploads whose bytes are to be removed, in the order of their ids.
pub(crate) async fn abandoned(
    conn: &mut AsyncPgConnection,
    after: Option<FileId>,
    limit: i64,
) -> Result<Vec<FileId>, DbError> {
    let rows: Vec<UploadId> =
        storage::sql("SELECT file_id FROM uploads WHERE abandoned AND file_id > $1 ORDER BY file_id LIMIT $2")
            .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), |after| after.0))
            .bind::<BigInt, _>(limit)
            .load(conn)
            .await?;
    Ok(rows.into_iter().map(|row| FileId(row.file_id)).collect())
}

/// Forgets an upload whose bytes are gone.
pub(crate) async fn forget_upload(conn: &mut AsyncPgConnection, id: FileId) -> Result<(), DbError> {
    storage::sql("DELETE FROM uploads WHERE file_id = $1").bind::<SqlUuid, _>(id.0).execute(conn).await?;
    Ok(())
}
