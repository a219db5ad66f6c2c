//! Clocks that are set: each replica's alone, as if it were on a machine of its own.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::RngExt as _;

use super::broker::not_accepted_at_once;
use super::kills::CLIENTS;
use crate::lab::{Lab, for_a_while};
use crate::stack::SERVICES;
use crate::workload::Line;

/// How far a clock is ahead or behind: past a relay's lease (3 s), within the leeway that tokens have.
const FARTHEST_MS: i64 = 8_000;

pub(super) async fn steps(lab: &mut Lab) -> Result<Vec<String>> {
    let began = Instant::now();
    let workload = lab.workload(CLIENTS, &Line::ALL);
    for_a_while(Duration::from_secs(12), Duration::from_millis(200), async || {
        let name = SERVICES[lab.random.random_range(0..SERVICES.len())];
        let (number, ahead) =
            (lab.random.random_range(0..2_usize), lab.random.random_range(-FARTHEST_MS..=FARTHEST_MS));
        let replicas = &lab.stack.service(name)?.replicas;
        replicas[number % replicas.len()].set_clock(ahead)
    })
    .await?;
    for replica in lab.stack.services.values().flat_map(|group| &group.replicas) {
        replica.set_clock(0)?;
    }
    workload.finish().await;
    Ok(not_accepted_at_once(lab, began, "clocks were set"))
}
