//! Many at once, while MAS fails three times in ten, half of them after the effect.

use std::collections::BTreeMap;

use mas_gateway::simulator::MasSimulator;
use reqwest::Method;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_requests_in_one_burst_take_effect_once_each() {
    let simulator = TestApp::builder()
        .setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0")
        .setting("CROSSDESK__MAS__SIMULATOR__FAIL_RATE", "0.3")
        .start::<MasSimulator>()
        .await;
    let app = start(impatient(&simulator.url)).await;
    futures_util::future::join_all((1..=500).map(|id| queue(&app, id))).await;
    in_state(&app, 500, DONE).await;
    let effects = simulator.send(simulator.request(Method::GET, "/effects?limit=10000")).await;
    let asked: BTreeMap<i64, i64> = effects.body["effects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| (effect["transaction_id"].as_i64().unwrap(), effect["times_asked"].as_i64().unwrap()))
        .collect();
    assert_eq!(asked.keys().copied().collect::<Vec<_>>(), (1..=500).collect::<Vec<_>>());
    assert!(asked.values().any(|times| *times > 1), "some answers were lost, so some were asked again");
    let told: BTreeMap<i64, usize> = published(&app, 500).await.iter().fold(BTreeMap::new(), |mut told, result| {
        let body: Value = serde_json::from_slice(&result.body).unwrap();
        *told.entry(body["transaction_id"].as_i64().unwrap()).or_default() += 1;
        told
    });
    assert_eq!(told.len(), 500);
    assert!(told.values().all(|times| *times == 1), "each outcome is told once");
}
