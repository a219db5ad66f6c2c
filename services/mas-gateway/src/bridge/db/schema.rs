//! The columns that are written by the query builder: its values take part in a statement of several parts.

diesel::table! {
    resume_requests (transaction_id) {
        transaction_id -> Int8,
        body -> Nullable<Binary>,
        state -> Text,
        claimed_until -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        last_error -> Nullable<Text>,
        settled_at -> Nullable<Timestamptz>,
    }
}
