//! A customer and an agent change the same ticket at the same moment: both changes happen, one after the other, or the
//! second is refused by the rules; neither is lost, and no state is written over an other.

use anyhow::Result;
use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::Method;
use serde_json::{Value, json};

use crate::history::Kind;
use crate::lab::Lab;
use crate::workload::{Client, Identity, Write};

/// Tickets, each changed by two at once.
const PAIRS: usize = 2_000;
/// Tickets at the same time.
const SIDE_BY_SIDE: usize = 12;

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let (client, seed) = (lab.client.clone(), lab.seed);
    let pairs = stream::iter(0..PAIRS).map(|number| pair(client.clone(), seed, number));
    let seen: Vec<Option<String>> = pairs.buffer_unordered(SIDE_BY_SIDE).collect().await;
    Ok(seen.into_iter().flatten().collect())
}

async fn pair(client: Client, seed: u64, number: usize) -> Option<String> {
    let (borrower, agent) = (Identity::customer(format!("pair-{number}")), Identity::agent("agent_1"));
    let marker = format!("pair{seed:x}n{number}-open");
    let draft = json!({"subject": marker, "description": "d", "categoryId": "category_001"});
    let write = Write { line: "loan", kind: Kind::Open, marker: &marker, id: Some("/data/ticketId") };
    let opened = client
        .write(write, || {
            client.request(Method::POST, "/support/tickets", &borrower).header("Idempotency-Key", &marker).json(&draft)
        })
        .await?;
    let id = opened.pointer("/data/ticketId")?.as_str()?.to_owned();
    let path = format!("/support/tickets/{id}");
    let say = async |who: &Identity, what: &str| -> Option<Value> {
        let marker = format!("pair{seed:x}n{number}-{what}");
        let write = Write { line: "loan", kind: Kind::Message, marker: &marker, id: Some("/data/messageId") };
        let (target, body) = (format!("{path}/messages"), json!({"message": marker}));
        let request = || client.request(Method::POST, &target, who).header("Idempotency-Key", &marker).json(&body);
        client.write(write, request).await
    };
    let (one, other) = tokio::join!(say(&borrower, "customer"), say(&agent, "agent"));
    let (_, read) = client.read(|| client.request(Method::GET, &path, &borrower)).await?;
    let messages = read.pointer("/data/messages")?.as_array()?.len();
    let acknowledged = usize::from(one.is_some()) + usize::from(other.is_some());
    let is_taken = read.pointer("/data/assignedAgent")? == "agent_1" && read.pointer("/data/status")? == "In Progress";
    if messages != acknowledged || (other.is_some() && !is_taken) {
        return Some(format!("{id}: {acknowledged} changes were acknowledged, {messages} are there: {read}"));
    }
    None
}
