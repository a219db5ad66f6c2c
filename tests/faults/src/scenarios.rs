//! The scenarios, each a named course of faults under load, with what must hold beyond the invariants.

mod broker;
mod clocks;
mod contention;
mod crash_points;
mod cuts;
mod disk;
mod duplicates;
mod fresh_desk;
mod kills;
mod mas;
mod rolling;
mod stalls;

use anyhow::Result;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::lab::Lab;

/// A named course of faults. Gives what it saw that must not be, beyond the invariants.
pub struct Scenario {
    /// Its name, on the command line and in the report.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// The course.
    pub run: fn(&mut Lab) -> LocalBoxFuture<'_, Result<Vec<String>>>,
}

macro_rules! scenario {
    ($name:literal, $about:literal, $run:path) => {
        Scenario { name: $name, about: $about, run: |lab| $run(lab).boxed_local() }
    };
}

/// Every scenario, in the order of the gate.
pub const SCENARIOS: &[Scenario] = &[
    scenario!("calm", "all lines under load, no faults", kills::calm),
    scenario!("services", "kill -9 of random services every second or so", kills::services),
    scenario!("postgresql", "kill -9 of PostgreSQL", kills::postgresql),
    scenario!("broker", "kill -9 of RabbitMQ: every write is accepted meanwhile", broker::kills),
    scenario!("everything", "services, PostgreSQL and RabbitMQ die together", kills::everything),
    scenario!("stalls", "SIGSTOP for longer than lease and heartbeat", stalls::run),
    scenario!("cuts", "connections to PostgreSQL, RabbitMQ and services are cut, also within messages", cuts::run),
    scenario!("storm", "every request is sent up to five times at once", duplicates::storm),
    scenario!("redelivery", "every event is delivered three times more, shuffled", duplicates::redelivery),
    scenario!("poison", "events that cannot be applied, and messages that are no events", duplicates::poison),
    scenario!("alarm", "the broker refuses to take messages, and a queue is deleted", broker::alarm_and_deletion),
    scenario!("fresh-desk", "an empty desk is filled from the logs, and shows what the old one did", fresh_desk::run),
    scenario!("disk", "no room for tables: nothing is written and nothing is lost", disk::full),
    scenario!("clocks", "every replica's clock is set again and again", clocks::steps),
    scenario!("resume", "2,000 resume requests while bridge, broker and MAS die", mas::burst),
    scenario!("contention", "a customer and an agent change one ticket at once, 2,000 times", contention::run),
    scenario!(
        "crash-points",
        "abort, error and stall at each step of write, relay, consume, bridge and upload",
        crash_points::run
    ),
    scenario!("rolling", "a rolling restart of everything: no request fails", rolling::run),
];

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
