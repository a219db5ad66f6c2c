//! The house that the canaries fly through: every service there is, with traces sent to a collector.

use std::sync::Arc;

use attachments::Attachments;
use chassis::Service as _;
use desk::Desk;
use gateway::Gateway;
use helpdesk_conversation::HelpdeskConversation;
use loan_support::LoanSupport;
use mas_gateway::MasGateway;
use mas_gateway::bridge::MasBridge;
use mas_gateway::simulator::MasSimulator;
use messaging::bus::{Bus as _, Message};
use messaging::topology::{Exchange, Queue};
use mobility_support::MobilitySupport;
use security::house::{gateway_to, trusting};
use testkit::{Builder, TestApp, collector};
use tour_tickets::TourTickets;

/// Every line behind the gateway, the desk, and MAS.
pub(crate) struct House {
    pub(crate) gate: TestApp,
    pub(crate) lines: Vec<(&'static str, TestApp)>,
    pub(crate) desk: TestApp,
    /// They run as long as the house stands.
    _mas: [TestApp; 2],
}

impl House {
    pub(crate) async fn start() -> Self {
        let tours = traced().start::<TourTickets>().await;
        let files = traced().address(TourTickets::NAME, &tours.url).start::<Attachments>().await;
        let mas_gateway = traced().start::<MasGateway>().await;
        let mas = mas(&mas_gateway).await;
        let lines = vec![
            (LoanSupport::NAME, traced().start::<LoanSupport>().await),
            (MobilitySupport::NAME, traced().start::<MobilitySupport>().await),
            (HelpdeskConversation::NAME, traced().start::<HelpdeskConversation>().await),
            (MasGateway::NAME, mas_gateway),
            (TourTickets::NAME, tours),
            (Attachments::NAME, files),
        ];
        let mut builder = traced();
        for (name, app) in &lines {
            builder = builder.address(name, &app.url);
        }
        let desk = builder.start::<Desk>().await;
        let mut addresses: Vec<(&str, &str)> = lines.iter().map(|(name, app)| (*name, app.url.as_str())).collect();
        addresses.push((Desk::NAME, &desk.url));
        let gate = gateway_to(&addresses).await;
        Self { gate, lines, desk, _mas: mas }
    }

    pub(crate) fn line(&self, name: &str) -> &TestApp {
        &self.lines.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// Everything that runs here.
    pub(crate) fn services(&self) -> Vec<&'static str> {
        let others = [Gateway::NAME, Desk::NAME, MasBridge::NAME, MasSimulator::NAME];
        self.lines.iter().map(|(name, _)| *name).chain(others).collect()
    }
}

/// A service that sends its spans.
fn traced() -> Builder {
    trusting().setting("CROSSDESK__TELEMETRY__OTLP_ENDPOINT", &collector::url())
}

/// The bridge and what plays MAS, joined to the line by its two queues.
async fn mas(line: &TestApp) -> [TestApp; 2] {
    let simulator = traced().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    let bridge = traced().address(MasSimulator::NAME, &simulator.url).start::<MasBridge>().await;
    carry(Queue::MasResumeRequests, Exchange::MasCommands, line, &bridge).await;
    carry(Queue::MasResumeResults, Exchange::MasResults, &bridge, line).await;
    [bridge, simulator]
}

/// Takes messages from one service's bus to another's, as the broker does between processes.
async fn carry(queue: Queue, exchange: Exchange, from: &TestApp, to: &TestApp) {
    let mut sent = from.bus.subscribe(queue, 10).await.unwrap();
    let to = Arc::clone(&to.bus);
    tokio::spawn(async move {
        while let Some(delivery) = sent.next().await {
            let message = Message {
                exchange,
                routing_key: delivery.routing_key().to_owned(),
                properties: delivery.properties().clone(),
                body: delivery.body().into(),
            };
            match to.publish(message).await {
                Ok(()) => delivery.ack().await,
                // Its reader is still starting.
                Err(_) => delivery.requeue().await,
            }
        }
    });
}
