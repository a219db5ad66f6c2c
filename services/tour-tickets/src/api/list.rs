//! The list of tickets: complete unless the client wants a part, so a long one is sent while it is read.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use storage::Db;
use web::Fault;

use super::access::Admitted;
use super::requests::{Page, page};
use super::views::SupportTicket;
use crate::error::{Error, Failure, answer};
use crate::model::{Sight, Ticket};
use crate::{App, db};

/// Tickets read at once: usually half a mebibyte, and 64 MiB if every message is as long as it may be, however long the
/// list is.
const CHUNK: i64 = 250;

/// List all tickets that the caller sees, in the order of their ids.
#[utoipa::path(get, tag = "tickets", path = "/api/support_tickets",
    params(("limit" = Option<i64>, Query), ("afterId" = Option<i64>, Query)),
    responses((status = 200, body = [SupportTicket]), (status = 400), (status = 401)), security((), ("bearer" = [])))]
pub(crate) async fn list_tickets(
    app: Data<App>,
    visitor: Admitted,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let mut list = Listing::new(app.db.clone(), visitor.sight(), page(&request)?);
        // Before the head of the answer: as long as the first chunk fails there is still a status to say so.
        let first = list.next().await?;
        let mut response = HttpResponse::Ok();
        response.insert_header(ContentType::json());
        if list.is_complete() {
            return Ok(response.body(array(&first)?));
        }
        Ok(response.streaming(rest(list, first)))
    })
    .await
}

/// A list on its way. No connection is held between chunks: a slow reader takes none from the others.
struct Listing {
    db: Db,
    sight: Sight,
    after: i64,
    /// How many are still wanted; all if unset.
    left: Option<i64>,
    is_complete: bool,
}

impl Listing {
    fn new(db: Db, sight: Sight, page: Page) -> Self {
        Self { db, sight, after: page.after, left: page.limit, is_complete: false }
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    async fn next(&mut self) -> Result<Vec<Ticket>, Error> {
        let wanted = self.left.map_or(CHUNK, |left| left.min(CHUNK));
        let mut conn = self.db.conn().await?;
        let tickets = db::list(&mut conn, &self.sight, self.after, wanted).await?;
        let found = i64::try_from(tickets.len()).unwrap_or(CHUNK);
        self.left = self.left.map(|left| left - found);
        self.is_complete = found < wanted || self.left == Some(0);
        if let Some(last) = tickets.last() {
            self.after = last.row().identity.id;
        }
        Ok(tickets)
    }
}

/// The chunks of an array. An error in the middle cuts the connection, so that nobody takes a part for the whole.
fn rest(list: Listing, first: Vec<Ticket>) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::try_unfold(Some((list, Some(first))), |state| async move {
        let Some((mut list, waiting)) = state else { return Ok(None) };
        let (tickets, is_first) = match waiting {
            Some(first) => (first, true),
            None => (list.next().await.inspect_err(|error| tracing::error!(%error, "a list was cut off"))?, false),
        };
        let members = array(&tickets)?;
        let members = &members[1..members.len() - 1];
        let mut text = Vec::with_capacity(members.len() + 2);
        if is_first || !members.is_empty() {
            text.push(if is_first { b'[' } else { b',' });
        }
        text.extend_from_slice(members);
        let next = if list.is_complete() {
            text.push(b']');
            None
        } else {
            Some((list, None))
        };
        Ok(Some((Bytes::from(text), next)))
    })
}

fn array(tickets: &[Ticket]) -> Result<Vec<u8>, Error> {
    let views: Vec<SupportTicket> = tickets.iter().map(Into::into).collect();
    serde_json::to_vec(&views).map_err(|error| Fault::Internal(error.to_string()).into())
}
