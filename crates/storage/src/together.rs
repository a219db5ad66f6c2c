//! Several writes as one statement: `WITH part_0 AS (…), part_1 AS (…) …`. One round trip, and atomic by itself.
//!
//! PostgreSQL runs every data-modifying part to its end and checks foreign keys after the last. The parts see the
//! tables as they were before the statement, so no part may rely on the rows of another.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

type Part = Box<dyn QueryFragment<Pg> + Send + Sync>;

/// Writes that happen together. The last one added is the one whose rows are counted.
#[derive(Default)]
pub struct Together {
    parts: Vec<Part>,
}

impl Together {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a write.
    #[must_use]
    pub fn and(mut self, part: impl QueryFragment<Pg> + Send + Sync + 'static) -> Self {
        self.parts.push(Box::new(part));
        self
    }

    /// Adds the writes of another, after ours.
    #[must_use]
    pub fn and_all(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }
}

impl QueryFragment<Pg> for Together {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((last, before)) = self.parts.split_last() else { return Ok(()) };
        for (index, part) in before.iter().enumerate() {
            out.push_sql(if index == 0 { "WITH part_" } else { ", part_" });
            out.push_sql(&index.to_string());
            out.push_sql(" AS (");
            part.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(" ");
        last.walk_ast(out)
    }

    /// Diesel's updates and inserts of optional columns call themselves unsafe, because the same type can make different
    /// texts. Here the text itself is the key.
    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

// The text of the statement is its identity: prepared once per connection for each combination of parts.
impl QueryId for Together {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
