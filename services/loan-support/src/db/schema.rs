//! The line's tables, for Diesel.

diesel::table! {
    tickets (ticket_key) {
        ticket_key -> Uuid,
        version -> Int8,
        user_id -> Text,
        subject -> Text,
        description -> Text,
        category_id -> Text,
        status -> Text,
        line_status -> Text,
        priority -> Text,
        line_priority -> Text,
        assigned_agent -> Nullable<Text>,
        attachments -> Array<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        resolution -> Nullable<Text>,
    }
}

diesel::table! {
    messages (message_id) {
        message_id -> Uuid,
        ticket_key -> Uuid,
        sender -> Text,
        content -> Text,
        attachments -> Array<Text>,
        created_at -> Timestamptz,
    }
}
