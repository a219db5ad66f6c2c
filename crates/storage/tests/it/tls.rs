//! PostgreSQL behind TLS: whom we trust, and that a server that is somebody else does not get our password.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use localpg::{Cluster, Options};
use storage::migrate;
use tempfile::TempDir;
use testkit::Certificates;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// From outside only over TLS and with a password.
const WHO_MAY: &str = "local all all trust\nhostssl all all 127.0.0.0/8 scram-sha-256\n";

/// A PostgreSQL of its own, with TLS.
struct Server {
    cluster: Cluster,
    port: u16,
    _folder: TempDir,
}

impl Server {
    async fn start(certificates: &Certificates) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { dir: folder.path().join("postgres"), durable: false, max_connections: 20 };
        let cluster = Cluster::start(options.clone()).await.unwrap();
        let data = cluster.dir().join("data");
        cluster.stop().await.unwrap();
        let owner = fs::metadata(&data).unwrap();
        for file in ["server.pem", "server.key"] {
            fs::copy(certificates.path(file), data.join(file)).unwrap();
            chown(data.join(file), Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        fs::write(data.join("pg_hba.conf"), WHO_MAY).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        let tls = "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n";
        let outside = format!("listen_addresses = '127.0.0.1,127.0.0.2'\nport = {port}\n");
        fs::write(data.join("postgresql.conf"), format!("{settings}\n{tls}{outside}")).unwrap();
        let cluster = Cluster::start(options).await.unwrap();
        let (sockets, _) = crate::host_and_port(&cluster.url("postgres"));
        let inside = crate::db(&format!("host={sockets} port={port} user=postgres dbname=postgres")).unwrap();
        let role = "CREATE ROLE somebody LOGIN PASSWORD 'hidden'; CREATE DATABASE theirs OWNER somebody";
        for statement in role.split(';') {
            inside.conn().await.unwrap().batch_execute(statement).await.unwrap();
        }
        Self { cluster, port, _folder: folder }
    }

    fn url(&self, host: &str, settings: &str) -> String {
        format!("postgres://somebody:hidden@{host}:{}/theirs?{settings}", self.port)
    }

    async fn stop(self) {
        self.cluster.stop().await.unwrap();
    }
}

fn trusting(ca_file: &Path) -> String {
    format!("sslmode=verify-full&sslrootcert={}", ca_file.display())
}

#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Session {
    #[diesel(sql_type = Bool)]
    ssl: bool,
}

/// What the server says about the session.
async fn is_encrypted(url: &str) -> bool {
    let db = crate::db(url).unwrap();
    let mut conn = db.conn().await.unwrap();
    let asked = storage::sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    asked.get_result::<Session>(&mut conn).await.unwrap().ssl
}

#[tokio::test]
async fn a_server_is_spoken_to_over_tls_as_its_url_says_and_refused_if_it_is_another() {
    let certificates = Certificates::of_server("IP:127.0.0.1");
    let server = Server::start(&certificates).await;
    let (authority, stranger) = (certificates.path("authority.pem"), certificates.path("stranger.pem"));
    let good = server.url("127.0.0.1", &trusting(&authority));
    assert!(is_encrypted(&good).await);
    assert!(migrate::run(&good, vec![migrate::MIGRATIONS]).await.unwrap() > 0, "also outside the pool");
    for (host, settings, reason) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), "no encryption"),
        ("127.0.0.1", "sslmode=require".to_owned(), "UnknownIssuer"),
        ("127.0.0.1", trusting(&stranger), "UnknownIssuer"),
        ("127.0.0.2", trusting(&authority), "not valid for name"),
        ("127.0.0.1", trusting(Path::new("/nowhere/authority.pem")), "authorities in /nowhere/authority.pem"),
        ("127.0.0.1", trusting(&certificates.path("server.key")), "no certificate in it"),
    ] {
        let refused = crate::db(&server.url(host, &settings)).unwrap().conn().await.err().unwrap();
        assert!(refused.is_temporary() && refused.to_string().contains(reason), "{host} {settings}: {refused}");
    }
    server.stop().await;
}

#[tokio::test]
async fn large_answers_come_whole_over_tls() {
    let certificates = Certificates::of_server("IP:127.0.0.1");
    let server = Server::start(&certificates).await;
    let db = crate::db(&server.url("127.0.0.1", &trusting(&certificates.path("authority.pem")))).unwrap();
    let mut conn = db.conn().await.unwrap();
    let rows = storage::sql("SELECT n % 2 = 0 AS ssl FROM generate_series(1, 200000) AS n");
    assert_eq!(rows.get_results::<Session>(&mut conn).await.unwrap().len(), 200_000);
    drop(conn);
    server.stop().await;
}

/// Somebody between us and the server who says that it has no TLS gets no password for that.
#[tokio::test]
async fn a_server_without_tls_is_told_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 8];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(b"N").await.unwrap();
        stream.read_to_end(&mut heard).await.unwrap();
        heard
    });
    let url = format!("postgres://somebody:hidden@127.0.0.1:{port}/theirs?sslmode=require");
    let refused = crate::db(&url).unwrap().conn().await.err().unwrap();
    assert!(refused.to_string().contains("does no TLS"), "{refused}");
    assert_eq!(heard.await.unwrap().len(), 8, "the question, and no more");
}
