//! Connections that break, at any byte.

use std::time::Duration;

use anyhow::Result;
use rand::RngExt as _;

use super::kills::CLIENTS;
use crate::lab::{Lab, for_a_while};
use crate::proxy::Weather;
use crate::workload::Line;

pub(super) async fn run(lab: &mut Lab) -> Result<Vec<String>> {
    let before: usize = lab.stack.proxies().map(crate::proxy::Proxy::cuts).sum();
    let workload = lab.workload(CLIENTS, &Line::ALL);
    // Within messages: after a number of bytes that no protocol expects.
    for proxy in lab.stack.proxies() {
        proxy.cut_after(lab.random.random_range(20_000..400_000));
    }
    tokio::time::sleep(Duration::from_secs(15)).await;
    for proxy in lab.stack.proxies() {
        proxy.cut_after(0);
    }
    // All at once, a way at a time; and some ways that are only slow, or swallow everything for a while.
    for_a_while(Duration::from_secs(15), Duration::from_millis(300), async || {
        let count = lab.stack.proxies().count();
        let chosen = lab.random.random_range(0..count);
        let weather = match lab.random.random_range(0..6) {
            0 => Some(Weather::BlackHole),
            1 => Some(Weather::Slow(Duration::from_millis(50))),
            _ => None,
        };
        if let Some(proxy) = lab.stack.proxies().nth(chosen) {
            match weather {
                Some(weather) => {
                    proxy.set(weather);
                    tokio::time::sleep(Duration::from_millis(700)).await;
                    proxy.set(Weather::Clear);
                }
                None => {
                    proxy.cut();
                }
            }
        }
        Ok(())
    })
    .await?;
    workload.finish().await;
    let after: usize = lab.stack.proxies().map(crate::proxy::Proxy::cuts).sum();
    lab.tally.cuts += after - before;
    Ok(Vec::new())
}
