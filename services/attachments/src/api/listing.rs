//! A list without a limit is complete, however long it is, and is sent page by page.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::Serialize as _;
use storage::Db;
use web::Fault;

use super::views::AttachmentView;
use crate::db::{self, PAGE, Page};
use crate::error::Error;
use crate::model::Attachment;

/// Answers with the first page, and if that may not be all, with all that follow. Errors of the first page are answers;
/// later ones break the answer off.
pub(super) async fn list(db: &Db, page: Page, is_limited: bool) -> Result<HttpResponse, Error> {
    let first = read(db, &page).await?;
    if is_limited || (first.len() as i64) < PAGE {
        let views: Vec<AttachmentView> = first.into_iter().map(Into::into).collect();
        return Ok(HttpResponse::Ok().json(views));
    }
    let pages = stream(Some(first), page, db.clone());
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).streaming(pages))
}

async fn read(db: &Db, page: &Page) -> Result<Vec<Attachment>, Error> {
    Ok(db::list(&mut *db.conn().await?, page).await?)
}

/// `[`, the pages, `]`. The first page is never empty.
fn stream(first: Option<Vec<Attachment>>, page: Page, db: Db) -> impl Stream<Item = Result<Bytes, Fault>> {
    stream::try_unfold(Some((first, page, db)), async |state| {
        let Some((first, mut page, db)) = state else { return Ok(None) };
        let is_first = first.is_some();
        let rows = match first {
            Some(rows) => rows,
            None => read(&db, &page).await.map_err(|error| Fault::Internal(error.to_string()))?,
        };
        let is_last = (rows.len() as i64) < PAGE;
        page.after_id = rows.last().map_or(page.after_id, |last| last.id);
        let mut text = json(rows, is_first)?;
        if is_last {
            text.push(b']');
        }
        Ok(Some((Bytes::from(text), (!is_last).then_some((None, page, db)))))
    })
}

fn json(rows: Vec<Attachment>, is_first: bool) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        text.push(if is_first && index == 0 { b'[' } else { b',' });
        let mut serializer = serde_json::Serializer::new(&mut text);
        AttachmentView::from(row).serialize(&mut serializer).map_err(|error| Fault::Internal(error.to_string()))?;
    }
    Ok(text)
}
