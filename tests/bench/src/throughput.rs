//! One operation through the gateway against its SQL in pgbench, taking turns.

use std::net::SocketAddr;
use std::time::Duration;

use crate::crossdesk::Running;
use crate::footprint::quiet;
use crate::load::{self, Achieved};
use crate::pgbench::{Pgbench, Script};
use crate::requests::Requests;

/// Turns of each side; the machine may drift, the turns drift with it.
pub(crate) const TURNS: u32 = 2;
/// Not counted, on either side: connections, prepared statements and caches fill.
const WARM_UP: Duration = Duration::from_secs(2);

/// Makes the requests of a connection; both numbers count from zero.
pub(crate) type MakeRequests<'a> = &'a dyn Fn(Place) -> Box<dyn Requests + Send>;

/// Which turn and which connection requests are for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Number of the turn.
    pub(crate) turn: u32,
    /// Number of the connection.
    pub(crate) connection: usize,
}

/// What both sides achieved.
pub(crate) struct Compared {
    /// Transactions per second of pgbench.
    pub(crate) pgbench: f64,
    /// Requests per second through the gateway.
    pub(crate) crossdesk: f64,
    /// Median and 99th percentile of the latency through the gateway, in milliseconds.
    pub(crate) latency_ms: [f64; 2],
}

impl Compared {
    /// How much of pgbench's rate is left.
    pub(crate) fn ratio(&self) -> f64 {
        self.crossdesk / self.pgbench
    }
}

/// Both sides of the comparison.
pub(crate) struct Sides<'a> {
    /// One side.
    pub(crate) pgbench: &'a Pgbench,
    /// The other side.
    pub(crate) crossdesk: &'a Running,
    /// Where the other side listens.
    pub(crate) address: SocketAddr,
    /// Measured time of one turn.
    pub(crate) turn: Duration,
}

impl Sides<'_> {
    /// Measures an operation on both sides.
    pub(crate) async fn compare(&self, script: &Script<'_>, make: MakeRequests<'_>) -> anyhow::Result<Compared> {
        let (mut pgbench, mut achieved) = (0.0, Achieved::default());
        for turn in 0..TURNS {
            pgbench += self.sql(script).await? / f64::from(TURNS);
            quiet(self.crossdesk).await?;
            let requests = (0..self.pgbench.clients).map(|connection| make(Place { turn, connection })).collect();
            achieved.add(load::run(self.address, requests, WARM_UP, self.turn).await?);
        }
        let latency_ms = achieved.percentiles_ms([0.5, 0.99]);
        Ok(Compared { pgbench, crossdesk: achieved.rate(), latency_ms })
    }

    /// One turn of pgbench.
    pub(crate) async fn sql(&self, script: &Script<'_>) -> anyhow::Result<f64> {
        quiet(self.crossdesk).await?;
        self.pgbench.run(script, WARM_UP).await?;
        quiet(self.crossdesk).await?;
        self.pgbench.run(script, self.turn).await
    }
}
