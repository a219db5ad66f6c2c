//! What the broker itself can do here: a publisher without a database, with confirms, into a queue of the same kind.

use std::time::Instant;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use futures_util::stream;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};

/// As an event travels.
const MESSAGE_BYTES: usize = 750;
/// Unconfirmed messages at once: as many as the relay has.
const IN_FLIGHT: usize = 256;
/// Messages.
const COUNT: usize = 20_000;

/// Confirmed messages per second.
pub(super) async fn publisher(url: &str) -> Result<f64> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("figures.bare".into(), durable, arguments).await?;
    let body = vec![b'x'; MESSAGE_BYTES];
    let began = Instant::now();
    let publishing = stream::iter(0..COUNT).map(|_| async {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let properties = BasicProperties::default().with_delivery_mode(2);
        let confirm = channel.basic_publish("".into(), "figures.bare".into(), options, &body, properties).await?;
        confirm.await.map(drop)
    });
    let mut publishing = publishing.buffer_unordered(IN_FLIGHT);
    while let Some(published) = publishing.next().await {
        published.context("a bare publish")?;
    }
    drop(publishing);
    let rate = COUNT as f64 / began.elapsed().as_secs_f64();
    channel.queue_delete("figures.bare".into(), QueueDeleteOptions::default()).await?;
    connection.close(200, "OK".into()).await?;
    Ok(rate)
}
