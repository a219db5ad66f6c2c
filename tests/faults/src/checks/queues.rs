//! Invariant 6: queues end empty with nothing unanswered; dead-letter and unrouted queues hold what was injected and
//! nothing else.

use anyhow::Result;

use super::{Injected, Verdict};
use crate::stack::Stack;

/// Where the desk's dead letters are.
const DESK_DEAD_LETTERS: &str = "desk.ticket-events.dlq";

pub(super) async fn unrest(stack: &Stack, _injected: &Injected) -> Result<Option<String>> {
    for (name, ready, unanswered) in stack.rabbit.queues().await? {
        let is_final = name.ends_with(".dlq") || name == "ticket.unrouted";
        if !is_final && ready + unanswered > 0 {
            return Ok(Some(format!("{name} has {ready} messages and {unanswered} unanswered ones")));
        }
    }
    Ok(None)
}

pub(super) async fn check(stack: &Stack, injected: &Injected, verdict: &mut Verdict) -> Result<()> {
    for (name, ready, unanswered) in stack.rabbit.queues().await? {
        let expected = if name == DESK_DEAD_LETTERS { injected.dead_letters } else { 0 };
        if ready + unanswered != expected {
            verdict
                .other
                .push(format!("{name} ends with {ready} messages and {unanswered} unanswered, not {expected}"));
        }
    }
    Ok(())
}
