//! The tables of this crate, for Diesel.

diesel::table! {
    idempotency_keys (scope, key) {
        scope -> Text,
        key -> Text,
        fingerprint -> Binary,
        status -> Nullable<Int2>,
        location -> Nullable<Text>,
        body -> Nullable<Binary>,
        created_at -> Timestamptz,
    }
}
