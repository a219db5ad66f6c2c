//! The table of tickets, for Diesel.

diesel::table! {
    tickets (ticket_key) {
        ticket_key -> Uuid,
        line -> Text,
        ticket_id -> Text,
        version -> Int8,
        status -> Text,
        line_status -> Nullable<Text>,
        priority -> Text,
        requester -> Nullable<Text>,
        assignee -> Nullable<Text>,
        category -> Nullable<Text>,
        source -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}
