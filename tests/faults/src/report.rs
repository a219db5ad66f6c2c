//! What the lab says at the end: a line per scenario, the sums, and how to run the same again.

use crate::checks::Verdict;
use crate::history::History;
use crate::lab::Tally;

/// What came of a scenario.
pub struct Outcome {
    /// Its name.
    pub name: &'static str,
    /// What the checks found.
    pub verdict: Verdict,
    /// What the scenario itself saw.
    pub seen: Vec<String>,
    /// How long it took, with its checks.
    pub took: std::time::Duration,
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
