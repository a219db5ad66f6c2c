//! What must hold after every scenario, checked as sets in both directions: everything acknowledged is there once, and
//! everything that is there was asked for.

mod changes;
mod deadlines;
mod effects;
mod events;
mod files;
mod owners;
mod queues;
mod removals;
mod resources;
mod rows;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio_postgres::{Client, NoTls};

use crate::stack::{Postgres, Stack};
use crate::workload;

pub use resources::Baseline;

/// How long the system may take to come to rest once the faults are over (reliability, "quiet").
const QUIET_WITHIN: Duration = Duration::from_secs(30);
/// How often rest is looked for.
const LOOK: Duration = Duration::from_millis(200);
/// Violations shown of each kind.
const SHOWN: usize = 5;

/// What was put into the system on purpose and must be found again.
#[derive(Debug, Clone, Default)]
pub struct Injected {
    /// Streams with a poisoned event: parked in the desk.
    pub poisoned_streams: BTreeSet<String>,
    /// Messages that are no envelopes: in the desk's dead-letter queue.
    pub dead_letters: u64,
}

/// What the checks found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Writes that were acknowledged and are not there.
    pub lost: Vec<String>,
    /// Things that are there more than once, or that nobody asked for.
    pub duplicated: Vec<String>,
    /// Things that are there in a wrong order, or with gaps.
    pub out_of_order: Vec<String>,
    /// Everything else that must not be.
    pub other: Vec<String>,
    /// What was compared.
    pub compared: u64,
    /// How long the system took to come to rest.
    pub recovered: Duration,
    /// What was the last to come to rest.
    pub last: String,
}

impl Verdict {
    /// Whether everything holds.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.duplicated.is_empty() && self.out_of_order.is_empty() && self.other.is_empty()
    }

    /// The first violations of each kind.
    #[must_use]
    pub fn examples(&self) -> Vec<String> {
        let kinds = [
            ("lost", &self.lost),
            ("duplicated", &self.duplicated),
            ("out of order", &self.out_of_order),
            ("other", &self.other),
        ];
        let shown = |(kind, all): (&str, &Vec<String>)| -> Vec<String> {
            all.iter().take(SHOWN).map(|what| format!("{kind}: {what}")).collect()
        };
        kinds.into_iter().flat_map(shown).collect()
    }
}

/// Waits for rest and checks everything. The baseline is taken the first time.
pub async fn check(
    stack: &Stack,
    client: &workload::Client,
    injected: &Injected,
    baseline: &mut Baseline,
) -> Result<Verdict> {
    let rest = rest(stack, injected, QUIET_WITHIN).await;
    let mut verdict = Verdict { recovered: rest.after, last: rest.last, ..Verdict::default() };
    verdict.other.extend(rest.trouble.map(|what| format!("not at rest after {QUIET_WITHIN:?}: {what}")));
    verdict.other.extend(client.violations());
    rows::check(stack, &client.history, &mut verdict).await?;
    changes::check(stack, &client.history, &mut verdict).await?;
    events::check(stack, injected, &mut verdict).await?;
    effects::check(stack, &client.history, &mut verdict).await?;
    owners::check(stack, &mut verdict).await?;
    removals::check(stack, &mut verdict).await?;
    files::check(stack, &client.history, &mut verdict).await?;
    queues::check(stack, injected, &mut verdict).await?;
    deadlines::check(&client.history, &mut verdict);
    resources::check(stack, baseline, &mut verdict);
    Ok(verdict)
}

/// How the system came to rest.
pub(crate) struct Rest {
    /// Why it did not.
    pub(crate) trouble: Option<String>,
    after: Duration,
    /// What was the last to come to rest.
    last: String,
}

/// Waits until the system is at rest, at most so long.
pub(crate) async fn rest(stack: &Stack, injected: &Injected, within: Duration) -> Rest {
    let began = Instant::now();
    let mut last = String::new();
    // What one look finds at rest may be set going by what the next one finds; so all of it must be at rest twice.
    let mut quiet_looks = 0;
    let trouble = loop {
        let trouble = match unrest(stack, injected).await {
            Ok(None) if quiet_looks > 0 => break None,
            Ok(None) => {
                quiet_looks += 1;
                tokio::time::sleep(LOOK).await;
                continue;
            }
            Ok(Some(what)) => what,
            Err(error) => format!("{error:#}"),
        };
        quiet_looks = 0;
        if began.elapsed() > within {
            break Some(trouble);
        }
        last = trouble;
        tokio::time::sleep(LOOK).await;
    };
    Rest { trouble, after: began.elapsed(), last }
}

/// Why the system is not at rest yet, if it is not.
async fn unrest(stack: &Stack, injected: &Injected) -> Result<Option<String>> {
    if let Some(what) = events::unrest(stack, injected).await? {
        return Ok(Some(what));
    }
    if let Some(what) = effects::unrest(stack).await? {
        return Ok(Some(what));
    }
    queues::unrest(stack, injected).await
}

/// The services with an event log of tickets, and their databases.
pub(crate) const OWNERS: [(&str, &str); 6] = [
    ("mobility-support", "crossdesk_mobility_support"),
    ("helpdesk-conversation", "crossdesk_helpdesk_conversation"),
    ("loan-support", "crossdesk_loan_support"),
    ("mas-gateway", "crossdesk_mas_gateway"),
    ("tour-tickets", "crossdesk_tour_tickets"),
    ("attachments", "crossdesk_attachments"),
];

/// The desk's database.
pub(crate) const DESK: &str = "crossdesk_desk";

/// A connection past every proxy.
pub(crate) async fn connect(postgres: &Postgres, database: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(&postgres.url(database), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
