//! Properties of a message, there and back, as the table in `events.md` section 2 says.

use chrono::DateTime;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use uuid::Uuid;

use crate::bus::Properties;

/// AMQP's number for "survives a restart of the broker".
const PERSISTENT: u8 = 2;

/// Longest short string of AMQP 0-9-1, in bytes.
const SHORT_STRING_LIMIT: usize = 255;

/// Whether every short string fits. A longer one would close the connection, again and again.
pub(super) fn fits(routing_key: &str, properties: &Properties) -> bool {
    let texts = [
        routing_key,
        &properties.kind,
        &properties.app_id,
        &properties.content_type,
        properties.correlation_id.as_deref().unwrap_or(""),
        properties.reply_to.as_deref().unwrap_or(""),
    ];
    let names = properties.headers.iter().map(|(name, _)| name.as_str());
    texts.into_iter().chain(names).all(|text| text.len() <= SHORT_STRING_LIMIT)
}

pub(super) fn to_amqp(properties: &Properties) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in &properties.headers {
        headers.insert(name.as_str().into(), AMQPValue::LongString(value.as_str().into()));
    }
    let mut amqp = BasicProperties::default()
        .with_content_type(properties.content_type.as_str().into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(properties.message_id.to_string().into())
        .with_type(properties.kind.as_str().into())
        .with_app_id(properties.app_id.as_str().into())
        .with_timestamp(u64::try_from(properties.timestamp.timestamp()).unwrap_or_default())
        .with_headers(headers);
    if let Some(id) = &properties.correlation_id {
        amqp = amqp.with_correlation_id(id.as_str().into());
    }
    if let Some(queue) = &properties.reply_to {
        amqp = amqp.with_reply_to(queue.as_str().into());
    }
    amqp
}

/// Foreign senders leave things out: nothing here can fail.
pub(super) fn from_amqp(amqp: &BasicProperties) -> Properties {
    let timestamp = amqp.timestamp().and_then(|seconds| i64::try_from(seconds).ok());
    let headers = amqp.headers().iter().flat_map(|table| table.inner()).filter_map(|(name, value)| {
        let AMQPValue::LongString(text) = value else { return None };
        Some((name.to_string(), String::from_utf8_lossy(text.as_bytes()).into_owned()))
    });
    Properties {
        message_id: message_id(amqp).unwrap_or_default(),
        kind: amqp.kind().as_ref().map(ToString::to_string).unwrap_or_default(),
        app_id: amqp.app_id().as_ref().map(ToString::to_string).unwrap_or_default(),
        timestamp: timestamp.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default(),
        content_type: amqp.content_type().as_ref().map(ToString::to_string).unwrap_or_default(),
        correlation_id: amqp.correlation_id().as_ref().map(ToString::to_string),
        reply_to: amqp.reply_to().as_ref().map(ToString::to_string),
        headers: headers.collect(),
    }
}

/// The id of a message that may be foreign.
pub(super) fn message_id(amqp: &BasicProperties) -> Option<Uuid> {
    Uuid::parse_str(amqp.message_id().as_ref()?.as_str()).ok()
}
