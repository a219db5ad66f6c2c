//! What the lab says at the end: a line per scenario, the sums, and how to run the same again.

use std::time::Duration;

use crate::checks::Verdict;
use crate::history::History;
use crate::lab::Tally;

/// Operations that the gate must have seen acknowledged: fewer prove too little.
const ENOUGH_OPERATIONS: usize = 30_000;
/// Processes that it must have killed.
const ENOUGH_KILLS: usize = 100;
/// Connections that it must have cut.
const ENOUGH_CUTS: usize = 100;
/// How long it may take: it runs before every change that lands.
const LONGEST: Duration = Duration::from_secs(12 * 60);

/// What came of a scenario.
pub struct Outcome {
    /// Its name.
    pub name: &'static str,
    /// What the checks found.
    pub verdict: Verdict,
    /// What the scenario itself saw.
    pub seen: Vec<String>,
    /// How long it took, with its checks.
    pub took: Duration,
}

impl Outcome {
    /// Whether everything held.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict.is_good() && self.seen.is_empty()
    }

    /// Says it.
    pub fn print(&self) {
        let word = if self.is_good() { "ok  " } else { "FAIL" };
        let verdict = &self.verdict;
        println!(
            "{word} {:13} lost {} duplicated {} out of order {} other {} compared {} at rest after {:.1} s{}, {:.0} s in all",
            self.name,
            verdict.lost.len(),
            verdict.duplicated.len(),
            verdict.out_of_order.len(),
            verdict.other.len() + self.seen.len(),
            verdict.compared,
            verdict.recovered.as_secs_f32(),
            if verdict.last.is_empty() { String::new() } else { format!(" (last: {})", verdict.last) },
            self.took.as_secs_f32(),
        );
        for example in verdict.examples().iter().chain(self.seen.iter().take(5)) {
            println!("       {example}");
        }
    }
}

/// The sums.
pub fn print_sums(history: &History, tally: Tally, seed: u64) {
    let (attempted, acknowledged, unknown) = history.counts();
    println!(
        "attempted {attempted} acknowledged {acknowledged} unknown {unknown}; {} kills, {} connections cut, {} stalls; seed {seed}",
        tally.kills, tally.cuts, tally.stalls
    );
}

/// Whether the whole gate did as much as it promises, in the time it has. Says what is missing.
#[must_use]
pub fn is_enough(history: &History, tally: Tally, took: Duration) -> bool {
    let missing = missing(history.counts().1, tally, took);
    missing.iter().for_each(|what| println!("FAIL the gate: {what}"));
    missing.is_empty()
}

fn missing(acknowledged: usize, tally: Tally, took: Duration) -> Vec<String> {
    let sums = [
        (acknowledged, ENOUGH_OPERATIONS, "acknowledged operations"),
        (tally.kills, ENOUGH_KILLS, "kills"),
        (tally.cuts, ENOUGH_CUTS, "connections cut"),
    ];
    let too_few = sums.into_iter().filter(|(found, enough, _)| found < enough);
    let mut missing: Vec<String> =
        too_few.map(|(found, enough, what)| format!("{found} {what}, expected at least {enough}")).collect();
    if took > LONGEST {
        missing.push(format!("{:.0} s, expected at most {:.0} s", took.as_secs_f32(), LONGEST.as_secs_f32()));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_says_each_sum_that_it_did_not_reach() {
        let enough = Tally { kills: 100, cuts: 100, stalls: 0 };
        assert!(missing(30_000, enough, LONGEST).is_empty());
        assert_eq!(missing(29_999, enough, LONGEST), ["29999 acknowledged operations, expected at least 30000"]);
        let too_few = Tally { kills: 99, cuts: 99, stalls: 0 };
        assert_eq!(missing(30_000, too_few, LONGEST + Duration::from_secs(1)).len(), 3);
    }
}
