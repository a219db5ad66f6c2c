//! The line's tables, for Diesel.

diesel::table! {
    users (number) {
        number -> Int4,
        subject -> Text,
        name -> Text,
        is_super -> Bool,
        is_support -> Bool,
    }
}

diesel::table! {
    tickets (id) {
        id -> Int4,
        ticket_key -> Uuid,
        version -> Int8,
        conversation_id -> Int4,
        title -> Text,
        author -> Int4,
        status -> Text,
        priority -> Text,
        assignee -> Nullable<Text>,
        opened -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    members (conversation_id, user_number) {
        conversation_id -> Int4,
        user_number -> Int4,
        first_visible -> Int4,
    }
}

diesel::table! {
    entries (conversation_id, id) {
        conversation_id -> Int4,
        id -> Int4,
        at -> Timestamptz,
        author -> Nullable<Int4>,
        body -> Nullable<Binary>,
        users -> Nullable<Array<Int4>>,
    }
}

diesel::table! {
    notifications (id) {
        id -> Int4,
        user_number -> Int4,
        at -> Timestamptz,
        author -> Int4,
        ticket -> Nullable<Int4>,
        conversation -> Nullable<Int4>,
        message -> Nullable<Int4>,
        unread -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, tickets, members, entries, notifications);
