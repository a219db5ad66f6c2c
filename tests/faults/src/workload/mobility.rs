//! A provider reports, adds information, withdraws. Its ids make every execution repeatable.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::json;

use super::{Identity, Story};
use crate::history::Kind;
use crate::workload::client::Write;

const PATH: &str = "/processes/request-support/execution";

pub(super) async fn tell(story: &Story, random: &mut SmallRng) {
    let client = &story.client;
    let provider = Identity::customer(format!("mp-{}", random.random_range(0..20)));
    let id = story.marker("open");
    let inputs = |status: Option<&str>, minute: u32| {
        let mut inputs = json!({"id": id, "type": "supportTicket", "supportType": "BROKEN_DOWN",
            "location": "GPS:52.1,4.3", "timestamp": format!("2026-01-15T10:{minute:02}:00Z"),
            "context": {"package": format!("p-{}", story.name), "leg": "l"}});
        if let Some(status) = status {
            inputs["status"] = json!(status);
        }
        json!({"inputs": inputs})
    };
    let steps = random.random_range(1..4_u32);
    for step in 0..steps {
        let (kind, marker) = if step == 0 { (Kind::Open, id.clone()) } else { (Kind::Change, format!("{id}-{step}")) };
        let status = if step == 3 { Some("ISSUE_REVOKED") } else { None };
        let body = inputs(status, step);
        let write = Write { line: "mobility", kind, marker: &marker, id: Some("/id") };
        let done = client.write(write, || client.request(Method::POST, PATH, &provider).json(&body)).await;
        let Some(done) = done else { return };
        let sequence = done["sequence"].as_u64().unwrap_or(99);
        if sequence < u64::from(step) {
            client.violation(format!("mobility {id}: sequence {sequence} after {step} acknowledged updates"));
        }
    }
    let path = format!("/collections/support-tickets/items?packageId=p-{}&legId=l", story.name);
    if let Some((status, body)) = client.read(|| client.request(Method::GET, &path, &provider)).await
        && (status != 200 || body["numberMatched"] != 1)
    {
        client.violation(format!("mobility {id}: an acknowledged ticket is not listed ({status})"));
    }
}
