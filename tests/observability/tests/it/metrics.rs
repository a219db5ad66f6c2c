//! What `/metrics` shows after some traffic.

use std::collections::BTreeMap;

use telemetry::names::{self, ALL};
use testkit::eventually;

use crate::house::House;

/// What any house shows soon, whatever it does; the rest needs MAS, a provider, a WebSocket or something that went wrong.
const SOON: [&str; 16] = [
    names::HTTP_REQUESTS_TOTAL,
    names::HTTP_REQUEST_DURATION_SECONDS,
    names::HTTP_REQUESTS_IN_FLIGHT,
    names::TOKENS_REFUSED_TOTAL,
    names::EVENTS_PUBLISHED_TOTAL,
    names::EVENTS_UNPUBLISHED,
    names::EVENTS_UNPUBLISHED_OLDEST_SECONDS,
    names::MESSAGES_UNPUBLISHED,
    names::MESSAGES_UNPUBLISHED_OLDEST_SECONDS,
    names::EVENTS_APPLIED_TOTAL,
    names::EVENTS_PARKED,
    names::EVENT_DELAY_SECONDS,
    names::BUS_CONNECTED,
    names::DB_POOL_WAIT_SECONDS,
    names::TRACE_SPANS_EXPORTED_TOTAL,
    names::BUILD_INFO,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_house_with_traffic_shows_its_metrics_with_their_labels() {
    let house = House::start().await;
    house.open_ticket(None).await;
    assert_eq!(house.badly_signed("/support/tickets").send().await.unwrap().status(), 401);
    let text = eventually("every usual metric", async || {
        let text = telemetry::init_metrics().render();
        SOON.iter().all(|name| samples(&text).contains_key(*name)).then_some(text)
    })
    .await;
    let listed: BTreeMap<&str, _> = ALL.iter().map(|metric| (metric.name, metric)).collect();
    for (name, labels) in samples(&text) {
        let metric = listed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in the list"));
        let mut wanted: Vec<&str> = metric.labels.iter().copied().chain(["service"]).collect();
        wanted.sort_unstable();
        assert_eq!(labels, wanted, "{name}");
        assert!(text.contains(&format!("# HELP {name} {}", metric.meaning())), "{name} is described");
        assert!(text.contains(&format!("# TYPE {name} {}\n", metric.kind.word())), "{name} has a type");
    }
    assert!(text.contains("crossdesk_bus_connected{service=\"loan-support\"} 1\n"), "{text}");
    house.stop().await;
}

/// Name and labels of every sample; of a histogram, those of its count.
fn samples(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, rest) = line.split_once('{').unwrap();
        let is_part = ["_bucket", "_sum"].iter().any(|part| name.ends_with(part));
        if is_part {
            continue;
        }
        let name = name.strip_suffix("_count").unwrap_or(name);
        let labels = rest.rsplit_once('}').unwrap().0;
        let mut labels: Vec<String> =
            labels.split("\",").map(|label| label.split_once('=').unwrap().0.to_owned()).collect();
        labels.sort();
        found.insert(name.to_owned(), labels);
    }
    found
}
