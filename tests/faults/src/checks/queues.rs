//! Invariant 6: queues end empty with nothing unanswered; dead-letter and unrouted queues hold what was injected and
//! nothing else.

use anyhow::Result;
use messaging::topology::{Queue, UNROUTED_QUEUE};

use super::{Injected, Verdict};
use crate::stack::{Queued, Stack};

/// Where the desk's dead letters are.
const DESK_DEAD_LETTERS: &str = "desk.ticket-events.dlq";

pub(super) async fn unrest(stack: &Stack, _injected: &Injected) -> Result<Option<String>> {
    let queues = stack.rabbit.queues().await?;
    if let Some(name) = missing(&queues).first() {
        return Ok(Some(format!("there is no queue {name}")));
    }
    for Queued { name, ready, unanswered } in queues {
        let is_final = name.ends_with(".dlq") || name == UNROUTED_QUEUE;
        if !is_final && ready + unanswered > 0 {
            return Ok(Some(format!("{name} has {ready} messages and {unanswered} unanswered ones")));
        }
    }
    Ok(None)
}

pub(super) async fn check(stack: &Stack, injected: &Injected, verdict: &mut Verdict) -> Result<()> {
    let queues = stack.rabbit.queues().await?;
    verdict.other.extend(missing(&queues).into_iter().map(|name| format!("there is no queue {name}")));
    for Queued { name, ready, unanswered } in queues {
        let expected = if name == DESK_DEAD_LETTERS { injected.dead_letters } else { 0 };
        if ready + unanswered != expected {
            verdict
                .other
                .push(format!("{name} ends with {ready} messages and {unanswered} unanswered, not {expected}"));
        }
    }
    Ok(())
}

/// The queues that must be there and are not: one that is not listed is not empty.
fn missing(queues: &[Queued]) -> Vec<String> {
    let readers = Queue::ALL.into_iter().flat_map(|queue| [queue.name().to_owned(), format!("{}.dlq", queue.name())]);
    let expected = readers.chain([UNROUTED_QUEUE.to_owned()]);
    expected.filter(|name| !queues.iter().any(|queue| queue.name == *name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_is_not_listed_is_missed() {
        let all = missing(&[]);
        assert_eq!(all.len(), Queue::ALL.len() * 2 + 1);
        let queued = |name: &String| Queued { name: name.clone(), ready: 0, unanswered: 0 };
        let mut listed: Vec<Queued> = all.iter().map(queued).collect();
        assert!(missing(&listed).is_empty());
        let gone = listed.remove(3).name;
        assert_eq!(missing(&listed), [gone]);
    }
}
