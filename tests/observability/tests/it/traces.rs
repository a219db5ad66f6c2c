//! One request, one trace.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::Role;
use reqwest::Method;
use testkit::collector::{self, Span};
use testkit::eventually;
use tokio::sync::Mutex;

use crate::house::{CUSTOMER, House, WORDS};

/// The collector may hang for one test at a time.
static TURN: Mutex<()> = Mutex::const_new(());

const SERVER: u64 = 2;
const CLIENT: u64 = 3;

/// Every attribute there is. A new one is looked at here before it leaves the house.
const ATTRIBUTES: [&str; 8] = [
    "db.system.name",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "messaging.destination.name",
    "messaging.operation.type",
    "messaging.system",
    "peer.service",
];

/// A trace that somebody outside began, and the span in it that called us.
fn outside(flags: &str) -> (String, String, String) {
    let context = telemetry::TraceContext::start().to_string();
    let (trace, span) = (context[3..35].to_owned(), context[36..52].to_owned());
    (format!("00-{trace}-{span}-{flags}"), trace, span)
}

async fn trace_of(trace: &str, count: usize) -> Vec<Span> {
    eventually(&format!("{count} spans"), async || {
        let spans = collector::spans_of(trace);
        (spans.len() >= count).then_some(spans)
    })
    .await
}

/// The spans from the one that `parent` caused to the last, each the only child of the one before.
fn chain(spans: &[Span], parent: &str) -> Vec<(String, String, u64)> {
    let mut found = Vec::new();
    let mut parent = Some(parent.to_owned());
    while let Some(id) = parent {
        let children: Vec<&Span> = spans.iter().filter(|span| span.parent.as_ref() == Some(&id)).collect();
        assert!(children.len() <= 1, "{children:?}");
        parent = children.first().map(|span| span.id.clone());
        found.extend(children.into_iter().map(|span| (span.service.clone(), span.name.clone(), span.kind)));
    }
    found
}

fn as_wanted(wanted: &[(&str, &str, u64)]) -> Vec<(String, String, u64)> {
    wanted.iter().map(|(service, name, kind)| ((*service).to_owned(), (*name).to_owned(), *kind)).collect()
}

const WRITE: [(&str, &str, u64); 6] = [
    ("gateway", "POST /support/*", SERVER),
    ("gateway", "POST loan-support", CLIENT),
    ("loan-support", "POST /support/tickets", SERVER),
    ("loan-support", "commit", 1),
    ("loan-support", "publish ticket.events", 4),
    ("desk", "process desk.ticket-events", 5),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_one_trace_from_the_gateway_over_log_and_broker_to_the_desk() {
    let _turn = TURN.lock().await;
    let house = House::start().await;
    let (traceparent, trace, caller) = outside("01");
    let id = house.open_ticket(Some(&traceparent)).await;
    let spans = trace_of(&trace, WRITE.len()).await;
    assert_eq!(chain(&spans, &caller), as_wanted(&WRITE));
    assert_eq!(spans.len(), WRITE.len(), "and nothing beside it: {spans:?}");
    let attribute = |index: usize, key: &str| {
        let (service, name, _) = WRITE[index];
        let span = spans.iter().find(|span| span.service == service && span.name == name).unwrap();
        span.attributes.get(key).cloned().unwrap_or_default()
    };
    assert_eq!((attribute(0, "http.request.method"), attribute(0, "http.route")), ("POST".into(), "/support/*".into()));
    assert_eq!(attribute(1, "peer.service"), "loan-support");
    let status = attribute(2, "http.response.status_code");
    assert_eq!(
        (attribute(0, "http.response.status_code"), attribute(1, "http.response.status_code")),
        (status.clone(), status)
    );
    assert_eq!(attribute(4, "messaging.destination.name"), "ticket.events");
    assert_eq!(attribute(5, "messaging.destination.name"), "desk.ticket-events");
    assert_eq!(
        (attribute(4, "messaging.operation.type"), attribute(5, "messaging.operation.type")),
        ("publish".into(), "process".into())
    );
    assert!(spans.iter().all(|span| !span.failed && span.took < Duration::from_secs(30)), "{spans:?}");
    tells_nothing(&spans, &id);
    house.stop().await;
}

/// No span names a person, a ticket or what was said, and no attribute is there that nobody has looked at.
fn tells_nothing(spans: &[Span], id: &str) {
    let hex = id.trim_start_matches("ticket_");
    for span in spans {
        let keys: BTreeSet<&str> = span.attributes.keys().map(String::as_str).collect();
        assert!(keys.iter().all(|key| ATTRIBUTES.contains(key)), "{keys:?}");
        let text = format!("{} {:?}", span.name, span.attributes.values());
        for secret in [CUSTOMER, WORDS, id, hex] {
            assert!(!text.contains(secret), "{text} tells {secret}");
        }
        let key = uuid::Uuid::parse_str(hex).unwrap().to_string();
        assert!(!text.contains(&key), "{text} tells {key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_at_the_desk_shows_the_owner_that_it_asked() {
    let _turn = TURN.lock().await;
    let house = House::start().await;
    let (writing, written, _) = outside("01");
    let id = house.open_ticket(Some(&writing)).await;
    trace_of(&written, WRITE.len()).await;
    let key = uuid::Uuid::parse_str(id.trim_start_matches("ticket_")).unwrap();
    let (traceparent, trace, caller) = outside("01");
    let request = house.request(Method::GET, &format!("/v1/tickets/{key}"), "agent-1", Role::Agent);
    assert_eq!(request.header("traceparent", traceparent).send().await.unwrap().status(), 200);
    let spans = trace_of(&trace, 5).await;
    let wanted = [
        ("gateway", "GET /v1/*", SERVER),
        ("gateway", "GET desk", CLIENT),
        ("desk", "GET /v1/tickets/{id}", SERVER),
        ("desk", "GET loan-support", CLIENT),
        ("loan-support", "GET /internal/v1/tickets/{ticketKey}", SERVER),
    ];
    assert_eq!(chain(&spans, &caller), as_wanted(&wanted));
    tells_nothing(&spans, &id);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sampled_is_not_sent() {
    let _turn = TURN.lock().await;
    let house = House::start().await;
    let (unsampled, silent, _) = outside("00");
    house.open_ticket(Some(&unsampled)).await;
    let (sampled, trace, _) = outside("01");
    house.open_ticket(Some(&sampled)).await;
    // Sent later on the same ways: had the first been recorded, it would be there by now.
    trace_of(&trace, WRITE.len()).await;
    house.stop().await;
    assert!(collector::spans_of(&silent).is_empty(), "{:?}", collector::spans_of(&silent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_harms_nobody() {
    const REQUESTS: u32 = 60;
    let _turn = TURN.lock().await;
    let house = House::start().await;
    let well = opened(&house, REQUESTS).await;
    collector::hang(true);
    let hanging = opened(&house, REQUESTS).await;
    collector::hang(false);
    // Had requests waited for it, each would have taken the exporter's 5 s.
    assert!(
        hanging < well * 4 + Duration::from_secs(2),
        "{REQUESTS} requests: {well:?} with it, {hanging:?} while it hangs"
    );
    let (sampled, trace, _) = outside("01");
    house.open_ticket(Some(&sampled)).await;
    trace_of(&trace, WRITE.len()).await;
    house.stop().await;
}

async fn opened(house: &House, count: u32) -> Duration {
    let began = Instant::now();
    for _ in 0..count {
        let (sampled, ..) = outside("01");
        house.open_ticket(Some(&sampled)).await;
    }
    began.elapsed()
}
