//! Services behind the gateway: one that says what it got, and sockets that do whatever the test wants.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

/// A service that answers every request with what it got.
pub(crate) struct Echo {
    pub(crate) url: String,
    calls: Arc<AtomicUsize>,
    handle: ServerHandle,
}

impl Echo {
    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn at(address: SocketAddr) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let server = HttpServer::new(move || {
            let calls = Arc::clone(&counted);
            App::new().app_data(web::PayloadConfig::new(64 << 20)).default_service(web::to(move |request, body| {
                calls.fetch_add(1, Ordering::SeqCst);
                echo(request, body)
            }))
        });
        let server = server.workers(1).disable_signals().bind(address).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, calls, handle }
    }

    /// How many requests arrived with their whole body.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Closes every connection.
    pub(crate) async fn stop(self) -> SocketAddr {
        self.handle.stop(false).await;
        self.url.trim_start_matches("http://").parse().unwrap()
    }
}

async fn echo(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers: Vec<Value> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let mut response = match request.headers().get("prefer").and_then(|value| value.to_str().ok()) {
        Some("204") => return HttpResponse::NoContent().finish(),
        Some("304") => return HttpResponse::NotModified().insert_header(("etag", "\"e\"")).finish(),
        Some(status) => HttpResponse::build(status.parse::<u16>().unwrap().try_into().unwrap()),
        None => HttpResponse::Ok(),
    };
    response.append_header(("set-cookie", "a=1")).append_header(("set-cookie", "b=2"));
    response.insert_header(("x-request-id", "of-the-service")).insert_header(("x-total-count", "7"));
    response.json(json!({
        "method": request.method().as_str(),
        "target": request.uri().to_string(),
        "headers": headers,
        "length": body.len(),
        "body": String::from_utf8_lossy(&body[..body.len().min(100)]),
    }))
}

/// What the echo says of a header: every value, in order.
pub(crate) fn seen(body: &Value, name: &str) -> Vec<String> {
    let headers = body["headers"].as_array().unwrap().iter();
    headers.filter(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap().to_owned()).collect()
}

/// A service of which the test decides every byte.
pub(crate) struct Bare {
    listener: TcpListener,
    pub(crate) url: String,
}

impl Bare {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> TcpStream {
        tokio::time::timeout(crate::gate::DEADLINE, self.listener.accept()).await.unwrap().unwrap().0
    }
}

/// Reads the head of a request, and perhaps what came with it.
pub(crate) async fn read_head(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut buffer = [0; 1024];
        let read = tokio::time::timeout(crate::gate::DEADLINE, socket.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "the connection ended inside a head");
        bytes.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until the other end closes, breaks the connection, or has nothing more for good.
pub(crate) async fn read_rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A broken connection ends what was sent just as a closed one.
    let _ = tokio::time::timeout(crate::gate::DEADLINE, socket.read_to_end(&mut bytes)).await.unwrap();
    bytes
}
