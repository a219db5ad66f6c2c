//! A service in the test's own process.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Service, Stages, http_client, secrets, start};
use domain::{Clock, Envelope, Role, SystemClock};
use messaging::bus::{Bus, LocalBus, Message, Properties};
use messaging::topology::Exchange;
use reqwest::Method;
use serde_json::Value;

use crate::{Answer, RecordedBus, TestDatabase, Tokens};

/// A service that runs for one test.
pub struct TestApp {
    /// Its base URL.
    pub url: String,
    /// Its database.
    pub database: TestDatabase,
    /// Tokens that it trusts.
    pub tokens: Tokens,
    /// What it published.
    pub bus: Arc<RecordedBus>,
    /// What it was started with.
    pub context: Context,
    http: reqwest::Client,
    running: Option<Running>,
    _data_dir: tempfile::TempDir,
}

/// How a service is started for a test.
#[derive(Debug, Default)]
pub struct Builder {
    addresses: BTreeMap<String, String>,
    settings: BTreeMap<String, String>,
    clock: Option<Arc<dyn Clock>>,
}

impl Builder {
    /// Where another service is.
    #[must_use]
    pub fn address(mut self, service: &str, url: impl Into<String>) -> Self {
        self.addresses.insert(service.to_owned(), url.into());
        self
    }

    /// A setting, named as in the environment: `CROSSDESK__SECTION__KEY`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The test's own clock. Tokens are always made and judged by it, so keep it near the real time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Starts the service.
    pub async fn start<S: Service>(self) -> TestApp {
        let database = TestDatabase::for_service::<S>().await;
        let data_dir = tempfile::tempdir().expect("a scratch folder");
        let mut settings = self.settings;
        settings.insert("CROSSDESK__DATA_DIR".to_owned(), data_dir.path().display().to_string());
        settings.entry("CROSSDESK__HTTP__WORKERS".to_owned()).or_insert_with(|| "1".to_owned());
        let sources = Sources::read(Path::new("no/such/folder"), settings).expect("settings");
        let config = Config::from_sources(sources, Profile::Local).expect("a configuration");
        let bus = RecordedBus::over(LocalBus::new());
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let context = Context::new(config, clock, Arc::clone(&bus) as Arc<dyn Bus>, self.addresses, Stages::default())
            .expect("a context");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let place = Place { listener, database_url: Some(database.url().to_owned()) };
        let running = start::<S>(&context, place).await.expect("the service starts");
        context.serving.store(true, Ordering::Release);
        TestApp {
            url,
            database,
            tokens: Tokens::new(secrets::local_minter(data_dir.path()).expect("a minter")),
            bus,
            context,
            http: http_client().expect("a client"),
            running: Some(running),
            _data_dir: data_dir,
        }
    }
}

impl TestApp {
    /// Starts a service with nothing special.
    pub async fn start<S: Service>() -> Self {
        Self::builder().start::<S>().await
    }

    /// Starts a service with something special.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A good token.
    #[must_use]
    pub fn token(&self, subject: &str, role: Role) -> String {
        self.tokens.of(subject, role)
    }

    /// A request to the service, to be completed by the test.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request that the test made.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        Answer::of(request).await
    }

    /// GET.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).bearer_auth(token)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).bearer_auth(token).json(&body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, token: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).bearer_auth(token).json(&body)).await
    }

    /// Gives an event to the service as its owner's relay would, and waits until it is settled: applied or parked.
    pub async fn publish(&self, event: &Envelope) {
        self.bus.publish(message(event)).await.expect("the event is settled");
    }

    /// Waits until so many events were published, and gives them.
    pub async fn events(&self, count: usize) -> Vec<Envelope> {
        crate::eventually(&format!("{count} published events"), async || {
            let published = self.bus.published();
            (published.len() >= count).then(|| published.into_iter().map(|(_, event)| event).collect())
        })
        .await
    }

    /// Stops the service as an orderly shutdown would.
    pub async fn stop(mut self) {
        self.halt().await;
    }

    /// Stops the service, and leaves its database to look at.
    pub async fn halt(&mut self) {
        if let Some(running) = self.running.take() {
            Running::stop_all(vec![running], &self.context).await;
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.context.stages.sockets.cancel();
        self.context.stages.relays.cancel();
        self.context.stages.readers.cancel();
    }
}

fn message(event: &Envelope) -> Message {
    Message {
        exchange: Exchange::TicketEvents,
        routing_key: event.routing_key(),
        properties: Properties {
            message_id: event.id.0,
            kind: event.kind.clone(),
            app_id: event.source.trim_start_matches("/crossdesk/").to_owned(),
            timestamp: event.time,
            content_type: "application/cloudevents+json; charset=utf-8".into(),
            correlation_id: None,
            reply_to: None,
            headers: Vec::new(),
        },
        body: serde_json::to_vec(event).expect("an event is JSON").into(),
    }
}
