//! Invariant 5: each accepted resume request was effected exactly once at the simulated MAS, and no other; and its outcome
//! came back.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Verdict, connect};
use crate::history::{History, Kind};
use crate::stack::Stack;

const GATEWAY: &str = "crossdesk_mas_gateway";
const BRIDGE: &str = "crossdesk_mas_bridge";
const SIMULATOR: &str = "crossdesk_mas_simulator";

pub(super) async fn unrest(stack: &Stack) -> Result<Option<String>> {
    for (database, waiting) in [
        (GATEWAY, "SELECT count(*) FROM outgoing_messages WHERE published_at IS NULL"),
        (BRIDGE, "SELECT count(*) FROM outgoing_messages WHERE published_at IS NULL"),
        (BRIDGE, "SELECT count(*) FROM resume_requests WHERE state = 'pending'"),
        (GATEWAY, "SELECT count(*) FROM tickets WHERE outcome IS NULL"),
    ] {
        let count: i64 = connect(&stack.postgres, database).await?.query_one(waiting, &[]).await?.get(0);
        if count > 0 {
            return Ok(Some(format!("{database}: {count} of {waiting}")));
        }
    }
    Ok(None)
}

pub(super) async fn check(stack: &Stack, history: &History, verdict: &mut Verdict) -> Result<()> {
    let ids = async |database, text| -> Result<BTreeSet<i64>> {
        let rows = connect(&stack.postgres, database).await?.query(text, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    };
    let accepted = ids(GATEWAY, "SELECT transaction_id FROM tickets").await?;
    let effected = ids(SIMULATOR, "SELECT transaction_id FROM effects").await?;
    // The simulator trusts the key: a request that was repeated with another one took effect again.
    let twice = "SELECT transaction_id FROM effects GROUP BY 1 HAVING count(*) > 1";
    verdict
        .duplicated
        .extend(ids(SIMULATOR, twice).await?.iter().map(|id| format!("{id} was effected more than once")));
    let told = ids(GATEWAY, "SELECT transaction_id FROM tickets WHERE outcome IS NOT NULL").await?;
    verdict.compared += accepted.len() as u64;
    verdict.lost.extend(accepted.difference(&effected).map(|id| format!("{id} was accepted and not effected")));
    verdict.duplicated.extend(effected.difference(&accepted).map(|id| format!("{id} was effected and not accepted")));
    verdict.lost.extend(effected.difference(&told).map(|id| format!("the outcome of {id} did not come back")));
    let answered = history.acknowledged("mas", Kind::Open).into_iter().filter_map(|entry| entry.id?.parse().ok());
    for id in answered.filter(|id: &i64| !accepted.contains(id)) {
        verdict.lost.push(format!("{id} was answered and is not there"));
    }
    Ok(())
}
