//! Every step of write, relay, consume, bridge and upload, crossed with the ways to go wrong there: the process is killed
//! while it stands at that step, the step fails, the step takes long.

use std::time::Duration;

use anyhow::Result;

use crate::lab::Lab;
use crate::workload::Line;

/// Where, and in which services.
const STEPS: [(&str, &[&str]); 6] = [
    ("commit.before", &["loan-support", "tour-tickets", "mas-gateway"]),
    ("commit.after", &["loan-support", "helpdesk-conversation", "mas-gateway"]),
    ("relay.before_publish", &["loan-support", "mobility-support", "mas-gateway"]),
    ("relay.before_mark", &["loan-support", "mobility-support", "mas-gateway"]),
    ("consume.before_commit", &["desk"]),
    ("consume.before_ack", &["desk", "mas-bridge", "attachments"]),
];

/// How it goes wrong: what the crash point does, and whether the process is killed while it does.
const WAYS: [(&str, bool); 3] = [("pause", true), ("25%return", false), ("25%sleep(400)", false)];

/// How long each goes on.
const TIME: Duration = Duration::from_millis(1_500);

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(super::kills::CLIENTS / 2, &Line::ALL);
    for (step, services) in STEPS {
        for (action, is_killed) in WAYS {
            let points = format!("{step}={action}");
            for name in services {
                let replica = &mut lab.stack.service(name)?.replicas[0];
                replica.kill().await;
                replica.start_with(&[("FAILPOINTS", points.as_str())])?;
            }
            tokio::time::sleep(TIME).await;
            for name in services {
                let replica = &mut lab.stack.service(name)?.replicas[0];
                if is_killed {
                    replica.kill().await;
                } else {
                    replica.terminate();
                    replica.wait_or_kill().await;
                }
                replica.start()?;
                lab.tally.kills += if is_killed { 2 } else { 1 };
            }
        }
    }
    workload.finish().await;
    Ok(Vec::new())
}
