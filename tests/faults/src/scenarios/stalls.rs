//! Processes that stand still and go on as if nothing had been: the lease is somebody else's by then, and the broker has
//! given up the connection.

use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use super::kills::CLIENTS;
use crate::lab::Lab;
use crate::workload::Line;

/// Longer than a relay's lease (3 s).
const PAST_LEASE: Duration = Duration::from_secs(5);
/// Longer than two heartbeats of the broker (10 s each).
const PAST_HEARTBEAT: Duration = Duration::from_secs(23);

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(CLIENTS, &Line::ALL);
    stall(lab, &["loan-support", "tour-tickets", "mas-gateway"], PAST_LEASE).await?;
    stall(lab, &["mobility-support", "helpdesk-conversation", "mas-bridge", "desk", "attachments"], PAST_HEARTBEAT)
        .await?;
    workload.finish().await;
    Ok(Vec::new())
}

/// Stops the first replica of each service for a while. Its load balancer notices, as a probe would.
async fn stall(lab: &mut Lab, names: &[&str], time: Duration) -> Result<()> {
    for name in names {
        let group = lab.stack.service(name)?;
        group.replicas[0].signal(Signal::STOP)?;
        group.lead_past(0);
        group.front.cut();
        lab.tally.stalls += 1;
    }
    tokio::time::sleep(time).await;
    for name in names {
        let group = lab.stack.service(name)?;
        group.replicas[0].signal(Signal::CONT)?;
        group.lead_to_all();
    }
    Ok(())
}
