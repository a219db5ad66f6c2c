//! The distributed form, private to a run of the lab: PostgreSQL, RabbitMQ, and each service a process of its own, two of
//! each behind a proxy that stands for the load balancer. Every connection between any two of them is a proxy's.

mod postgres;
mod rabbit;
mod service;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

pub use postgres::Postgres;
pub use rabbit::{Queued, Rabbit};
pub use service::{Replica, ServiceGroup};

use crate::proxy::{Proxy, Target};

/// The services of the distributed form, the gateway last: it is where clients come in.
pub const SERVICES: [&str; 10] = [
    "mobility-support",
    "helpdesk-conversation",
    "loan-support",
    "mas-gateway",
    "mas-bridge",
    "mas-simulator",
    "tour-tickets",
    "attachments",
    "desk",
    "gateway",
];

/// The programs of a release.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// Their folder.
    pub folder: &'a Path,
    /// Its services.
    pub services: &'a [&'static str],
    /// Settings of the lab that it does not know.
    pub unknown: &'a [&'static str],
}

impl<'a> Release<'a> {
    /// The programs that were built with this one.
    #[must_use]
    pub fn own(folder: &'a Path) -> Self {
        Self { folder, services: &SERVICES, unknown: &[] }
    }
}

/// Services without a database of their own.
const WITHOUT_DATABASE: [&str; 1] = ["gateway"];

/// How long everything may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running system under test.
pub struct Stack {
    /// Files of the run, and the local secrets.
    pub dir: tempfile::TempDir,
    /// The database server.
    pub postgres: Postgres,
    /// The broker.
    pub rabbit: Rabbit,
    /// The services by name.
    pub services: BTreeMap<&'static str, ServiceGroup>,
    http: reqwest::Client,
}

impl Stack {
    /// Starts everything: of each service so many replicas, with these settings for all of them.
    pub async fn start(release: Release<'_>, replicas: usize, settings: &[(String, String)]) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("crossdesk-faults.").tempdir()?;
        // PostgreSQL runs as another user if we are root, and must get through.
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let postgres = Postgres::start(&dir.path().join("postgres")).await?;
        let rabbit = Rabbit::start(dir.path().join("rabbitmq")).await?;
        let services = BTreeMap::new();
        let mut stack = Self { dir, postgres, rabbit, services, http: chassis::http_client()? };
        if let Err(error) = stack.begin(release, replicas, settings).await {
            stack.stop(false).await?;
            return Err(error);
        }
        Ok(stack)
    }

    async fn begin(&mut self, release: Release<'_>, replicas: usize, settings: &[(String, String)]) -> Result<()> {
        self.migrate(release).await?;
        self.add(release, replicas).await?;
        for name in release.services {
            for number in 0..replicas {
                self.configure(release, name, number, settings).await?;
                self.service(name)?.replicas[number].start()?;
            }
        }
        self.ready().await
    }

