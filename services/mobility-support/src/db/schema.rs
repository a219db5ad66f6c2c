//! The line's tables, for Diesel. The generated columns are left out: they are for the list's statement only.

diesel::table! {
    tickets (ticket_key) {
        ticket_key -> Uuid,
        version -> Int8,
        provider -> Text,
        ticket_id -> Text,
        status -> Text,
        line_status -> Text,
        priority -> Text,
        sequence -> Int2,
        content -> Json,
        sent_priority -> Nullable<Text>,
        sent_comment -> Nullable<Text>,
        description -> Nullable<Text>,
        assignee -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    executions (ticket_key, fingerprint) {
        ticket_key -> Uuid,
        fingerprint -> Bytea,
    }
}

diesel::table! {
    messages (message_id) {
        message_id -> Uuid,
        ticket_key -> Uuid,
        author -> Text,
        body -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    provider_deliveries (ticket_key, version) {
        ticket_key -> Uuid,
        version -> Int8,
        provider -> Text,
        ticket_id -> Text,
        line_status -> Text,
        context -> Json,
    }
}
