//! How long an event takes from the commit of its change to the broker's confirm, and to the commit of its effect.

use std::time::Duration;

use anyhow::Result;

use super::clock::{self, Way};
use super::load;
use crate::lab::Lab;
use crate::stack;

/// Events per second, and what 99 of 100 may take at that rate.
const RATES: [(u64, Duration); 2] = [(200, Duration::from_millis(50)), (1_000, Duration::from_millis(150))];
/// How long each rate is held.
const TIME: Duration = Duration::from_secs(15);
/// Before it: connections are opened and statements prepared.
const WARM_UP: Duration = Duration::from_secs(4);
/// How long the last events may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures, prints, and says whether the expectations are met.
pub async fn latency(seed: u64) -> Result<bool> {
    let mut lab = Lab::start(&stack::programs()?, 1, seed, &[]).await?;
    let outcome = measure(&mut lab).await;
    super::end(lab, outcome).await
}

async fn measure(lab: &mut Lab) -> Result<bool> {
    clock::wind_up(lab).await?;
    println!("loan tickets over HTTP through the gateway, one event each; moments by the database server's clock");
    let mut is_good = true;
    for (per_second, expected) in RATES {
        is_good &= at_rate(lab, per_second, expected).await?;
    }
    Ok(is_good)
}

async fn at_rate(lab: &Lab, per_second: u64, expected: Duration) -> Result<bool> {
    load::open_tickets(&lab.client, "warm-up", per_second, WARM_UP).await?;
    clock::until_applied(lab, "warm-up", PATIENCE).await?;
    let mark = format!("rate-{per_second}");
    let sums = load::open_tickets(&lab.client, &mark, per_second, TIME).await?;
    let is_applied = clock::until_applied(lab, &mark, PATIENCE).await?;
    let ways = clock::ways(lab, &mark).await?;
    let milliseconds = |later: fn(&Way) -> f64, percent| {
        clock::percentile(ways.iter().map(|way| (later(way) - way.committed) * 1e3).collect(), percent)
    };
    let published = |percent| milliseconds(|way| way.published, percent);
    let applied = |percent| milliseconds(|way| way.applied, percent);
    let reached = sums.acknowledged as f64 / sums.took.as_secs_f64();
    let limit = expected.as_secs_f64() * 1e3;
    // A rate that was not reached says nothing about itself.
    let is_good = applied(99) <= limit
        && published(99) <= limit
        && is_applied
        && sums.failed == 0
        && ways.len() as u64 == sums.acknowledged
        && reached > per_second as f64 * 0.97;
    println!(
        "{} {per_second}/s (reached {reached:.0}/s, {} events, {} failed): commit to confirm p50 {:.1} ms p99 {:.1} ms; \
         commit to applied p50 {:.1} ms p99 {:.1} ms; expected p99 at most {limit:.0} ms",
        if is_good { "ok  " } else { "FAIL" },
        ways.len(),
        sums.failed,
        published(50),
        published(99),
        applied(50),
        applied(99),
    );
    Ok(is_good)
}
