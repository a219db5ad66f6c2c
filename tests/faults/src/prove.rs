//! A lab that cannot fail proves nothing. Each classic bug is switched on in a system of its own, and the scenario that
//! should see it must find a violation. The bugs are compiled in by cargo features that no release has; which one is awake
//! is said by `CROSSDESK_BUG`.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::lab::Lab;
use crate::scenarios;
use crate::stack;

/// Names the bug of a process.
const VARIABLE: &str = "CROSSDESK_BUG";
/// Replicas: several bugs need two.
const REPLICAS: usize = 2;

/// A classic bug.
#[derive(Debug)]
pub struct Bug {
    /// Its name in `CROSSDESK_BUG`; its cargo feature is `bug-` and this.
    pub name: &'static str,
    /// What it does wrong.
    pub about: &'static str,
    /// The invariant of the reliability document that it breaks; none if the design makes it harmless.
    pub breaks: Option<u8>,
    /// The scenario that sees it.
    pub scenario: &'static str,
}

const fn bug(name: &'static str, about: &'static str, breaks: Option<u8>, scenario: &'static str) -> Bug {
    Bug { name, about, breaks, scenario }
}

/// Every bug.
pub const BUGS: &[Bug] = &[
    bug("mark-before-confirm", "the relay marks events before the broker has confirmed them", Some(3), "broker"),
    bug("no-confirm", "what is written to the socket counts as published", Some(3), "broker"),
    bug("failed-publish-is-done", "an error of the publisher is passed over", Some(3), "broker"),
    bug("cursor", "the relay reads what is newer than the last one it published", Some(3), "calm"),
    bug("ack-before-commit", "the desk answers deliveries before their effects are committed", Some(3), "crash-points"),
    bug("swallowed-error", "the desk answers deliveries whose effects failed", Some(3), "crash-points"),
    bug("two-transactions", "effects are committed apart from the gate's record of them", Some(3), "crash-points"),
    bug("any-newer", "the gate lets every newer version pass", Some(4), "alarm"),
    bug("dropped-gap", "an event behind a gap is answered and forgotten", Some(3), "alarm"),
    bug("new-key", "the bridge repeats a request with another idempotency key", Some(5), "resume"),
    bug("check-then-act", "an idempotency key is looked up first and stored last", Some(2), "storm"),
    bug("lost-update", "a ticket is read without a lock and written over", Some(4), "contention"),
    bug("answer-before-commit", "the answer goes out before the commit", Some(7), "calm"),
    bug("dual-write", "the event is written by a transaction of its own", Some(4), "crash-points"),
    // The model check says why: order and once rest on the gate, the lease saves work.
    bug("ignored-lease", "every relay works as if it had the lease", None, "calm"),
];

/// Switches each bug on and expects its scenario to see it. Says whether all came as expected.
pub async fn prove(seed: u64, only: &[String]) -> Result<bool> {
    ensure!(cfg!(feature = "bugs"), "the bugs are not compiled in: build with the feature `bugs`");
    for name in only {
        BUGS.iter().find(|bug| bug.name == name).with_context(|| format!("there is no bug {name}"))?;
    }
    let mut is_good = true;
    let chosen = BUGS.iter().filter(|bug| only.is_empty() || only.iter().any(|name| name == bug.name));
    for bug in chosen {
        is_good &= show(bug, seed).await.unwrap_or_else(|error| {
            println!("ERROR      {}: {error:#}", bug.name);
            false
        });
    }
    Ok(is_good)
}

async fn show(bug: &Bug, seed: u64) -> Result<bool> {
    let scenario = scenarios::find(bug.scenario).with_context(|| format!("there is no scenario {}", bug.scenario))?;
    let began = Instant::now();
    let settings = [(VARIABLE.to_owned(), bug.name.to_owned())];
    let mut lab = Lab::start(&stack::programs()?, REPLICAS, seed, &settings).await?;
    let seen = violation(&mut lab, scenario).await;
    lab.stack.stop(seen.is_ok()).await?;
    let seen = seen?;
    let is_good = seen.is_some() == bug.breaks.is_some();
    println!("{} {}", verdict(bug, is_good), in_words(bug, seen.as_deref(), began.elapsed()));
    Ok(is_good)
}

/// What the scenario or the checks saw. An error is no violation: a lab that breaks has not seen anything.
async fn violation(lab: &mut Lab, scenario: &scenarios::Scenario) -> Result<Option<String>> {
    let seen = (scenario.run)(lab).await?;
    Ok(lab.check().await?.examples().into_iter().chain(seen).next())
}

fn verdict(bug: &Bug, is_good: bool) -> &'static str {
    match (bug.breaks.is_some(), is_good) {
        (true, true) => "caught    ",
        (true, false) => "NOT CAUGHT",
        (false, true) => "harmless  ",
        (false, false) => "NOT HARMLESS",
    }
}

fn in_words(bug: &Bug, seen: Option<&str>, took: Duration) -> String {
    let invariant = bug.breaks.map_or_else(String::new, |number| format!(", invariant {number}"));
    let example = seen.map_or_else(String::new, |example| format!("\n             {example}"));
    format!("{}: {} ({}{invariant}, {:.0} s){example}", bug.name, bug.about, bug.scenario, took.as_secs_f32())
}
