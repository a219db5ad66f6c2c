//! The service as a program that is killed at the worst moment.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use testkit::{Process, TestDatabase, amqp_url, eventually};
use tour_tickets::TourTickets;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TICKETS, draft};

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_the_attachments_service_is_told_loses_neither_the_delete_nor_its_event() {
    let attachments = MockServer::start().await;
    let slow = ResponseTemplate::new(204).set_delay(Duration::from_secs(20));
    Mock::given(method("DELETE")).respond_with(slow).mount(&attachments).await;
    let (database, secrets) = (TestDatabase::for_service::<TourTickets>().await, tempfile::tempdir().unwrap());
    let start = async |crash_points: &str| {
        let settings = BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", database.url().to_owned()),
            ("CROSSDESK__AMQP__URL", amqp_url()),
            ("CROSSDESK__SERVICES__ATTACHMENTS", attachments.uri()),
            ("FAILPOINTS", crash_points.to_owned()),
        ]);
        Process::start(env!("CARGO_BIN_EXE_tour-tickets"), secrets.path(), settings).await
    };
    let http = chassis::http_client().unwrap();

    let service = start("relay.before_publish=pause").await;
    let answer = http.post(format!("{}{TICKETS}", service.url)).json(&draft()).send().await.unwrap();
    let id = answer.json::<Value>().await.unwrap()["ticketId"].clone();
    let deleting = tokio::spawn(http.delete(format!("{}{TICKETS}/{id}", service.url)).send());
    eventually("the attachments service is asked", async || {
        attachments.received_requests().await.filter(|requests| !requests.is_empty())
    })
    .await;
    service.kill();
    assert!(deleting.await.unwrap().is_err(), "the client heard nothing");
    let deleted = "SELECT count(*) FROM ticket_events WHERE kind = 'ticket.deleted' AND published_at IS NULL";
    assert_eq!(database.count(deleted).await, 1);

    let service = start("").await;
    let answer = http.get(format!("{}{TICKETS}/{id}", service.url)).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    eventually("the event is published", async || {
        let left = database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await;
        (left == 0).then_some(())
    })
    .await;
}
