//! Every step of write, relay, consume, bridge and upload, crossed with the ways to go wrong there: the process is killed
//! while it stands at that step, the step fails, the step takes long. In each round every replica of a service goes wrong, or
//! another one would do the work and nothing would be shown; and each log must say, for each step and each way, that it
//! happened there.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lab::Lab;
use crate::stack::Replica;
use crate::workload::{Line, Workload};

/// Who goes wrong where, at the same time: a service, and the step of each of its replicas, in turn. Two steps at once only
/// where both replicas work at once: one relay has the lease, and one reader of the desk's queue is active. Nobody goes
/// wrong where what he needs cannot come to him: no upload without a ticket, no question to MAS without a request.
const ROUNDS: [&[(&str, &[&str])]; 4] = [
    &[
        ("loan-support", &["commit.before"]),
        ("helpdesk-conversation", &["commit.after"]),
        ("mobility-support", &["relay.before_publish"]),
        ("tour-tickets", &["relay.before_mark"]),
        ("desk", &["consume.before_commit"]),
        ("mas-bridge", &["mas_bridge.before_ask", "mas_bridge.after_ask"]),
        ("attachments", &["files.before_bytes"]),
    ],
    &[
        ("mobility-support", &["commit.before"]),
        ("mas-gateway", &["commit.after"]),
        ("mas-bridge", &["relay.before_publish"]),
        ("loan-support", &["relay.before_mark"]),
        ("desk", &["consume.before_ack"]),
        ("attachments", &["files.before_row"]),
    ],
    &[
        ("loan-support", &["commit.after"]),
        ("mas-gateway", &["relay.before_mark"]),
        ("mas-bridge", &["mas_bridge.before_settle", "consume.before_ack"]),
        ("attachments", &["consume.before_ack"]),
    ],
    &[("tour-tickets", &["commit.before"]), ("mas-gateway", &["relay.before_publish"])],
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

    /// What `FAILPOINTS` says of the step. The first time it goes wrong for certain and the second time it is said: so
    /// what is said has happened. (Who stands still gets no second time; the chassis says it at once.)
    fn actions(self, step: &str) -> String {
        let said = self.said(step);
        match self {
            Self::Abort => format!("{step}=pause"),
            // No second time here: a reader that has taken all it may and answers nothing gets nothing more. So the time before.
            Self::Error if step == "consume.before_ack" => format!("{step}=1*print({said})->1*return->25%return"),
            Self::Error => format!("{step}=1*return->1*print({said})->25%return"),
            Self::Stall => format!("{step}=1*sleep(400)->1*print({said})->25%sleep(400)"),
        }
    }

    /// What the log says.
    fn said(self, step: &str) -> String {
        let what = match self {
            Self::Abort => "stands still",
            Self::Error => "failed",
            Self::Stall => "took long",
        };
        format!("crash point {step}: {what}")
    }
}

/// How long each goes on at least: a relay that was killed leaves a lease of 3 s.
const TIME: Duration = Duration::from_secs(4);
/// How long at most for what is still to be reached: on a slow machine the first batches after the lease take a while.
const LONGEST: Duration = Duration::from_secs(20);
/// How often the logs are looked at meanwhile.
const LOOK: Duration = Duration::from_millis(250);
/// Clients of each line. Those of one line may all wait for a service that stands still; the others must not.
const CLIENTS: u64 = 4;

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let workloads: Vec<Workload> = Line::ALL.map(|line| lab.workload(CLIENTS, &[line])).into();
    let mut seen = Vec::new();
    for round in ROUNDS {
        for way in Way::ALL {
            let before = lengths(lab, round)?;
            for (name, steps) in round {
                for (number, replica) in lab.stack.service(name)?.replicas.iter_mut().enumerate() {
                    let points = way.actions(steps[number % steps.len()]);
                    replica.kill().await;
                    replica.start_with(&[("FAILPOINTS", points.as_str())])?;
                }
            }
            tokio::time::sleep(TIME).await;
            let end = Instant::now() + LONGEST - TIME;
            while !never_reached(lab, round, way, &before)?.is_empty() && Instant::now() < end {
                tokio::time::sleep(LOOK).await;
            }
            for (name, _) in round {
                for replica in &mut lab.stack.service(name)?.replicas {
                    replica.kill().await;
                    lab.tally.kills += 1;
                }
            }
            seen.extend(never_reached(lab, round, way, &before)?);
        }
        for (name, _) in round {
            lab.stack.service(name)?.replicas.iter_mut().try_for_each(Replica::start)?;
        }
    }
    for workload in workloads {
        workload.finish().await;
    }
    Ok(seen)
}

/// How long each log of a round's services is, in bytes.
fn lengths(lab: &mut Lab, round: &[(&str, &[&str])]) -> Result<Vec<(PathBuf, usize)>> {
    let mut lengths = Vec::new();
    for (name, _) in round {
        let logs = lab.stack.service(name)?.replicas.iter().map(|replica| replica.log().to_owned());
        lengths.extend(logs.map(|log| (log.clone(), read(&log).len())));
    }
    Ok(lengths)
}

/// Steps of which no log says, since it had this length, that they went wrong in this way: nothing was shown there.
fn never_reached(
    lab: &mut Lab,
    round: &[(&str, &[&str])],
    way: Way,
    before: &[(PathBuf, usize)],
) -> Result<Vec<String>> {
    let mut seen = Vec::new();
    for (name, steps) in round {
        let logs: Vec<&Path> = lab.stack.service(name)?.replicas.iter().map(Replica::log).collect();
        let since = before.iter().filter(|(log, _)| logs.contains(&log.as_path()));
        let news: Vec<Vec<u8>> = since.map(|(log, length)| read(log).split_off(*length)).collect();
        let is_said = |said: &str| news.iter().any(|news| String::from_utf8_lossy(news).contains(said));
        let missing = steps.iter().filter(|step| !is_said(&way.said(step)));
        seen.extend(missing.map(|step| format!("{name} never came to {step}, {way:?}")));
    }
    Ok(seen)
}

fn read(log: &Path) -> Vec<u8> {
    std::fs::read(log).unwrap_or_default()
}