    /// Brings the databases to what a release needs.
    pub async fn migrate(&self, release: Release<'_>) -> Result<()> {
        let mut command = service::program(release.folder, "crossdesk");
        command.arg("migrate").env("CROSSDESK__DATABASE__URL", self.postgres.url("postgres"));
        command.env("CROSSDESK__DATA_DIR", self.dir.path().join("data"));
        let output = command.output().await?;
        if !output.status.success() {
            bail!("crossdesk migrate: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Makes room for the services of a release that are not there yet.
    pub async fn add(&mut self, release: Release<'_>, replicas: usize) -> Result<()> {
        for name in release.services {
            if !self.services.contains_key(name) {
                self.services.insert(name, ServiceGroup::prepare(name, replicas).await?);
            }
        }
        Ok(())
    }

    /// Gives a replica that does not run the program of a release, and the addresses of all services there are.
    pub async fn configure(
        &mut self,
        release: Release<'_>,
        name: &str,
        number: usize,
        settings: &[(String, String)],
    ) -> Result<()> {
        let mut environment = common_settings(self.dir.path());
        environment.retain(|(variable, _)| !release.unknown.contains(&variable.as_str()));
        environment.extend(self.services.iter().map(|(name, group)| {
            let variable = format!("CROSSDESK__SERVICES__{}", name.replace('-', "_").to_uppercase());
            (variable, format!("http://127.0.0.1:{}", group.front.port()))
        }));
        environment.extend(settings.iter().cloned());
        let database = (!WITHOUT_DATABASE.contains(&name)).then(|| format!("crossdesk_{}", name.replace('-', "_")));
        let Self { postgres, rabbit, services, .. } = self;
        let group = services.get_mut(name).with_context(|| format!("there is no service {name}"))?;
        group.replicas[number].configure(release.folder, database.as_deref(), (postgres, rabbit), environment).await
    }

    /// Waits until every replica is ready, and leads every front to all of its replicas.
    pub async fn ready(&self) -> Result<()> {
        let end = tokio::time::Instant::now() + READY_WITHIN;
        for group in self.services.values() {
            for replica in &group.replicas {
                while !replica.is_ready(&self.http).await {
                    if tokio::time::Instant::now() > end {
                        bail!("{} is not ready; its log is {}", replica.name(), replica.log().display());
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            group.lead_to_all();
        }
        Ok(())
    }

    /// The origin that clients use.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.services["gateway"].front.port())
    }

    /// A service.
    pub fn service(&mut self, name: &str) -> Result<&mut ServiceGroup> {
        self.services.get_mut(name).with_context(|| format!("there is no service {name}"))
    }

    /// Every proxy of the stack.
    pub fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        self.services
            .values()
            .flat_map(|group| group.replicas.iter().flat_map(Replica::proxies).chain(std::iter::once(&group.front)))
    }

    /// Ends every process that the stack started, by its pid. Logs and databases stay to be looked at if it was not good.
    pub async fn stop(mut self, is_good: bool) -> Result<()> {
        for group in self.services.values_mut() {
            group.replicas.iter_mut().for_each(Replica::terminate);
        }
        for group in self.services.values_mut() {
            for replica in &mut group.replicas {
                replica.wait_or_kill().await;
            }
        }
        self.rabbit.stop().await?;
        self.postgres.stop().await?;
        if !is_good {
            println!("logs and databases are in {}", self.dir.keep().display());
        }
        Ok(())
    }
}

fn common_settings(dir: &Path) -> Vec<(String, String)> {
    [
        ("CROSSDESK__PROFILE", "local".to_owned()),
        ("CROSSDESK__DATA_DIR", dir.join("data").display().to_string()),
        ("CROSSDESK__HTTP__WORKERS", "1".to_owned()),
        // Twenty processes share one PostgreSQL.
        ("CROSSDESK__DATABASE__POOL_SIZE", "8".to_owned()),
        ("CROSSDESK__LOG__FILTER", "warn".to_owned()),
        ("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0".to_owned()),
        // A claim of a bridge that was killed lasts twice the timeout, and nobody in the lab waits 30 s for it.
        ("CROSSDESK__MAS__BRIDGE__TIMEOUT_MS", "2000".to_owned()),
        ("CROSSDESK__MAS__BRIDGE__RETRY_CAP_MS", "2000".to_owned()),
        ("CROSSDESK__MAS__BRIDGE__BREAKER_LONGEST_PAUSE_MS", "2000".to_owned()),
        // Load balancers in the lab look each 100 ms.
        ("CROSSDESK__HTTP__DRAIN_MS", "700".to_owned()),
        ("CROSSDESK__FILES__STORE_URL", format!("file://{}", dir.join("files").display())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Where the targets of a proxy are.
fn port(port: u16) -> Target {
    Target::Port(port)
}

/// The folder of the programs that were built with this one.
pub fn programs() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.parent().map(Path::to_owned).context("this program is in no folder")
}
