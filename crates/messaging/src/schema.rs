//! The tables of this crate, for Diesel.

diesel::table! {
    ticket_events (stream, version) {
        stream -> Text,
        version -> Int8,
        event_id -> Uuid,
        kind -> Text,
        data -> Jsonb,
        traceparent -> Text,
        occurred_at -> Timestamptz,
        published_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    applied_streams (stream) {
        stream -> Text,
        version -> Int8,
    }
}

diesel::table! {
    parked_events (stream, version) {
        stream -> Text,
        version -> Int8,
        envelope -> Binary,
        reason -> Text,
        attempts -> Int4,
        parked_at -> Timestamptz,
        retry_at -> Timestamptz,
    }
}

diesel::table! {
    outgoing_messages (message_id) {
        message_id -> Uuid,
        exchange -> Text,
        routing_key -> Text,
        kind -> Text,
        content_type -> Text,
        correlation_id -> Nullable<Text>,
        reply_to -> Nullable<Text>,
        headers -> Jsonb,
        sent_at -> Timestamptz,
        body -> Nullable<Binary>,
        published_at -> Nullable<Timestamptz>,
    }
}
