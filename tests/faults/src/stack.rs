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
pub use rabbit::Rabbit;
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
    /// Starts everything. `programs` is the folder of the binaries; `replicas` is how many of each service; `settings` are
    /// for all of them.
    pub async fn start(programs: &Path, replicas: usize, settings: &[(String, String)]) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("crossdesk-faults.").tempdir()?;
        // PostgreSQL runs as another user if we are root, and must get through.
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let postgres = Postgres::start(&dir.path().join("postgres")).await?;
        let rabbit = Rabbit::start(dir.path().join("rabbitmq")).await?;
        let services = BTreeMap::new();
        let mut stack = Self { dir, postgres, rabbit, services, http: chassis::http_client()? };
        if let Err(error) = stack.begin(programs, replicas, settings).await {
            stack.stop(false).await?;
            return Err(error);
        }
        Ok(stack)
    }

    async fn begin(&mut self, programs: &Path, replicas: usize, settings: &[(String, String)]) -> Result<()> {
        let Self { dir, postgres, rabbit, services, .. } = self;
        migrate(programs, postgres, dir.path()).await?;
        let mut addresses = Vec::new();
        for name in SERVICES {
            let group = ServiceGroup::prepare(name, replicas).await?;
            let variable = format!("CROSSDESK__SERVICES__{}", name.replace('-', "_").to_uppercase());
            addresses.push((variable, format!("http://127.0.0.1:{}", group.front.port())));
            services.insert(name, group);
        }
        for (name, group) in services {
            let database = (!WITHOUT_DATABASE.contains(name)).then(|| format!("crossdesk_{}", name.replace('-', "_")));
            for replica in &mut group.replicas {
                let mut environment = common_settings(dir.path());
                environment.extend(addresses.iter().cloned());
                environment.extend(settings.iter().cloned());
                replica.configure(programs, database.as_deref(), (postgres, rabbit), environment).await?;
            }
        }
        self.start_services().await
    }

    async fn start_services(&mut self) -> Result<()> {
        for group in self.services.values_mut() {
            for replica in &mut group.replicas {
                replica.start()?;
            }
        }
        self.ready().await
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

async fn migrate(programs: &Path, postgres: &Postgres, dir: &Path) -> Result<()> {
    let mut command = service::program(programs, "crossdesk");
    command.arg("migrate").env("CROSSDESK__DATABASE__URL", postgres.url("postgres"));
    command.env("CROSSDESK__DATA_DIR", dir.join("data"));
    let output = command.output().await?;
    if !output.status.success() {
        bail!("crossdesk migrate: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
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
