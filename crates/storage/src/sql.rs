//! A statement written by hand, for what the query builder cannot say. Unlike Diesel's own `sql_query` it is prepared
//! once per connection: one round trip instead of two.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};
use std::marker::PhantomData;

/// A statement with `$1`, `$2` … for the values bound to it, in order.
#[must_use]
pub fn sql(text: &'static str) -> Sql {
    Sql(text)
}

/// The text of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Sql(&'static str);

/// A statement with one more value bound.
#[derive(Debug, Clone, Copy)]
pub struct Bound<Q, V, T> {
    before: Q,
    value: V,
    sql_type: PhantomData<fn() -> T>,
}

impl Sql {
    /// Binds the next value.
    pub fn bind<T, V>(self, value: V) -> Bound<Self, V, T> {
        Bound { before: self, value, sql_type: PhantomData }
    }
}

impl<Q, V, T> Bound<Q, V, T> {
    /// Binds the next value.
    pub fn bind<T2, V2>(self, value: V2) -> Bound<Self, V2, T2> {
        Bound { before: self, value, sql_type: PhantomData }
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<Q, V, T> QueryFragment<Pg> for Bound<Q, V, T>
where
    Q: QueryFragment<Pg>,
    V: ToSql<T, Pg>,
    Pg: HasSqlType<T>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        out.push_bind_param_value_only(&self.value)
    }
}

// The text is the identity: it is the key of the prepared statement.
impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, V, T> QueryId for Bound<Q, V, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

impl<Q, V, T> Query for Bound<Q, V, T> {
    type SqlType = Untyped;
}
