//! Stands in for a service that owns tickets: its log of events and its agent API, and its bad days.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Envelope;
use serde_json::{Value, json};
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::story::Story;

/// What an owner answers with.
#[derive(Debug, Clone, Default)]
struct State {
    is_down: bool,
    delay: Duration,
    log: Vec<Envelope>,
    snapshots: HashMap<String, Value>,
}

/// A service that owns tickets.
#[derive(Debug)]
pub(crate) struct Owner {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

struct Answers(Arc<Mutex<State>>);

impl Owner {
    pub(crate) async fn start() -> Self {
        let (server, state) = (MockServer::start().await, Arc::default());
        let answers = Answers(Arc::clone(&state));
        Mock::given(method("GET")).and(path_regex("^/internal/v1/")).respond_with(answers).mount(&server).await;
        Self { server, state }
    }

    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// The owner has these events in its log and shows the ticket as they leave it.
    pub(crate) fn has(&self, story: &Story) {
        self.with(|state| {
            state.log.retain(|event| event.data.ticket_key != story.key);
            state.log.extend(story.log.iter().cloned());
            state.snapshots.insert(story.key.to_string(), story.snapshot());
        });
    }

    /// The owner shows something else of the ticket.
    pub(crate) fn shows(&self, story: &Story, snapshot: Value) {
        self.with(|state| state.snapshots.insert(story.key.to_string(), snapshot));
    }

    /// The owner does not let anybody see the ticket.
    pub(crate) fn hides(&self, story: &Story) {
        self.with(|state| state.snapshots.remove(&story.key.to_string()));
    }

    pub(crate) fn goes_down(&self) {
        self.with(|state| state.is_down = true);
    }

    pub(crate) fn comes_back(&self) {
        self.with(|state| state.is_down = false);
    }

    pub(crate) fn answers_after(&self, delay: Duration) {
        self.with(|state| state.delay = delay);
    }

    /// The requests for events, or for a ticket.
    pub(crate) async fn asked_for(&self, what: &str) -> Vec<Request> {
        let requests = self.server.received_requests().await.unwrap();
        requests.into_iter().filter(|request| request.url.path().contains(what)).collect()
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if state.is_down {
            return ResponseTemplate::new(500);
        }
        let answer = match request.url.path().strip_prefix("/internal/v1/tickets/") {
            None => ResponseTemplate::new(200).set_body_json(json!({"events": missing(&state.log, request)})),
            Some(key) => match state.snapshots.get(key) {
                Some(snapshot) => ResponseTemplate::new(200).set_body_json(snapshot),
                None => ResponseTemplate::new(404).set_body_json(json!({"code": "ticket-not-found"})),
            },
        };
        answer.set_delay(state.delay)
    }
}

fn missing(log: &[Envelope], request: &Request) -> Vec<Envelope> {
    let query: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
    let after: i64 = query["after"].parse().unwrap();
    let asked = |event: &&Envelope| event.partitionkey.as_str() == query["partitionkey"] && event.data.version > after;
    log.iter().filter(asked).cloned().collect()
}
