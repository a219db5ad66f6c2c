//! What every scenario works with: the system under test, its clients, and the tally.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use chassis::secrets;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use crate::checks::{self, Baseline, Injected, Verdict};
use crate::history::History;
use crate::stack::{Release, Stack};
use crate::workload::{Client, Line, Plan, Workload};

/// What was done to the system so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Processes killed with SIGKILL.
    pub kills: usize,
    /// Connections cut.
    pub cuts: usize,
    /// Processes stopped with SIGSTOP.
    pub stalls: usize,
}

/// The system under test and everything around it.
pub struct Lab {
    /// The system.
    pub stack: Stack,
    /// Its clients.
    pub client: Client,
    /// What all randomness comes from.
    pub seed: u64,
    /// The course of the faults.
    pub random: SmallRng,
    /// What was done.
    pub tally: Tally,
    /// What was put in on purpose.
    pub injected: Injected,
    /// What the processes held after the first scenario.
    baseline: Baseline,
    /// Workloads started so far: each has markers of its own.
    plans: u64,
}

impl Lab {
    /// Starts the system.
    pub async fn start(programs: &Path, replicas: usize, seed: u64, settings: &[(String, String)]) -> Result<Self> {
        let stack = Stack::start(Release::own(programs), replicas, settings).await?;
        match client_of(&stack) {
            Ok(client) => Ok(Self::with(stack, client, seed)),
            Err(error) => {
                stack.stop(false).await?;
                Err(error)
            }
        }
    }

    /// Around a system that runs.
    pub fn around(stack: Stack, seed: u64) -> Result<Self> {
        let client = client_of(&stack)?;
        Ok(Self::with(stack, client, seed))
    }

    fn with(stack: Stack, client: Client, seed: u64) -> Self {
        Self {
            stack,
            client,
            seed,
            random: SmallRng::seed_from_u64(seed),
            tally: Tally::default(),
            injected: Injected::default(),
            baseline: Baseline::default(),
            plans: 0,
        }
    }

    /// Starts a workload over these lines.
    pub fn workload(&mut self, clients: u64, lines: &[Line]) -> Workload {
        self.workload_of(&self.client.clone(), clients, lines)
    }

    /// The same with another client, for example one that sends everything several times.
    pub fn workload_of(&mut self, client: &Client, clients: u64, lines: &[Line]) -> Workload {
        self.plans += 1;
        let seed = self.seed.wrapping_mul(1_000).wrapping_add(self.plans);
        Workload::start(client, &Plan { seed, clients, lines: lines.to_vec() })
    }

    /// Heals everything and checks every invariant.
    pub async fn check(&mut self) -> Result<Verdict> {
        self.heal().await?;
        checks::check(&self.stack, &self.client, &self.injected, &mut self.baseline).await
    }

    /// Clear weather, and every process up.
    pub async fn heal(&mut self) -> Result<()> {
        for proxy in self.stack.proxies() {
            proxy.cut_after(0);
            proxy.set(crate::proxy::Weather::Clear);
        }
        for group in self.stack.services.values_mut() {
            for replica in &mut group.replicas {
                if !replica.is_running() {
                    replica.start()?;
                }
            }
        }
        self.stack.ready().await
    }
}

fn client_of(stack: &Stack) -> Result<Client> {
    let minter = secrets::local_minter(&stack.dir.path().join("data"))?;
    Client::new(stack.origin(), minter, Arc::new(History::default()))
}

/// Calls `fault` again and again until the time is up, with a rest between.
pub async fn for_a_while(time: Duration, rest: Duration, mut fault: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        fault().await?;
        tokio::time::sleep(rest).await;
    }
    Ok(())
}
