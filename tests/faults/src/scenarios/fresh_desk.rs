//! The desk is built anew from the owners' logs, as the runbook says, and shows what it showed before (invariant 4).

use std::time::Duration;

use anyhow::Result;

use crate::checks;
use crate::lab::Lab;

/// Rows in the order of their keys, with everything in them.
const HASH: &str =
    "SELECT count(*), coalesce(md5(string_agg(tickets::text, E'\\n' ORDER BY ticket_key)), '') FROM tickets";
/// How long all events may take to be published and applied again, in a build without optimisation.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    // What the living one shows is only to be compared once it has everything.
    if let Some(trouble) = checks::rest(&lab.stack, &lab.injected, PATIENCE).await.trouble {
        return Ok(vec![format!("the desk did not come to rest: {trouble}")]);
    }
    let living = hash(lab).await?;
    let desk = checks::connect(&lab.stack.postgres, checks::DESK).await?;
    desk.batch_execute("BEGIN; TRUNCATE tickets, applied_streams, parked_events; COMMIT").await?;
    let empty = hash(lab).await?;
    for (_, database) in checks::OWNERS {
        let owner = checks::connect(&lab.stack.postgres, database).await?;
        owner.batch_execute("UPDATE ticket_events SET published_at = NULL").await?;
    }
    let trouble = checks::rest(&lab.stack, &lab.injected, PATIENCE).await.trouble;
    let fresh = hash(lab).await?;
    let mut seen: Vec<String> = trouble
        .into_iter()
        .map(|trouble| format!("the fresh desk is not complete after {PATIENCE:?}: {trouble}"))
        .collect();
    if living.0 == 0 || empty.0 != 0 {
        seen.push(format!("nothing was built anew: {} tickets before, {} when emptied", living.0, empty.0));
    }
    if fresh != living {
        seen.push(format!("the fresh desk has other rows: {fresh:?}, the living one had {living:?}"));
    }
    Ok(seen)
}

/// How many rows the read model has, and a hash over all of them.
async fn hash(lab: &Lab) -> Result<(i64, String)> {
    let row = checks::connect(&lab.stack.postgres, checks::DESK).await?.query_one(HASH, &[]).await?;
    Ok((row.get(0), row.get(1)))
}
