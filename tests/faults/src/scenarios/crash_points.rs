//! Every step of write, relay, consume, bridge and upload, crossed with the ways to go wrong there: the process is killed
//! while it stands at that step, the step fails, the step takes long. In each round every replica of a service goes wrong at
//! the same step, or another one would do the work and nothing would be shown.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;

use crate::lab::Lab;
use crate::stack::Replica;
use crate::workload::Line;

/// Who goes wrong where, at the same time.
const ROUNDS: [&[(&str, &str)]; 3] = [
    &[
        ("loan-support", "commit.before"),
        ("helpdesk-conversation", "commit.after"),
        ("mobility-support", "relay.before_publish"),
        ("mas-gateway", "relay.before_mark"),
        ("desk", "consume.before_commit"),
        ("mas-bridge", "mas_bridge.before_settle"),
        ("attachments", "files.before_bytes"),
    ],
    &[
        ("tour-tickets", "commit.before"),
        ("mas-gateway", "commit.after"),
        ("mas-bridge", "relay.before_publish"),
        ("loan-support", "relay.before_mark"),
        ("desk", "consume.before_ack"),
        ("attachments", "files.before_row"),
    ],
    &[
        ("mobility-support", "commit.before"),
        ("loan-support", "commit.after"),
        ("mas-gateway", "relay.before_publish"),
        ("tour-tickets", "relay.before_mark"),
        ("mas-bridge", "consume.before_ack"),
        ("attachments", "consume.before_ack"),
    ],
];

/// How it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It stands there until it is killed.
    Abort,
    /// It fails, one time of four.
    Error,
    /// It takes long, one time of four.
    Stall,
}

impl Way {
    const ALL: [Self; 3] = [Self::Abort, Self::Error, Self::Stall];

    const fn action(self) -> &'static str {
        match self {
            Self::Abort => "pause",
            Self::Error => "25%return",
            Self::Stall => "25%sleep(400)",
        }
    }
}

/// What logs say of a step that failed.
const NOTICED: &str = "crash point";
/// How long each goes on: a relay that was killed leaves a lease of 3 s.
const TIME: Duration = Duration::from_secs(5);

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(super::kills::CLIENTS, &Line::ALL);
    for round in ROUNDS {
        for way in Way::ALL {
            for (name, step) in round {
                let points = format!("{step}={}", way.action());
                for replica in &mut lab.stack.service(name)?.replicas {
                    replica.kill().await;
                    replica.start_with(&[("FAILPOINTS", points.as_str())])?;
                }
            }
            tokio::time::sleep(TIME).await;
            for (name, _) in round {
                for replica in &mut lab.stack.service(name)?.replicas {
                    replica.kill().await;
                    lab.tally.kills += 1;
                }
            }
        }
        for (name, _) in round {
            lab.stack.service(name)?.replicas.iter_mut().try_for_each(Replica::start)?;
        }
    }
    workload.finish().await;
    never_reached(lab)
}

/// Services of whose crash points nobody noticed anything: nothing was shown there.
fn never_reached(lab: &mut Lab) -> Result<Vec<String>> {
    let names: BTreeSet<&str> = ROUNDS.iter().flat_map(|round| round.iter().map(|(name, _)| *name)).collect();
    let mut seen = Vec::new();
    for name in names {
        let replicas = &lab.stack.service(name)?.replicas;
        let noticed = |replica: &Replica| std::fs::read_to_string(replica.log()).is_ok_and(|log| log.contains(NOTICED));
        if !replicas.iter().any(noticed) {
            seen.push(format!("no crash point of {name} was reached"));
        }
    }
    Ok(seen)
}
