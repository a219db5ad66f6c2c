//! Classic bugs, for the fault lab alone: a lab that cannot fail proves nothing. Each is behind a cargo feature and asleep
//! until its name is in the environment, so that one build has them all. No build of a release has this module.

use std::ffi::OsString;
use std::sync::OnceLock;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};

/// Names the bug of this process.
const VARIABLE: &str = "CROSSDESK_BUG";

/// Whether this bug is the one to show.
#[must_use]
pub fn is_active(name: &str) -> bool {
    static BUG: OnceLock<Option<OsString>> = OnceLock::new();
    BUG.get_or_init(|| std::env::var_os(VARIABLE)).as_ref().is_some_and(|bug| bug == name)
}

/// Ends the transaction of a connection and begins another.
pub async fn commit_and_begin(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute("COMMIT; BEGIN").await
}
