#![doc = include_str!("../README.md")]

#[cfg(feature = "bugs")]
pub mod bugs;
mod cursor;
mod db;
mod fault;
pub mod migrate;
pub mod once;
mod pool;
mod schema;
pub mod server;
mod sql;
mod together;
mod tx;

pub use cursor::{BadCursor, Cursor};
pub use db::{Conn, Db};
pub use fault::{DbError, is_lock_timeout};
pub use pool::Pooled;
pub use sql::{Bound, Sql, sql};
pub use together::Together;
pub use tx::Tx;
