//! The services that the one-process host runs, in one list.

use anyhow::Result;
use chassis::{Config, Context, Place, Profile, Running, Service};
use diesel_migrations::EmbeddedMigrations;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use mas_gateway::MasConfig;
use mas_gateway::simulator::MasSimulator;
use messaging::topology::Queue;

/// A service that can be hosted.
#[derive(Clone, Copy)]
pub(crate) struct Hosted {
    pub(crate) name: &'static str,
    pub(crate) has_database: bool,
    /// What it reads: known before it starts, so that nothing passes it by.
    pub(crate) queues: &'static [Queue],
    pub(crate) migrations: fn() -> Vec<EmbeddedMigrations>,
    pub(crate) start: fn(&Context, Place) -> LocalBoxFuture<'_, Result<Running>>,
}

impl Hosted {
    const fn of<S: Service>() -> Self {
        Self {
            name: S::NAME,
            has_database: S::MIGRATIONS.is_some(),
            queues: &[],
            migrations: chassis::migrations::<S>,
            start: |context, place| chassis::start::<S>(context, place).boxed_local(),
        }
    }

    const fn reading(mut self, queues: &'static [Queue]) -> Self {
        self.queues = queues;
        self
    }
}

/// Where clients come in. Started first, because it is also the first to stop; readiness waits for all of them.
pub(crate) const GATEWAY: Hosted = Hosted::of::<gateway::Gateway>();

/// Everything behind it.
pub(crate) const SERVICES: &[Hosted] = &[
    Hosted::of::<mobility_support::MobilitySupport>(),
    Hosted::of::<helpdesk_conversation::HelpdeskConversation>(),
    Hosted::of::<loan_support::LoanSupport>(),
    Hosted::of::<mas_gateway::MasGateway>().reading(&[Queue::MasResumeResults]),
    Hosted::of::<mas_gateway::bridge::MasBridge>().reading(&[Queue::MasResumeRequests]),
    Hosted::of::<MasSimulator>(),
    Hosted::of::<tour_tickets::TourTickets>(),
    Hosted::of::<attachments::Attachments>().reading(&[Queue::AttachmentsTicketEvents]),
    Hosted::of::<desk::Desk>().reading(&[Queue::DeskTicketEvents]),
];

/// Those of them that this installation runs: production has a MAS, and no stand-in for it unless that is wanted.
pub(crate) fn here(config: &Config) -> Result<Vec<&'static Hosted>> {
    let plays_mas = config.profile == Profile::Local || config.section::<MasConfig>("mas")?.simulator.enabled;
    Ok(SERVICES.iter().filter(|service| plays_mas || service.name != MasSimulator::NAME).collect())
}

/// Those that have a database.
pub(crate) fn with_database(config: &Config) -> Result<Vec<&'static Hosted>> {
    let mut services = here(config)?;
    services.retain(|service| service.has_database);
    Ok(services)
}
