//! A corner of the broker for one test, cleaned up after it: quorum queues cost memory.

use std::thread;

use domain::{Clock as _, SystemClock};
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Connection, ConnectionProperties};
use messaging::topology::{Exchange, Queue, UNROUTED_QUEUE};

pub(crate) struct Corner {
    pub(crate) url: String,
    pub(crate) prefix: String,
}

impl Corner {
    pub(crate) fn new() -> Self {
        Self { url: testkit::amqp_url(), prefix: format!("observability-{}-", SystemClock.new_id().simple()) }
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        let (url, prefix) = (self.url.clone(), self.prefix.clone());
        // On a thread of its own: dropping happens inside the test's runtime, which must not block.
        let cleaning = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(clean(&url, &prefix))
        });
        let _whoever_failed_has_a_test_to_look_at = cleaning.join();
    }
}

async fn clean(url: &str, prefix: &str) -> lapin::Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queues = Queue::ALL.into_iter().flat_map(|queue| [queue.name().to_owned(), format!("{}.dlq", queue.name())]);
    for queue in queues.chain([UNROUTED_QUEUE.to_owned()]) {
        channel.queue_delete(format!("{prefix}{queue}").as_str().into(), QueueDeleteOptions::default()).await?;
    }
    let (commands, results) = (Exchange::MasCommands, Exchange::MasResults);
    for exchange in [Exchange::TicketEvents, Exchange::TicketUnrouted, Exchange::TicketDlx, commands, results] {
        let name = format!("{prefix}{}", exchange.name());
        channel.exchange_delete(name.as_str().into(), ExchangeDeleteOptions::default()).await?;
    }
    Ok(())
}
