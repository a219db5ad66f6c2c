//! stub
use std::{fmt::Debug, sync::Arc};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;
use tokio_util::sync::CancellationToken;
use crate::topology::{Exchange, Queue};
pub struct Message { pub exchange: Exchange, pub routing_key: String, pub properties: Properties, pub body: Bytes }
pub struct Properties { pub message_id: Uuid, pub kind: String, pub app_id: String, pub timestamp: DateTime<Utc>, pub content_type: String, pub correlation_id: Option<String>, pub reply_to: Option<String>, pub headers: Vec<(String, String)> }
#[derive(Debug, thiserror::Error)] pub enum PublishError { #[error("x")] Unroutable }
#[derive(Debug, thiserror::Error)] pub enum SubscribeError { #[error("x")] Unroutable }
pub trait Bus: Debug + Send + Sync + 'static {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>>;
    fn subscribe(&self, queue: Queue, prefetch: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>>;
    fn is_connected(&self) -> bool;
}
pub struct Subscription; 
impl Subscription { pub async fn next(&mut self) -> Option<Delivery> { None } pub fn try_next(&mut self) -> Option<Delivery> { None } }
pub struct Delivery;
impl Delivery { pub fn body(&self)->&[u8] { &[] } pub async fn ack(self) {} pub async fn dead_letter(self) {} }
#[derive(Debug)] pub struct RabbitBus; impl RabbitBus { pub fn connect(_url: &str, _service: &str, _shutdown: CancellationToken) -> Arc<Self> { Arc::new(Self) } }
#[derive(Debug)] pub struct LocalBus; impl LocalBus { pub fn new() -> Arc<Self> { Arc::new(Self) } }
impl Bus for LocalBus { fn publish(&self, _: Message) -> BoxFuture<'_, Result<(), PublishError>> { Box::pin(async { Ok(()) }) } fn subscribe(&self, _: Queue, _: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> { Box::pin(async { Ok(Subscription) }) } fn is_connected(&self) -> bool { true } }
impl Bus for RabbitBus { fn publish(&self, _: Message) -> BoxFuture<'_, Result<(), PublishError>> { Box::pin(async { Ok(()) }) } fn subscribe(&self, _: Queue, _: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> { Box::pin(async { Ok(Subscription) }) } fn is_connected(&self) -> bool { true } }
