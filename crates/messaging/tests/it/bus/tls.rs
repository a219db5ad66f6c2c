//! RabbitMQ behind TLS: whom we trust, and that a broker that is somebody else gets neither password nor message.

use std::path::Path;
use std::sync::Arc;

use messaging::bus::{Bus, RabbitBus};
use messaging::topology::Queue;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use testkit::Certificates;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::stage::{event, eventually, next};

/// The test's broker with TLS before it, on a port of its own.
async fn behind_tls(broker: &Broker, certificates: &Certificates) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(certificates.path("server.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(certificates.path("server.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_no_client_auth().with_single_cert(chain, key).expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let address = broker.address();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, address) = (acceptor.clone(), address.clone());
            tokio::spawn(async move {
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let Ok(mut server) = TcpStream::connect(address).await else { return };
                let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

fn url(broker: &Broker, host: &str, port: u16, ca_file: Option<&Path>) -> String {
    let plain = broker.url_at(port).replace("127.0.0.1", host).replacen("amqp://", "amqps://", 1);
    let plain = plain.split('?').next().expect("a part").to_owned();
    ca_file.map_or_else(|| plain.clone(), |path| format!("{plain}?cacertfile={}", path.display()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_with_a_certificate_of_the_named_authority_is_published_to_and_read_from() {
    let (broker, certificates) = (Broker::of_this_test(), Certificates::of_server("DNS:localhost"));
    let port = behind_tls(&broker, &certificates).await;
    let url = url(&broker, "localhost", port, Some(&certificates.path("authority.pem")));
    assert_eq!(RabbitBus::probe(&url).await, Ok(()));
    let bus = RabbitBus::connect_prefixed(&url, "test", &broker.prefix, CancellationToken::new());
    let mut reader = bus.subscribe(Queue::DeskTicketEvents, 10).await.expect("subscribes");
    eventually("confirm", async || bus.publish(event("loan.ticket.opened", "sealed")).await.ok()).await;
    let delivery = next(&mut reader).await;
    assert_eq!(delivery.body(), b"sealed");
    delivery.ack().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_another_authority_or_of_another_name_is_refused_with_the_reason() {
    let (broker, certificates) = (Broker::of_this_test(), Certificates::of_server("DNS:localhost"));
    let port = behind_tls(&broker, &certificates).await;
    let (authority, stranger) = (certificates.path("authority.pem"), certificates.path("stranger.pem"));
    let key = certificates.path("server.key");
    for (host, ca_file, reason) in [
        ("localhost", None, "UnknownIssuer"),
        ("localhost", Some(stranger.as_path()), "UnknownIssuer"),
        ("127.0.0.1", Some(authority.as_path()), "not valid for name"),
        ("localhost", Some(Path::new("/nowhere/authority.pem")), "authorities in /nowhere/authority.pem"),
        ("localhost", Some(key.as_path()), "no certificate in it"),
    ] {
        let refused = RabbitBus::probe(&url(&broker, host, port, ca_file)).await.expect_err("not our broker");
        assert!(refused.contains(reason), "{host} {ca_file:?}: {refused}");
    }
}

/// Once, a build without the client's TLS spoke plainly to such an address: password first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_in_the_clear_to_an_amqps_address() {
    let broker = Broker::of_this_test();
    let (_, port) = broker.address();
    assert_eq!(RabbitBus::probe(&broker.url_at(port)).await, Ok(()));
    let refused = RabbitBus::probe(&url(&broker, "127.0.0.1", port, None)).await;
    assert!(refused.is_err(), "the plain port was taken for a sealed one");
}
