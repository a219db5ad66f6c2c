//! Clocks that are set: each replica's alone, as if it were on a machine of its own.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::RngExt as _;

use super::broker::not_accepted_at_once;
use super::kills::CLIENTS;
use crate::checks;
use crate::lab::{Lab, for_a_while};
use crate::stack::SERVICES;
use crate::workload::Line;

/// How far a clock is ahead or behind: past a relay's lease (3 s), within the leeway that tokens have.
const FARTHEST_MS: i64 = 8_000;

pub(super) async fn steps(lab: &mut Lab) -> Result<Vec<String>> {
    let ahead_before = events_ahead(lab).await?;
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
    let mut seen = not_accepted_at_once(lab, began, "clocks were set");
    if events_ahead(lab).await? == ahead_before {
        seen.push("no service noticed that its clock was set".to_owned());
    }
    Ok(seen)
}

/// Events that happened, by their service's clock, after PostgreSQL's clock says that they were published.
async fn events_ahead(lab: &Lab) -> Result<i64> {
    let mut ahead = 0;
    for (_, database) in checks::OWNERS {
        let client = checks::connect(&lab.stack.postgres, database).await?;
        let counted = "SELECT count(*) FROM ticket_events WHERE occurred_at > published_at + interval '1 second'";
        ahead += client.query_one(counted, &[]).await?.get::<_, i64>(0);
    }
    Ok(ahead)
}
