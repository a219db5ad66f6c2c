//! A page of the tickets a caller may see.

use auth::Caller;
use storage::Cursor;

use crate::App;
use crate::db;
use crate::error::Error;
use crate::model::{After, Filter, Sort, Ticket};

/// A page, and where the next one begins if there is one.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) next: Option<After>,
}

pub(crate) async fn list_tickets(app: &App, caller: &Caller, filter: &Filter) -> Result<Page, Error> {
    let mut conn = app.db.conn().await?;
    let mut tickets = db::list(&mut conn, caller, filter).await?;
    let has_more = tickets.len() > filter.limit;
    tickets.truncate(filter.limit);
    let last = tickets.last().filter(|_| has_more);
    let next = last.map(|ticket| After { sort: filter.sort, cursor: place(ticket, filter.sort) });
    Ok(Page { tickets, next })
}

fn place(ticket: &Ticket, sort: Sort) -> Cursor {
    let at = match sort {
        Sort::UpdatedDescending | Sort::UpdatedAscending => ticket.updated_at,
        Sort::CreatedDescending | Sort::CreatedAscending => ticket.created_at,
    };
    Cursor { at, id: ticket.key.0 }
}
