//! The columns that Diesel writes. A ticket has more, which never change; `insert` writes those.

diesel::table! {
    tickets (ticket_key) {
        ticket_key -> Uuid,
        version -> Int8,
        status -> Text,
        line_status -> Text,
        priority -> Text,
        assignee -> Nullable<Text>,
        outcome -> Nullable<Text>,
        outcome_detail -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
        closed_by -> Nullable<Text>,
        updated_at -> Timestamptz,
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
