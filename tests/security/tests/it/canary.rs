//! Canaries: texts that exist nowhere else, in every field that may hold personal data. Wherever one turns up that is not
//! an answer to its owner, something leaks.

mod house;
mod lines;
mod live;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use chassis::Service as _;
use loan_support::LoanSupport;
use reqwest::Method;
use security::forge::{self, HS_ISSUER};
use serde_json::json;
use telemetry::{Kind, Span, TraceContext};
use testkit::{collector, eventually};
use tracing_subscriber::EnvFilter;

use self::house::House;

/// Begins every canary; a number follows.
const CANARY: &str = "kanarienvogel";

/// Makes canaries and remembers tokens.
#[derive(Default)]
pub(crate) struct Aviary {
    made: usize,
}

impl Aviary {
    /// A text that exists nowhere else.
    pub(crate) fn canary(&mut self) -> String {
        self.made += 1;
        format!("{CANARY}{:04}", self.made)
    }
}

/// Everything the process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens to all that is logged from now on, down to `debug`: far more than a deployment logs.
    fn listen() -> Self {
        let log = Self::default();
        let writer = log.clone();
        // The two that the program itself never lets through.
        let filter = EnvFilter::new("debug,lapin::returned_messages=off,actix_http::h1::dispatcher=off");
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _other_tests_log_nowhere = tracing::subscriber::set_global_default(subscriber);
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Lines of a text with a canary in them.
fn leaks(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.to_lowercase().contains(CANARY)).collect()
}

/// A token with a canary for a name.
pub(crate) fn token(aviary: &mut Aviary, subject: &str, role: &str) -> String {
    forge::signed(&forge::with(HS_ISSUER, json!({"sub": subject, "roles": [role], "name": aviary.canary()})))
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_in_no_event_no_log_line_no_metric_and_no_trace() {
    let log = Log::listen();
    let metrics = telemetry::init_metrics();
    let house = House::start().await;
    let mut aviary = Aviary::default();
    let used = lines::use_every_field(&house, &mut aviary).await;
    lines::make_mistakes(&house, &mut aviary).await;
    assert!(aviary.made >= 40, "{} canaries", aviary.made);

    for (name, app) in &house.lines {
        let count = app.database.count("SELECT count(*) FROM ticket_events").await;
        assert!(count > 0, "{name} has events");
        let published = usize::try_from(count).unwrap();
        let events = app.events(published).await;
        for event in &events {
            house.desk.publish(event).await;
            let text = serde_json::to_string(event).unwrap();
            assert_eq!(leaks(&text), Vec::<&str>::new(), "an event of {name}");
        }
        let stored = "SELECT count(*) FROM ticket_events AS event WHERE lower(event::text) LIKE '%kanarienvogel%'";
        assert_eq!(app.database.count(stored).await, 0, "the event log of {name}");
        let audited = "SELECT count(*) FROM audit_log AS row WHERE lower(row::text) LIKE '%kanarienvogel%'";
        assert_eq!(app.database.count(audited).await, 0, "the audit log of {name}");
        let parked = "SELECT count(*) FROM parked_events";
        assert_eq!(app.database.count(parked).await, 0, "what could not be applied in {name}");
    }
    let agent = token(&mut aviary, "agent_1", "agent");
    let listed = house.gate.get("/v1/tickets", &agent).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    let read_model = "SELECT count(*) FROM tickets AS row WHERE lower(row::text) LIKE '%kanarienvogel%'";
    assert_eq!(house.desk.database.count(read_model).await, 0, "the desk's own table");

    let exposed = metrics.render();
    assert!(exposed.contains("crossdesk_http_requests_total"), "the metrics work");
    assert_eq!(leaks(&exposed), Vec::<&str>::new(), "the metrics");
    let served = house.gate.get("/metrics", &agent).await;
    assert_eq!(leaks(&served.text), Vec::<&str>::new(), "the metrics as served");

    no_span_tells(&house, &agent, &mut aviary).await;

    // The last thing that was provoked has been logged, so all before it has.
    eventually("failures are logged", async || log.text().contains("a request failed").then_some(())).await;
    let text = log.text();
    assert!(text.contains("DEBUG"), "the log is far more talkative than a deployment's");
    let leaked = leaks(&text);
    assert!(
        leaked.is_empty(),
        "{} lines of the log, such as\n{}",
        leaked.len(),
        leaked[..leaked.len().min(5)].join("\n")
    );
    // A canary that is there is found: in the table where it belongs, and in the log if somebody logs it.
    let kept = "SELECT count(*) FROM tickets AS row WHERE lower(row::text) LIKE '%kanarienvogel%'";
    assert!(house.line(LoanSupport::NAME).database.count(kept).await > 0, "the ticket itself keeps it");
    tracing::debug!(subject = %aviary.canary(), "a leak for comparison");
    assert_eq!(leaks(&log.text()).len(), 1, "the log was listened to");
    for token in used {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!text.contains(signature), "a token is in the log");
    }
}

/// Every service has sent spans, and no request to the collector has a canary anywhere: in no name, no attribute, no event
/// and no status.
async fn no_span_tells(house: &House, agent: &str, aviary: &mut Aviary) {
    // Spans travel in one queue: when this one has come, all before it have.
    let last = TraceContext::start();
    let request = house.gate.request(Method::GET, "/v1/tickets").bearer_auth(agent);
    assert_eq!(house.gate.send(request.header("traceparent", last.to_string())).await.status, 200);
    let trace = last.trace_id().to_string();
    eventually("the last trace", async || {
        collector::spans_of(&trace).iter().any(|span| span.service == "gateway" && span.kind == 2).then_some(())
    })
    .await;
    let spans = collector::spans();
    let heard: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    for service in house.services() {
        assert!(heard.contains(service), "{service} has sent spans: {heard:?}");
    }
    for kind in 1..=5 {
        assert!(spans.iter().any(|span| span.kind == kind), "spans of kind {kind}");
    }
    let leaked: Vec<String> = collector::bodies().into_iter().filter(|body| !leaks(body).is_empty()).collect();
    assert_eq!(leaked, Vec::<String>::new(), "a trace");
    // A canary that is there is found, wherever it is.
    let mut span = Span::begin("leak", Kind::Internal, || "a leak for comparison".into(), None);
    let canary = aviary.canary();
    span.set("leak", || canary.into());
    drop(span);
    let found = async || collector::bodies().iter().any(|body| !leaks(body).is_empty()).then_some(());
    eventually("the collector was listened to", found).await;
}
