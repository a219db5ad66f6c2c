//! In which trace an effect runs: its event's own, if it came alone.

use std::sync::{Arc, Mutex};

use diesel_async::AsyncPgConnection;
use domain::Envelope;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use messaging::bus::LocalBus;
use messaging::topology::Queue;
use messaging::{Apply, ApplyError, Consumer};

use super::flow::{database, event, key, owner_of};

/// Notes the traces in which it runs, and refuses one event.
#[derive(Debug, Default)]
struct Noting {
    traces: Mutex<Vec<String>>,
    unfit: Option<i64>,
}

impl Apply for Noting {
    fn apply<'a>(
        &'a self,
        _: &'a mut AsyncPgConnection,
        events: &'a [&'a Envelope],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        async move {
            if events.iter().any(|event| Some(event.data.version) == self.unfit) {
                return Err(ApplyError::Unfit("poison".to_owned()));
            }
            self.traces.lock().unwrap().push(telemetry::current().trace_id().to_string());
            Ok(())
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_of_one_event_runs_in_the_trace_of_that_event() {
    let (_database, db) = database().await;
    let key = key();
    let events: Vec<Envelope> = (1..=3)
        .map(|version| {
            let traceparent = format!("00-0000000000000000000000000000000{version}-00f067aa0ba902b7-00");
            Envelope { traceparent, ..event(key, version) }
        })
        .collect();
    let effect = Arc::new(Noting { unfit: Some(3), ..Noting::default() });
    let consumer = Consumer::new(
        "desk",
        Queue::DeskTicketEvents,
        db,
        (LocalBus::new(), owner_of(&events)),
        Arc::clone(&effect) as _,
    );
    // Refused together, so each comes by itself; the third is parked.
    consumer.settle(&events).await.unwrap();
    let traces = effect.traces.lock().unwrap().clone();
    assert_eq!(traces, ["00000000000000000000000000000001", "00000000000000000000000000000002"]);
}
