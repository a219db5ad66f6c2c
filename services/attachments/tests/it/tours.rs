//! The part of tour-tickets that attachments asks: who may see which ticket.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data, Path, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use domain::{Clock as _, SystemClock};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

#[derive(Debug, Clone)]
struct Ticket {
    key: Uuid,
    owner: Option<String>,
    user_id: Option<i64>,
}

#[derive(Debug, Default)]
struct State {
    tickets: Mutex<BTreeMap<i64, Ticket>>,
    calls: AtomicUsize,
    is_broken: AtomicBool,
    is_held: watch::Sender<bool>,
    waiting: AtomicUsize,
}

/// A tour-tickets that runs until it is dropped.
pub(crate) struct Tours {
    pub(crate) url: String,
    state: Arc<State>,
    server: ServerHandle,
}

impl Tours {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(State::default());
        let data = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/internal/v1/tours/tickets/{id}", web::get().to(find))
                .route("/internal/v1/tours/tickets", web::get().to(list))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, state, server: handle }
    }

    /// A ticket exists from now on.
    pub(crate) fn add(&self, id: i64, owner: Option<&str>, user_id: Option<i64>) -> Uuid {
        let key = SystemClock.new_id();
        let ticket = Ticket { key, owner: owner.map(str::to_owned), user_id };
        self.state.tickets.lock().unwrap().insert(id, ticket);
        key
    }

    /// The ticket belongs to somebody else from now on.
    pub(crate) fn give_to(&self, id: i64, owner: &str) {
        self.state.tickets.lock().unwrap().get_mut(&id).unwrap().owner = Some(owner.to_owned());
    }

    /// The ticket is deleted.
    pub(crate) fn delete(&self, id: i64) {
        self.state.tickets.lock().unwrap().remove(&id);
    }

    /// Every request fails from now on.
    pub(crate) fn break_down(&self) {
        self.state.is_broken.store(true, Ordering::SeqCst);
    }

    /// Whoever asks waits from now on.
    pub(crate) fn hold(&self) {
        self.state.is_held.send_replace(true);
    }

    /// Nobody waits any more.
    pub(crate) fn release(&self) {
        self.state.is_held.send_replace(false);
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.state.waiting.load(Ordering::SeqCst)
    }

    /// How often it was asked.
    pub(crate) fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Tours {
    fn drop(&mut self) {
        let stopping = self.server.stop(false);
        tokio::spawn(stopping);
    }
}

async fn wait(state: &State) {
    state.waiting.fetch_add(1, Ordering::SeqCst);
    let released = state.is_held.subscribe().wait_for(|is_held| !is_held).await.is_ok();
    assert!(released, "the test has ended");
    state.waiting.fetch_sub(1, Ordering::SeqCst);
}

fn refusal(state: &State, request: &HttpRequest) -> Option<HttpResponse> {
    state.calls.fetch_add(1, Ordering::SeqCst);
    if state.is_broken.load(Ordering::SeqCst) {
        return Some(HttpResponse::InternalServerError().finish());
    }
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    (!token.starts_with("Bearer ey")).then(|| HttpResponse::Unauthorized().finish())
}

async fn find(state: Data<State>, request: HttpRequest, id: Path<i64>) -> HttpResponse {
    wait(&state).await;
    if let Some(refusal) = refusal(&state, &request) {
        return refusal;
    }
    if *id < 0 {
        return HttpResponse::BadRequest().finish(); // as the real one: an id is digits
    }
    match state.tickets.lock().unwrap().get(&id) {
        None => HttpResponse::NotFound().finish(),
        Some(Ticket { key, owner, user_id }) => {
            HttpResponse::Ok().json(json!({"ticketId": *id, "ticketKey": key, "owner": owner, "userId": user_id}))
        }
    }
}

async fn list(state: Data<State>, request: HttpRequest, query: Query<BTreeMap<String, String>>) -> HttpResponse {
    wait(&state).await;
    if let Some(refusal) = refusal(&state, &request) {
        return refusal;
    }
    let (subject, user) = (query.get("subject"), query.get("user_id").and_then(|text| text.parse().ok()));
    let tickets = state.tickets.lock().unwrap();
    let own = tickets
        .iter()
        .filter(|(_, ticket)| ticket.owner.as_ref() == subject || (user.is_some() && ticket.user_id == user));
    let ids: Vec<i64> = own.map(|(id, _)| *id).collect();
    HttpResponse::Ok().json(json!({"ticketIds": ids}))
}
