//! The line's tables, for Diesel, as far as statements are made with it: of a ticket, what may change.

diesel::table! {
    tickets (ticket_id) {
        ticket_id -> Int8,
        version -> Int8,
        user_id -> Nullable<Int8>,
        is_claim -> Bool,
        role_context -> Text,
        full_name -> Text,
        email -> Text,
        subject -> Text,
        category -> Text,
        message -> Text,
        status -> Text,
        line_status -> Text,
        priority -> Text,
        assignee -> Nullable<Text>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    replies (reply_id) {
        reply_id -> Uuid,
        ticket_id -> Int8,
        author -> Text,
        body -> Text,
        attachments -> Array<Text>,
        created_at -> Timestamptz,
    }
}
