//! What the attachments service asks: what a ticket is called and whose it is, and which tickets somebody sees.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::Subject;
use serde::Serialize;
use uuid::Uuid;
use web::{GivenTwice, Query};

use super::requests::ticket_id;
use crate::db::Reference;
use crate::error::{Error, Failure, answer};
use crate::{App, db};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceShown {
    ticket_id: i64,
    ticket_key: Uuid,
    owner: Option<String>,
    user_id: Option<i64>,
}

impl From<Reference> for ReferenceShown {
    fn from(found: Reference) -> Self {
        Self { ticket_id: found.ticket_id, ticket_key: found.ticket_key, owner: found.owner, user_id: found.user_id }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct IdsShown {
    ticket_ids: Vec<i64>,
}

/// One ticket.
pub(crate) async fn get_reference(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let id = ticket_id(&request, "ticketId")?;
        let mut conn = app.db.conn().await?;
        let found = db::find_reference(&mut conn, id).await?.ok_or(Error::TicketNotFound(id))?;
        Ok(HttpResponse::Ok().json(ReferenceShown::from(found)))
    })
    .await
}

/// All tickets of a customer.
pub(crate) async fn list_ticket_ids(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    answer(&request, async {
        let (subject, number) = customer(&request)?;
        let mut conn = app.db.conn().await?;
        let ticket_ids = db::list_ids(&mut conn, &subject, number).await?;
        Ok(HttpResponse::Ok().json(IdsShown { ticket_ids }))
    })
    .await
}

fn customer(request: &HttpRequest) -> Result<(Subject, Option<i64>), Error> {
    let query = Query::parse(request.query_string());
    let text = |name| query.get(name).map_err(|GivenTwice(name)| Error::malformed(format!("{name} given twice")));
    let subject = text("subject")?.and_then(|text| Subject::try_from(text).ok());
    let subject = subject.ok_or_else(|| Error::malformed("subject names nobody"))?;
    let number = text("user_id")?.map(str::parse).transpose();
    Ok((subject, number.map_err(|_| Error::malformed("user_id is no number"))?))
}
