//! A new release arrives: every replica of every service is stopped in good order and started again, one by one, under
//! load. No client notices.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::broker::not_accepted_at_once;
use super::kills::CLIENTS;
use crate::lab::Lab;
use crate::stack::SERVICES;
use crate::workload::Line;

/// How long the load balancer takes to see that a replica is not ready: a probe each 100 ms and a little.
const NOTICED: Duration = Duration::from_millis(150);

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let began = Instant::now();
    let workload = lab.workload(CLIENTS / 2, &Line::ALL);
    let mut seen = Vec::new();
    for name in SERVICES {
        for number in 0..lab.stack.service(name)?.replicas.len() {
            let group = lab.stack.service(name)?;
            if group.replicas.len() < 2 {
                seen.push(format!("{name} has one replica: nobody serves meanwhile"));
            }
            group.replicas[number].terminate();
            // First the process says that it is not ready, then the balancer sees it: the order of Kubernetes.
            tokio::time::sleep(NOTICED).await;
            group.lead_past(number);
            if !group.replicas[number].wait_or_kill().await {
                seen.push(format!("{name}-{number} did not stop by itself"));
            }
            group.replicas[number].start()?;
            lab.stack.ready().await?;
        }
    }
    workload.finish().await;
    seen.extend(not_accepted_at_once(lab, began, "a rolling restart went on"));
    Ok(seen)
}
