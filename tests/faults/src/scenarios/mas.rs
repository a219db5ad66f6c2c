//! Resume requests in a burst, while everything on their way dies.

use std::time::Duration;

use anyhow::Result;
use rand::RngExt as _;
use reqwest::Method;

use crate::history::Kind;
use crate::lab::Lab;
use crate::workload::{Client, Write};

/// Requests of the burst.
const REQUESTS: usize = 2_000;
/// Clients that send them.
const CLIENTS: usize = 16;

/// Times that something on their way dies.
const ROUNDS: usize = 14;

pub(super) async fn burst(lab: &mut Lab) -> Result<Vec<String>> {
    let client = lab.client.clone();
    let seed = lab.seed;
    let sending = tokio::spawn(async move {
        let senders = (0..CLIENTS).map(|number| send(client.clone(), seed, number));
        futures_util::future::join_all(senders).await;
    });
    let mut round = 0;
    while !sending.is_finished() || round < ROUNDS {
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        disturb_mas(lab).await?;
        let name = ["mas-bridge", "mas-gateway", "mas-simulator"][round % 3];
        let number = lab.random.random_range(0..2_usize);
        let group = lab.stack.service(name)?;
        let number = number % group.replicas.len();
        group.replicas[number].kill_and_restart().await?;
        lab.tally.kills += 1;
        if round % 8 == 4 {
            lab.stack.rabbit.kill().await?;
            lab.tally.kills += 1;
            lab.stack.rabbit.revive().await?;
        }
        round += 1;
    }
    sending.await?;
    let accepted = lab.client.history.acknowledged("mas", Kind::Open);
    let accepted = accepted.iter().filter(|entry| entry.marker.starts_with("burst")).count();
    Ok(if accepted == REQUESTS { Vec::new() } else { vec![format!("{accepted} of {REQUESTS} requests were accepted")] })
}

/// MAS refuses its next requests and is slow. Not too many at once: the bridge's breaker lets one through per pause.
async fn disturb_mas(lab: &mut Lab) -> Result<()> {
    let simulator = lab.stack.service("mas-simulator")?.front.port();
    let faults = serde_json::json!({"fail_next": 4, "delay_ms": 2});
    let request =
        reqwest::Client::builder().no_proxy().build()?.post(format!("http://127.0.0.1:{simulator}/simulator/faults"));
    // It may be dead just now: that is a disturbance, too.
    let _unheard = request.json(&faults).send().await;
    Ok(())
}

async fn send(client: Client, seed: u64, number: usize) {
    for index in 0..REQUESTS / CLIENTS {
        let marker = format!("burst{seed:x}-{number}-{index}");
        let body = serde_json::json!({"reason_code": "RES", "dispatch_date_time": "2026-03-22T11:50:35.000Z",
            "service": {"code": "6FL"}, "requestor_info": {"name": "TESTMAN1"}});
        let write = Write { line: "mas", kind: Kind::Open, marker: &marker, id: Some("/transaction_id") };
        client
            .write(write, || {
                let request = client.anonymous(Method::POST, "/api/v1/customers/104127993008/tickets");
                let request = request.basic_auth("ocsuser", Some("ocsuser")).header("ProfileId", "Siebel_201");
                request.header("Request-Tracking-Id", &marker).json(&body)
            })
            .await;
    }
}
