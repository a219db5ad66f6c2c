//! A statement put together from parts. A list with optional filters must not say `$1 IS NULL OR …`: such a plan serves
//! every combination and uses no index. Only the conditions that are asked for go into the text, which is prepared once
//! per connection like any other; the combinations are few.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Untyped, Uuid as SqlUuid};
use uuid::Uuid;

/// A text with `$1`, `$2` …, and the values bound to them.
#[derive(Debug)]
pub(super) struct Statement {
    text: String,
    values: Vec<Value>,
}

/// A value bound to a statement.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Texts(Vec<&'static str>),
    Time(DateTime<Utc>),
    Id(Uuid),
    Count(i64),
}

impl Statement {
    /// Begins with this text.
    pub(super) fn starting(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// Adds text. It is never made from what a client sent: that is bound.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds the placeholder of the next value, and binds it.
    pub(super) fn value(mut self, value: Value) -> Self {
        self.values.push(value);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "${}", self.values.len());
        self
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.text);
        for value in &self.values {
            match value {
                Value::Text(text) => out.push_bind_param_value_only::<Text, _>(text)?,
                Value::Texts(texts) => out.push_bind_param_value_only::<Array<Text>, _>(texts)?,
                Value::Time(time) => out.push_bind_param_value_only::<Timestamptz, _>(time)?,
                Value::Id(id) => out.push_bind_param_value_only::<SqlUuid, _>(id)?,
                Value::Count(count) => out.push_bind_param_value_only::<BigInt, _>(count)?,
            }
        }
        Ok(())
    }
}

// The text is the identity: it is the key of the prepared statement.
impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}
