//! Tokens, published keys and Basic credentials, through the public API only.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up shall panic")]

mod basic;
mod cache;
mod good_tokens;
mod jwks;
mod keys;
mod refusals;
