//! The tables, for Diesel.

diesel::table! {
    attachment_streams (ticket_key) {
        ticket_key -> Uuid,
        ticket_id -> Int8,
        version -> Int8,
        deleted -> Bool,
    }
}

diesel::table! {
    attachments (attachment_id) {
        attachment_id -> Int8,
        ticket_id -> Int8,
        file_url -> Text,
        file_name -> Text,
        mime_type -> Nullable<Text>,
        file_size_bytes -> Nullable<Int8>,
        uploaded_at -> Timestamptz,
        file_id -> Nullable<Uuid>,
    }
}
