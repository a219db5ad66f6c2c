//! Lists that are complete however long they are: read page by page and sent while they are read.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use storage::DbError;
use web::Fault;

use crate::error::Error;

/// Rows that are read at once: a few hundred kilobytes of answer.
pub(super) const PAGE: i64 = 1000;

/// A page: its items, and the id to go on from; none after the last page.
pub(super) struct Part<T> {
    items: Vec<T>,
    rest: Option<i32>,
}

impl<T> Part<T> {
    /// The rows as items. A page that is not full is the last.
    pub(super) fn of<R: Into<T>>(rows: Vec<R>, id: fn(&R) -> i32) -> Self {
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= PAGE);
        let rest = rows.last().filter(|_| is_full).map(id);
        Self { items: rows.into_iter().map(Into::into).collect(), rest }
    }
}

/// Answers with an array of everything that `read` gives, page after page, from the first. A failure on the first page
/// is an error answer; a later one breaks the connection off, so that nobody takes a part for the whole.
pub(super) async fn array<T: Serialize + 'static>(
    read: impl AsyncFn(Option<i32>) -> Result<Part<T>, DbError> + 'static,
) -> Result<HttpResponse, Error> {
    let first = read(None).await?;
    if first.rest.is_none() {
        return Ok(HttpResponse::Ok().json(first.items));
    }
    let mut response = HttpResponse::Ok();
    response.insert_header(ContentType::json());
    let start = (Rc::new(read), Some(Next::Send(first)), true);
    Ok(response.streaming(stream::try_unfold(start, async |(read, next, is_first)| {
        let part = match next {
            None => return Ok::<_, Error>(None),
            Some(Next::Send(part)) => part,
            Some(Next::Read(last)) => read(Some(last)).await?,
        };
        let bytes = fragment(&part, is_first)?;
        Ok(Some((bytes, (read, part.rest.map(Next::Read), false))))
    })))
}

enum Next<T> {
    Send(Part<T>),
    Read(i32),
}

/// The part's share of the array, with its brackets and commas.
fn fragment<T: Serialize>(part: &Part<T>, is_first: bool) -> Result<Bytes, Error> {
    let mut bytes = serde_json::to_vec(&part.items).map_err(|error| Fault::Internal(error.to_string()))?;
    let is_last = part.rest.is_none();
    if let Some(opening) = bytes.first_mut().filter(|_| !is_first) {
        // An empty last page closes the array; another one goes on in it.
        *opening = if part.items.is_empty() { b' ' } else { b',' };
    }
    if !is_last {
        bytes.pop();
    }
    Ok(bytes.into())
}
