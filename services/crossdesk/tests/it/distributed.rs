//! Each service a process of its own, with RabbitMQ between them.

use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use domain::Envelope;
use futures_util::StreamExt as _;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, Consumer};
use testkit::{TestDatabase, amqp_url};

use crate::program::command;
use crate::story::Instance;
use crate::{examples, live};

/// Processes that are killed at the end of the test.
struct Processes(Vec<Child>);

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Somebody else's queue, bound to every event of the loan line.
async fn reader(prefix: &str) -> Consumer {
    // Readiness does not wait for the broker, so the exchange may not be declared yet.
    testkit::eventually("the exchange is declared", async || bind(prefix).await.ok()).await
}

async fn bind(prefix: &str) -> lapin::Result<Consumer> {
    let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let exclusive = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
    let name = format!("test-{}", free_port());
    channel.queue_declare(name.as_str().into(), exclusive, FieldTable::default()).await?;
    channel
        .queue_bind(
            name.as_str().into(),
            format!("{prefix}ticket.events").as_str().into(),
            "loan.ticket.#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    let consumer = channel
        .basic_consume(name.as_str().into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    // The test owns the process; the connection may live as long as that.
    std::mem::forget((connection, channel));
    Ok(consumer)
}

/// The routing keys and events of a ticket, as many as asked for.
async fn events_of(ticket: &str, count: usize, consumer: &mut Consumer) -> Vec<(String, Envelope)> {
    let mut found = Vec::new();
    while found.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(20), consumer.next()).await;
        let delivery = next.expect("an event comes").unwrap().unwrap();
        delivery.ack(BasicAckOptions::default()).await.unwrap();
        let event: Envelope = serde_json::from_slice(&delivery.data).unwrap();
        if event.data.ticket_id == ticket {
            assert_eq!(
                delivery.properties.content_type().as_ref().map(|kind| kind.as_str()),
                Some("application/cloudevents+json; charset=utf-8")
            );
            assert_eq!(
                delivery.properties.message_id().as_ref().map(|id| id.as_str().to_owned()),
                Some(event.id.to_string())
            );
            assert_eq!(delivery.properties.delivery_mode(), &Some(2));
            found.push((delivery.routing_key.to_string(), event));
        }
    }
    found
}

/// Each service, and how its database is made.
async fn databases() -> Vec<(&'static str, Option<TestDatabase>)> {
    vec![
        ("mobility-support", Some(TestDatabase::for_service::<mobility_support::MobilitySupport>().await)),
        (
            "helpdesk-conversation",
            Some(TestDatabase::for_service::<helpdesk_conversation::HelpdeskConversation>().await),
        ),
        ("loan-support", Some(TestDatabase::for_service::<loan_support::LoanSupport>().await)),
        ("mas-gateway", Some(TestDatabase::for_service::<mas_gateway::MasGateway>().await)),
        ("mas-bridge", Some(TestDatabase::for_service::<mas_gateway::bridge::MasBridge>().await)),
        ("mas-simulator", Some(TestDatabase::for_service::<mas_gateway::simulator::MasSimulator>().await)),
        ("tour-tickets", Some(TestDatabase::for_service::<tour_tickets::TourTickets>().await)),
        ("attachments", Some(TestDatabase::for_service::<attachments::Attachments>().await)),
        ("desk", Some(TestDatabase::for_service::<desk::Desk>().await)),
        ("gateway", None),
    ]
}

/// Starts every service as a process of its own and gives the gateway's origin.
async fn start_all(
    folder: &Path,
    prefix: &str,
    databases: &[(&'static str, Option<TestDatabase>)],
) -> (Processes, String) {
    let ports: Vec<u16> = databases.iter().map(|_| free_port()).collect();
    let addresses: Vec<(String, String)> = databases
        .iter()
        .zip(&ports)
        .map(|((name, _), port)| {
            let variable = format!("CROSSDESK__SERVICES__{}", name.replace('-', "_").to_uppercase());
            (variable, format!("http://127.0.0.1:{port}"))
        })
        .collect();
    let mut processes = Processes(Vec::new());
    for ((name, database), port) in databases.iter().zip(&ports) {
        let settings = [
            ("CROSSDESK__PROFILE", "local".to_owned()),
            ("CROSSDESK__DATA_DIR", folder.display().to_string()),
            ("CROSSDESK__HTTP__PORT", port.to_string()),
            ("CROSSDESK__HTTP__WORKERS", "1".to_owned()),
            ("CROSSDESK__DATABASE__URL", database.as_ref().map_or_else(String::new, |found| found.url().to_owned())),
            ("CROSSDESK__AMQP__URL", amqp_url()),
            ("CROSSDESK__AMQP__PREFIX", prefix.to_owned()),
            ("CROSSDESK__LOG__FILTER", "warn".to_owned()),
        ];
        processes.0.push(command(name, &settings).envs(addresses.clone()).arg("serve").spawn().unwrap());
    }
    let http = chassis::http_client().unwrap();
    for port in &ports {
        let ready = format!("http://127.0.0.1:{port}/readyz");
        testkit::eventually("a service is ready", async || {
            http.get(&ready).send().await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
    }
    let front = ports.last().copied().unwrap_or_default();
    (processes, format!("http://127.0.0.1:{front}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_every_line_live_over_separate_processes_and_rabbitmq_sees_each_change() {
    let databases = databases().await;
    let folder = tempfile::tempdir().unwrap();
    // Queues of its own: other tests leave messages on the broker.
    let prefix = format!("distributed-{}.", free_port());
    let (_processes, url) = start_all(folder.path(), &prefix, &databases).await;
    let mut consumer = reader(&prefix).await;
    let instance = Instance::new(&url, folder.path());
    let played = (url.clone(), folder.path().to_owned());
    tokio::task::spawn_blocking(move || examples::play_all(&played.0, &played.1)).await.unwrap();
    let slowest = instance.desk_shows_every_line().await;
    assert!(slowest < Duration::from_secs(1), "the desk took {slowest:?}");
    live::converse(&instance).await;
    let id = instance.live_a_ticket().await;
    let events = events_of(&id, 5, &mut consumer).await;
    let keys: Vec<&str> = events.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "loan.ticket.opened",
            "loan.ticket.message_added",
            "loan.ticket.assigned",
            "loan.ticket.status_changed",
            "loan.ticket.closed"
        ]
    );
    assert!(events.iter().enumerate().all(|(index, (_, event))| event.data.version == index as i64 + 1));
    instance.desk_follows(&id).await;
    instance.mas_completes("104127993008").await;
}
