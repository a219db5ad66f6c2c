//! Invariant 8, the clients' half: every request ended, and none because its client gave up waiting.

use super::Verdict;
use crate::history::{History, Outcome};
use crate::workload::DEADLINE;

pub(super) fn check(history: &History, verdict: &mut Verdict) {
    for entry in history.entries() {
        if entry.outcome == Outcome::Open {
            verdict.other.push(format!("{} never ended", entry.marker));
        }
        if entry.slowest >= DEADLINE {
            verdict.other.push(format!("{} hung for {:.0?}, past {DEADLINE:?}", entry.marker, entry.slowest));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::history::Kind;

    #[test]
    fn a_request_that_hung_or_never_ended_is_a_violation() {
        let history = History::default();
        for marker in ["open", "hung", "good"] {
            history.begin("loan", Kind::Open, marker);
        }
        history.end("good", Outcome::Acknowledged, None, Duration::from_secs(29));
        // Once is enough, also if the next attempt was quick.
        history.end("hung", Outcome::Unknown, None, DEADLINE);
        history.end("hung", Outcome::Acknowledged, None, Duration::ZERO);
        let mut verdict = Verdict::default();
        check(&history, &mut verdict);
        assert_eq!(verdict.other, ["hung hung for 35s, past 35s", "open never ended"]);
    }
}
