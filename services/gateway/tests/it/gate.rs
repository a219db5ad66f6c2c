//! A gateway in the test's own process.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use auth::{Minter, TokenRequest};
use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Stages, http_client, secrets, start};
use domain::{Clock as _, Role, Subject, SystemClock};
use gateway::Gateway;
use messaging::bus::LocalBus;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long a test waits for bytes that must come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    minter: Minter,
    context: Context,
    running: Option<Running>,
    _data_dir: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    /// A header's value, empty if it is not there, joined if it is there twice.
    pub(crate) fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).into_iter().map(|value| value.to_str().unwrap());
        values.collect::<Vec<_>>().join(" & ")
    }
}

impl Gate {
    /// In front of these services, in the local profile.
    pub(crate) async fn to(addresses: &[(&str, &str)]) -> Self {
        Self::with(addresses, &[]).await
    }

    /// With settings such as `GATEWAY__MAX_IN_FLIGHT`.
    pub(crate) async fn with(addresses: &[(&str, &str)], settings: &[(&str, &str)]) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let mut all = std::collections::BTreeMap::new();
        all.insert("CROSSDESK__DATA_DIR".to_owned(), data_dir.path().display().to_string());
        all.insert("CROSSDESK__HTTP__WORKERS".to_owned(), "1".to_owned());
        for (name, value) in settings {
            all.insert(format!("CROSSDESK__{name}"), (*value).to_owned());
        }
        let config = Config::from_sources(Sources::read(Path::new("no/such/folder"), all).unwrap(), Profile::Local);
        let addresses = addresses.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
        let stages = Stages::default();
        let context = Context::new(config.unwrap(), Arc::new(SystemClock), LocalBus::new(), addresses, stages).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = start::<Gateway>(&context, Place { listener, database_url: None }).await.unwrap();
        context.serving.store(true, Ordering::Release);
        Self {
            address: running.address(),
            http: http_client().unwrap(),
            minter: secrets::local_minter(data_dir.path()).unwrap(),
            context,
            running: Some(running),
            _data_dir: data_dir,
        }
    }

    /// A good token.
    pub(crate) fn token(&self, subject: &str) -> String {
        let request = TokenRequest::new(Subject::try_from(subject).unwrap(), Role::Customer);
        self.minter.mint(&request, SystemClock.now()).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// Sends these bytes and reads until the gateway closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(DEADLINE, socket.read_to_end(&mut answer)).await.unwrap().unwrap();
        String::from_utf8(answer).unwrap()
    }

    pub(crate) async fn stop(mut self) {
        let running = self.running.take().into_iter().collect();
        Running::stop_all(running, &self.context).await;
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}
