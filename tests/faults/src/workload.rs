//! Clients of every line, as many as wanted, each with a seeded course of its own. A client writes down what it is about
//! to do, does it, and repeats what it got no answer to, with the same key, as a good client does.

mod client;
mod helpdesk;
mod loan;
mod mas;
mod mobility;
mod tours;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use client::{Client, DEADLINE, Identity, Write};

/// How a workload is made up.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What all randomness comes from.
    pub seed: u64,
    /// Clients at once.
    pub clients: u64,
    /// The lines they use; each client picks one for each story.
    pub lines: Vec<Line>,
}

/// A line of business, as its clients tell stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Opens, answers, closes.
    Loan,
    /// Opens, adds information, withdraws.
    Mobility,
    /// Opens, writes.
    Helpdesk,
    /// Asks for resumption.
    Mas,
    /// Opens, changes, attaches, removes.
    Tours,
}

impl Line {
    /// Every line.
    pub const ALL: [Self; 5] = [Self::Loan, Self::Mobility, Self::Helpdesk, Self::Mas, Self::Tours];
}

/// A workload that runs.
pub struct Workload {
    stop: CancellationToken,
    tasks: JoinSet<()>,
    stories: Arc<AtomicU64>,
}

impl Workload {
    /// Starts the clients.
    #[must_use]
    pub fn start(client: &Client, plan: &Plan) -> Self {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stories = Arc::new(AtomicU64::new(0));
        for number in 0..plan.clients {
            let (client, stop, stories) = (client.clone(), stop.clone(), Arc::clone(&stories));
            let mut random = SmallRng::seed_from_u64(plan.seed.wrapping_mul(1_000_003).wrapping_add(number));
            let (lines, seed) = (plan.lines.clone(), plan.seed);
            tasks.spawn(async move {
                let mut told = 0;
                while !stop.is_cancelled() {
                    let line = lines[random.random_range(0..lines.len())];
                    let story = Story { client: client.clone(), name: format!("s{seed:x}c{number}n{told}") };
                    story.tell(line, &mut random).await;
                    told += 1;
                    stories.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { stop, tasks, stories }
    }

    /// Stories told so far.
    #[must_use]
    pub fn stories(&self) -> u64 {
        self.stories.load(Ordering::Relaxed)
    }

    /// Lets every client finish what it is at.
    pub async fn finish(self) {
        self.stop.cancel();
        self.tasks.join_all().await;
    }
}

/// One ticket's life, told by its clients.
struct Story {
    client: Client,
    /// Unique in the lab; every marker of the story begins with it.
    name: String,
}

impl Story {
    async fn tell(&self, line: Line, random: &mut SmallRng) {
        match line {
            Line::Loan => loan::tell(self, random).await,
            Line::Mobility => mobility::tell(self, random).await,
            Line::Helpdesk => helpdesk::tell(self, random).await,
            Line::Mas => mas::tell(self, random).await,
            Line::Tours => tours::tell(self, random).await,
        }
    }

    fn marker(&self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }
}
