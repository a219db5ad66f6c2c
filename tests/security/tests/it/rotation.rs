//! Keys are changed while clients work. Configuration is read at start, so a change is a rolling restart: first with the
//! new key beside the old one, then, when no token of the old key is left, with the new key alone.

mod secret;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Service, Stages, http_client, start};
use domain::SystemClock;
use loan_support::LoanSupport;
use messaging::bus::LocalBus;
use security::forge::{self, FOREIGN_SECRET, HS_SECRET, SERVICE_SECRET, Signer};
use serde_json::{Value, json};
use testkit::{TestDatabase, eventually};
use tokio::task::JoinHandle;

const OLD: &str = "https://idp.test/2025";
const NEW: &str = "https://idp.test/2026";
/// Clients at work.
const CLIENTS: usize = 6;
/// Requests that must have been answered before the next step, so that each phase is really met.
const PHASE: usize = 60;

/// A token of the old or of the new key.
fn token(issuer: &str) -> String {
    let secret = if issuer == OLD { HS_SECRET } else { FOREIGN_SECRET };
    forge::token(&json!({"alg": "HS256"}), &forge::claims(issuer), Signer::Hs(secret.as_bytes()))
}

/// One process of the service.
struct Instance {
    url: String,
    context: Context,
    running: Running,
    _data_dir: tempfile::TempDir,
}

impl Instance {
    async fn trusting(issuers: &[&str], database: &TestDatabase) -> Self {
        Self::of(issuers, (SERVICE_SECRET, None), database).await
    }

    /// With the services' secret, and perhaps a second one that counts.
    async fn of(issuers: &[&str], services: (&str, Option<&str>), database: &TestDatabase) -> Self {
        let entry = |issuer: &&str| json!({"issuer": issuer, "hs256_secret": if *issuer == OLD { HS_SECRET } else { FOREIGN_SECRET }});
        let mut settings = BTreeMap::from([("CROSSDESK__AUTH__SERVICE_SECRET".to_owned(), services.0.to_owned())]);
        if let Some(also) = services.1 {
            settings.insert("CROSSDESK__AUTH__SERVICE_SECRET_ALSO".to_owned(), also.to_owned());
        }
        let issuers = issuers.iter().map(entry).collect();
        Self::start::<LoanSupport>(settings, issuers, BTreeMap::new(), Some(database)).await
    }

    async fn start<S: Service>(
        mut settings: BTreeMap<String, String>,
        issuers: Value,
        addresses: BTreeMap<String, String>,
        database: Option<&TestDatabase>,
    ) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        settings.extend([
            ("CROSSDESK__AUTH__ISSUERS".to_owned(), issuers.to_string()),
            ("CROSSDESK__DATA_DIR".to_owned(), data_dir.path().display().to_string()),
            ("CROSSDESK__HTTP__WORKERS".to_owned(), "1".to_owned()),
            // As in production, but shorter: requests that the switch has already given to an instance still reach it.
            ("CROSSDESK__HTTP__DRAIN_MS".to_owned(), "300".to_owned()),
        ]);
        let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
        let config = Config::from_sources(sources, Profile::Local).unwrap();
        let (clock, stages) = (Arc::new(SystemClock), Stages::default());
        let context = Context::new(config, clock, LocalBus::new(), addresses, stages).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let place = Place { listener, database_url: database.map(|database| database.url().to_owned()) };
        let running = start::<S>(&context, place).await.unwrap();
        context.serving.store(true, Ordering::Release);
        Self { url, context, running, _data_dir: data_dir }
    }

    async fn stop(self) {
        Running::stop_all(vec![self.running], &self.context).await;
    }
}

/// What stands before the instances: it gives each request to the next one on its list.
#[derive(Default)]
struct Switch {
    targets: Mutex<Vec<String>>,
    turn: AtomicUsize,
}

impl Switch {
    fn next(&self) -> String {
        let targets = self.targets.lock().unwrap();
        targets[self.turn.fetch_add(1, Ordering::Relaxed) % targets.len()].clone()
    }
}

/// Two instances behind a switch, and clients that never stop.
struct Site {
    switch: Switch,
    /// The tokens that clients hold now.
    tokens: Mutex<Vec<String>>,
    answered: AtomicUsize,
    refused: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Site {
    /// Clients at work, with this token.
    fn open(token: String, targets: Vec<String>) -> (Arc<Self>, Vec<JoinHandle<()>>) {
        let site = Arc::new(Self {
            switch: Switch { targets: Mutex::new(targets), ..Switch::default() },
            tokens: Mutex::new(vec![token]),
            answered: AtomicUsize::default(),
            refused: Mutex::default(),
            is_over: AtomicBool::default(),
        });
        let clients = (0..CLIENTS).map(|_| tokio::spawn(Arc::clone(&site).work())).collect();
        (site, clients)
    }

    /// The clients go home; none of them was refused.
    async fn close(&self, clients: Vec<JoinHandle<()>>) {
        self.is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.unwrap();
        }
        let (refused, answered) = (self.refused.lock().unwrap().clone(), self.answered.load(Ordering::Relaxed));
        assert!(refused.is_empty(), "{} of {answered} valid requests: {refused:?}", refused.len());
    }

