//! How fast what has gathered drains once the broker is back.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::clock::{self, Way};
use super::{bare, load};
use crate::lab::Lab;
use crate::stack;

/// Events per second while the broker is down: what two cores write without it, with room to spare.
const PER_SECOND: u64 = 500;
/// Events per second that drain, unless a bare publisher is not much faster here.
const EXPECTED: f64 = 2_000.0;
/// The share of a bare publisher's rate that is enough.
const SHARE: f64 = 0.7;
/// How long the drain may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// Measures, prints, and says whether the expectation is met.
pub async fn backlog(seed: u64, seconds: u64) -> Result<bool> {
    let mut lab = Lab::start(&stack::programs()?, 1, seed, &[]).await?;
    let outcome = measure(&mut lab, seconds).await;
    super::end(lab, outcome).await
}

async fn measure(lab: &mut Lab, seconds: u64) -> Result<bool> {
    clock::wind_up(lab).await?;
    load::open_tickets(&lab.client, "warm-up", PER_SECOND, Duration::from_secs(4)).await?;
    clock::until_applied(lab, "warm-up", PATIENCE).await?;
    lab.stack.rabbit.kill().await?;
    let sums = load::open_tickets(&lab.client, "backlog", PER_SECOND, Duration::from_secs(seconds)).await?;
    println!(
        "broker down for {seconds} s: {} writes accepted ({:.0}/s), {} failed",
        sums.acknowledged,
        sums.acknowledged as f64 / sums.took.as_secs_f64(),
        sums.failed
    );
    lab.stack.rabbit.revive().await?;
    let back = Instant::now();
    ensure!(clock::until_applied(lab, "backlog", PATIENCE).await?, "the backlog did not drain in {PATIENCE:?}");
    let whole = back.elapsed();
    let ways = clock::ways(lab, "backlog").await?;
    let (published, applied) = (rate(&ways, |way| way.published), rate(&ways, |way| way.applied));
    let bare = bare::publisher(&lab.stack.rabbit.url()).await?;
    let needed = EXPECTED.min(bare * SHARE);
    let is_good = published >= needed && sums.failed == 0 && ways.len() as u64 == sums.acknowledged;
    println!(
        "{} backlog of {} events: published at {published:.0}/s, applied in the desk at {applied:.0}/s, all applied {:.1} s \
         after the broker was back; a bare confirmed publisher reaches {bare:.0}/s; expected at least {needed:.0}/s",
        if is_good { "ok  " } else { "FAIL" },
        ways.len(),
        whole.as_secs_f32(),
    );
    Ok(is_good)
}

/// Events per second between the first and the last of these moments.
fn rate(ways: &[Way], moment: fn(&Way) -> f64) -> f64 {
    let first = ways.iter().map(moment).fold(f64::INFINITY, f64::min);
    let last = ways.iter().map(moment).fold(f64::NEG_INFINITY, f64::max);
    ways.len() as f64 / (last - first)
}
