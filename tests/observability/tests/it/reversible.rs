//! Every schema change can be undone and made again, on a real database.

use chassis::Service;
use diesel::migration::{self, Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _};
use testkit::TestDatabase;

const LEFT: &str = "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace \
    AND relname NOT LIKE '\\_\\_diesel%') + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS count";

/// The changes of several crates as one list: they are undone from the newest, whoever made them.
struct All(Vec<EmbeddedMigrations>);

impl MigrationSource<Pg> for All {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn Migration<Pg>>>> {
        let each = self.0.iter().map(MigrationSource::<Pg>::migrations).collect::<migration::Result<Vec<_>>>();
        Ok(each?.into_iter().flatten().collect())
    }
}

async fn up_down_up<S: Service>() {
    let database = TestDatabase::for_service::<S>().await;
    let things = database.count(LEFT).await;
    assert!(things > 10, "{}: {things}", S::NAME);
    let conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let all = All(chassis::migrations::<S>());
    let work = move || AsyncMigrationHarness::new(conn).revert_all_migrations(all).unwrap().len();
    let undone = tokio::task::spawn_blocking(work).await.unwrap();
    assert_eq!(database.count(LEFT).await, 0, "{}: something stays behind", S::NAME);
    let again = storage::migrate::run(database.url(), chassis::migrations::<S>()).await.unwrap();
    assert_eq!(again, undone, "{}", S::NAME);
    assert_eq!(database.count(LEFT).await, things, "{}: not all came back", S::NAME);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_every_service_can_be_undone_and_made_again() {
    up_down_up::<loan_support::LoanSupport>().await;
    up_down_up::<desk::Desk>().await;
    up_down_up::<mobility_support::MobilitySupport>().await;
    up_down_up::<helpdesk_conversation::HelpdeskConversation>().await;
    up_down_up::<mas_gateway::MasGateway>().await;
    up_down_up::<mas_gateway::bridge::MasBridge>().await;
    up_down_up::<mas_gateway::simulator::MasSimulator>().await;
    up_down_up::<tour_tickets::TourTickets>().await;
    up_down_up::<attachments::Attachments>().await;
}
