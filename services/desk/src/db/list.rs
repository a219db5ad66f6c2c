//! A page of tickets. Every condition that the caller and the filter bring is in the statement, and so is the place
//! where the last page ended: a page costs the same wherever it is.

use auth::Caller;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Line;
use storage::DbError;

use super::rows::{TicketRow, columns};
use super::statement::{Statement, Value};
use crate::model::{Assignee, Filter, Sort, Ticket};

/// The tickets of a page and, if there are more, one more than the page has.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    filter: &Filter,
) -> Result<Vec<Ticket>, DbError> {
    let rows: Vec<TicketRow> = statement(caller, filter).load(conn).await?;
    Ok(rows.into_iter().map(Ticket::try_from).collect::<Result<_, _>>()?)
}

fn statement(caller: &Caller, filter: &Filter) -> Statement {
    let statement = Statement::starting(concat!("SELECT ", columns!(), " FROM tickets WHERE true"));
    let statement = chosen(visible(statement, caller, filter.line), filter);
    page(statement, filter)
}

/// What the caller may see, of the line that is asked for.
fn visible(statement: Statement, caller: &Caller, asked: Option<Line>) -> Statement {
    let may_see = |line: &Line| caller.may_use(*line) && asked.is_none_or(|asked| asked == *line);
    let lines: Vec<&'static str> = Line::ALL.into_iter().filter(may_see).map(Line::as_str).collect();
    let statement = match lines.as_slice() {
        all if all.len() == Line::ALL.len() => statement,
        [line] => statement.text(" AND line = ").value(Value::Text((*line).to_owned())),
        _ => statement.text(" AND line = ANY (").value(Value::Texts(lines)).text(")"),
    };
    if caller.is_support() {
        return statement;
    }
    statement.text(" AND requester = ").value(Value::Text(caller.subject().to_string()))
}

/// What the filter leaves of it.
fn chosen(mut statement: Statement, filter: &Filter) -> Statement {
    let equal = [
        (" AND status = ", filter.status.map(|status| status.as_str().to_owned())),
        (" AND priority = ", filter.priority.map(|priority| priority.as_str().to_owned())),
        (" AND requester = ", filter.requester.as_ref().map(ToString::to_string)),
    ];
    for (condition, value) in equal {
        if let Some(value) = value {
            statement = statement.text(condition).value(Value::Text(value));
        }
    }
    statement = match &filter.assignee {
        None => statement,
        Some(Assignee::Nobody) => statement.text(" AND assignee IS NULL"),
        Some(Assignee::Agent(agent)) => statement.text(" AND assignee = ").value(Value::Text(agent.to_string())),
    };
    match filter.updated_since {
        None => statement,
        Some(since) => statement.text(" AND updated_at >= ").value(Value::Time(since)),
    }
}

/// The rows after the last page, in order.
fn page(statement: Statement, filter: &Filter) -> Statement {
    let (start, order) = match filter.sort {
        Sort::UpdatedDescending => {
            (" AND (updated_at, ticket_key) < (", " ORDER BY updated_at DESC, ticket_key DESC LIMIT ")
        }
        Sort::UpdatedAscending => (" AND (updated_at, ticket_key) > (", " ORDER BY updated_at, ticket_key LIMIT "),
        Sort::CreatedDescending => {
            (" AND (created_at, ticket_key) < (", " ORDER BY created_at DESC, ticket_key DESC LIMIT ")
        }
        Sort::CreatedAscending => (" AND (created_at, ticket_key) > (", " ORDER BY created_at, ticket_key LIMIT "),
    };
    let statement = match filter.after {
        None => statement,
        Some(after) => {
            statement.text(start).value(Value::Time(after.at)).text(", ").value(Value::Id(after.id)).text(")")
        }
    };
    let rows = i64::try_from(filter.limit + 1).unwrap_or(i64::MAX);
    statement.text(order).value(Value::Count(rows))
}