    async fn work(self: Arc<Self>) {
        let http = http_client().unwrap();
        let mut number = 0;
        while !self.is_over.load(Ordering::Relaxed) {
            number += 1;
            let token = {
                let tokens = self.tokens.lock().unwrap();
                tokens[number % tokens.len()].clone()
            };
            let url = format!("{}/support/tickets", self.switch.next());
            let answer = http.get(url).bearer_auth(token).send().await;
            match answer {
                Ok(answer) if answer.status() == 200 => {}
                Ok(answer) => self.refused.lock().unwrap().push(answer.status().to_string()),
                Err(error) => self.refused.lock().unwrap().push(error.to_string()),
            }
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lets clients work until so many more requests are answered.
    async fn phase(&self) {
        let until = self.answered.load(Ordering::Relaxed) + PHASE;
        eventually("clients are served", async || (self.answered.load(Ordering::Relaxed) >= until).then_some(())).await;
    }

    /// Replaces the instances one by one, each by one that trusts these issuers.
    async fn roll(&self, instances: &mut [Instance], issuers: &[&str], database: &TestDatabase) {
        for (place, instance) in instances.iter_mut().enumerate() {
            let next = Instance::trusting(issuers, database).await;
            self.switch.targets.lock().unwrap()[place] = next.url.clone();
            std::mem::replace(instance, next).stop().await;
            self.phase().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_under_load_and_no_valid_request_is_refused() {
    let database = TestDatabase::for_service::<LoanSupport>().await;
    let mut instances = vec![Instance::trusting(&[OLD], &database).await, Instance::trusting(&[OLD], &database).await];
    let (site, clients) = Site::open(token(OLD), instances.iter().map(|instance| instance.url.clone()).collect());
    site.phase().await;
    assert_eq!(answers(&instances, &token(NEW)).await, [401, 401], "the new key is not trusted yet");

    // The services learn the new key, one after the other, while tokens are still of the old one.
    site.roll(&mut instances, &[OLD, NEW], &database).await;
    assert_eq!(answers(&instances, &token(OLD)).await, [200, 200]);
    assert_eq!(answers(&instances, &token(NEW)).await, [200, 200]);

    // The issuer signs with the new key; tokens of both are about, until the last old one has expired.
    *site.tokens.lock().unwrap() = vec![token(OLD), token(NEW)];
    site.phase().await;
    *site.tokens.lock().unwrap() = vec![token(NEW)];
    site.phase().await;

    // The old key goes.
    site.roll(&mut instances, &[NEW], &database).await;
    assert_eq!(answers(&instances, &token(OLD)).await, [401, 401], "the old key is dead");
    assert_eq!(answers(&instances, &token(NEW)).await, [200, 200]);

    site.close(clients).await;
    for instance in instances {
        instance.stop().await;
    }
}

/// The steps of SECURITY.md for the services' own secret: at each of them, what the old and the new processes sign is good
/// for both.
#[tokio::test(flavor = "multi_thread")]
async fn the_services_secret_is_changed_without_a_refused_call() {
    let database = TestDatabase::for_service::<LoanSupport>().await;
    let (old, new) = (SERVICE_SECRET, FOREIGN_SECRET);
    let steps = [(old, None), (old, Some(new)), (new, Some(old)), (new, None)];
    for (before, after) in steps.iter().zip(&steps[1..]) {
        let instances = [Instance::of(&[OLD], *before, &database).await, Instance::of(&[OLD], *after, &database).await];
        for caller in &instances {
            let token = caller.context.service_token("desk").unwrap();
            for callee in &instances {
                assert_eq!(events_for(callee, &token).await, 200, "from {before:?} to {after:?}");
            }
        }
        for instance in instances {
            instance.stop().await;
        }
    }
    let last = Instance::of(&[OLD], (new, None), &database).await;
    let first = Instance::of(&[OLD], (old, None), &database).await;
    let token = first.context.service_token("desk").unwrap();
    assert_eq!(events_for(&last, &token).await, 401, "the old secret is dead");
    last.stop().await;
    first.stop().await;
}

/// What an instance says to another service that asks for events.
async fn events_for(instance: &Instance, token: &str) -> u16 {
    let url = format!("{}/internal/v1/events?partitionkey=none&after=0&limit=1", instance.url);
    http_client().unwrap().get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

/// What each instance says to a token.
async fn answers(instances: &[Instance], token: &str) -> Vec<u16> {
    let http = http_client().unwrap();
    let mut statuses = Vec::new();
    for instance in instances {
        let request = http.get(format!("{}/support/tickets", instance.url)).bearer_auth(token);
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    statuses
}
