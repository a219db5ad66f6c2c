//! The gateway, the loan line and the desk, each with its own bus over the broker, as if each were a process of its own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Service, Stages, http_client, secrets, start};
use desk::Desk;
use domain::{Clock as _, Role, Subject, SystemClock};
use gateway::Gateway;
use loan_support::LoanSupport;
use messaging::bus::RabbitBus;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::{TestDatabase, collector};

use crate::broker::Corner;

pub(crate) struct House {
    gateway: String,
    http: reqwest::Client,
    minter: auth::Minter,
    /// In the order in which they stop.
    running: Vec<(Running, Context)>,
    _databases: [TestDatabase; 2],
    _corner: Corner,
    _data_dir: tempfile::TempDir,
}

impl House {
    pub(crate) async fn start() -> Self {
        let (corner, data_dir) = (Corner::new(), tempfile::tempdir().unwrap());
        let databases = [TestDatabase::for_service::<LoanSupport>().await, TestDatabase::for_service::<Desk>().await];
        let listeners = [listener(), listener(), listener()];
        let address = |index: usize| format!("http://{}", TcpListener::local_addr(&listeners[index]).unwrap());
        let gateway = address(0);
        let addresses =
            BTreeMap::from([(LoanSupport::NAME.to_owned(), address(1)), (Desk::NAME.to_owned(), address(2))]);
        let [first, second, third] = listeners;
        let build = (&corner, data_dir.path(), &addresses);
        let running = vec![
            open::<Gateway>(build, first, None).await,
            open::<LoanSupport>(build, second, Some(databases[0].url())).await,
            open::<Desk>(build, third, Some(databases[1].url())).await,
        ];
        Self {
            gateway,
            http: http_client().unwrap(),
            minter: secrets::local_minter(data_dir.path()).unwrap(),
            running,
            _databases: databases,
            _corner: corner,
            _data_dir: data_dir,
        }
    }

    /// A request through the gateway.
    pub(crate) fn request(&self, method: Method, path: &str, subject: &str, role: Role) -> RequestBuilder {
        let request = auth::TokenRequest::new(Subject::try_from(subject).unwrap(), role);
        let token = self.minter.mint(&request, SystemClock.now()).unwrap();
        self.http.request(method, format!("{}{path}", self.gateway)).bearer_auth(token)
    }

    /// A request that nobody signed well.
    pub(crate) fn badly_signed(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.gateway)).bearer_auth("no.such.token")
    }

    /// Opens a loan ticket and gives its id.
    pub(crate) async fn open_ticket(&self, traceparent: Option<&str>) -> String {
        let mut request = self.request(Method::POST, "/support/tickets", CUSTOMER, Role::Customer).json(&draft());
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert!((200..300).contains(&status), "{status} {text}");
        let start = text.find("ticket_").unwrap();
        text[start..start + "ticket_".len() + 32].to_owned()
    }

    pub(crate) async fn stop(self) {
        for (running, context) in self.running {
            Running::stop_all(vec![running], &context).await;
        }
    }
}

/// Whoever opens tickets here.
pub(crate) const CUSTOMER: &str = "customer-canary-7431";
/// What the ticket says.
pub(crate) const WORDS: &str = "canary-words-9120";

fn draft() -> Value {
    json!({"subject": WORDS, "description": WORDS, "categoryId": "category_001", "priority": "High"})
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

async fn open<S: Service>(
    (corner, data_dir, addresses): (&Corner, &Path, &BTreeMap<String, String>),
    listener: TcpListener,
    database_url: Option<&str>,
) -> (Running, Context) {
    let settings = [
        ("CROSSDESK__DATA_DIR", data_dir.display().to_string()),
        ("CROSSDESK__HTTP__WORKERS", "1".to_owned()),
        ("CROSSDESK__TELEMETRY__OTLP_ENDPOINT", collector::url()),
    ];
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
    let config = Config::from_sources(sources, Profile::Local).unwrap();
    let stages = Stages::default();
    let bus = RabbitBus::connect_prefixed(&corner.url, S::NAME, &corner.prefix, stages.readers.clone());
    let _metrics = telemetry::init_metrics();
    let context = Context::new(config, Arc::new(SystemClock), bus, addresses.clone(), stages).unwrap();
    let place = Place { listener, database_url: database_url.map(str::to_owned) };
    let running = start::<S>(&context, place).await.unwrap();
    context.serving.store(true, Ordering::Release);
    (running, context)
}
