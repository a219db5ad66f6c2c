//! In production a service refuses a database server that loses what was answered.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Service, Stages, Worker, migrations, start};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use diesel_migrations::EmbeddedMigrations;
use domain::SystemClock;
use localpg::{Cluster, Options};
use messaging::bus::LocalBus;
use web::{Routes, Shape};

/// A service that does nothing.
#[derive(Debug)]
struct Idle;

impl Service for Idle {
    const NAME: &'static str = "idle";
    const SHAPE: Shape = Shape::Problem;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(storage::migrate::MIGRATIONS);
    type App = ();

    fn new(_: &Context) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn app(&self, _: Worker) -> anyhow::Result<()> {
        Ok(())
    }

    fn routes(routes: Routes) -> Routes {
        routes
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        utoipa::openapi::OpenApi::default()
    }
}

async fn started(profile: Profile, url: &str) -> Result<(), String> {
    let settings = [
        ("AUTH__SERVICE_SECRET", "3f6d1c0b9a8e7f5d4c3b2a1908f7e6d5c4b3a291807f6e5d4c3b2a1908f7e6d5"),
        ("AUTH__ISSUERS", r#"[{"issuer":"idp","hs256_secret":"a91c5e7f30b2d4681f9e0c7b5a3d2816e4f70c9b8d6a5e3f"}]"#),
        ("HTTP__WORKERS", "1"),
        ("HTTP__DRAIN_MS", "0"),
    ];
    let settings: BTreeMap<String, String> =
        settings.map(|(name, value)| (format!("CROSSDESK__{name}"), value.to_owned())).into();
    let config = Config::from_sources(Sources::read(Path::new("no/such/folder"), settings).unwrap(), profile).unwrap();
    let (clock, bus) = (Arc::new(SystemClock), LocalBus::new());
    let context = Context::new(config, clock, bus, BTreeMap::new(), Stages::default()).unwrap();
    let place = Place { listener: TcpListener::bind("127.0.0.1:0").unwrap(), database_url: Some(url.to_owned()) };
    match start::<Idle>(&context, place).await {
        Ok(running) => {
            Running::stop_all(vec![running], &context).await;
            Ok(())
        }
        Err(error) => Err(format!("{error:#}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn production_refuses_a_server_that_loses_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let options = |durable| Options { dir: folder.path().join("postgres"), durable, max_connections: 20 };

    let fast = Cluster::start(options(false)).await.unwrap();
    let url = fast.url("postgres");
    storage::migrate::run(&url, migrations::<Idle>()).await.unwrap();
    let error = started(Profile::Production, &url).await.unwrap_err();
    assert!(error.contains("idle's database") && error.contains("`fsync` is off"), "{error}");
    assert_eq!(started(Profile::Local, &url).await, Ok(()), "a developer's may be fast");
    fast.stop().await.unwrap();

    let safe = Cluster::start(options(true)).await.unwrap();
    let url = safe.url("postgres");
    assert_eq!(started(Profile::Production, &url).await, Ok(()));
    // For this database alone, which the server's own settings do not show.
    let mut session = AsyncPgConnection::establish(&url).await.unwrap();
    session.batch_execute("ALTER DATABASE postgres SET synchronous_commit = off").await.unwrap();
    drop(session);
    let error = started(Profile::Production, &url).await.unwrap_err();
    assert!(error.contains("`synchronous_commit` is off"), "{error}");
    safe.stop().await.unwrap();
}
