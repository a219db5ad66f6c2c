//! Verified tokens are remembered, and never longer than they count.

use std::sync::Arc;

use auth::{Refused, Verifier};
use chrono::TimeDelta;
use serde_json::json;

use crate::keys::{NOW, claims, clock, hs256, hs256_issuer, http, with};

#[tokio::test]
async fn a_verified_token_is_remembered_for_all_clones() {
    let verifier = Verifier::new(vec![hs256_issuer()], clock(), http()).unwrap();
    let token = hs256(&claims());
    assert!(verifier.verify_cached(&token).is_none());
    let caller = verifier.verify(&token).await.unwrap();
    let remembered = verifier.clone().verify_cached(&token).unwrap();
    assert!(Arc::ptr_eq(&caller, &remembered));
    assert!(verifier.verify_cached(&hs256(&with("sub", json!("another")))).is_none());
}

#[tokio::test]
async fn a_remembered_token_expires() {
    let clock = clock();
    let verifier = Verifier::new(vec![hs256_issuer()], Arc::clone(&clock) as _, http()).unwrap();
    let token = hs256(&with("exp", json!(NOW + 60)));
    verifier.verify(&token).await.unwrap();

    clock.advance(TimeDelta::seconds(89));
    assert!(verifier.verify_cached(&token).is_some(), "the leeway holds for remembered tokens, too");
    clock.advance(TimeDelta::seconds(1));
    assert!(verifier.verify_cached(&token).is_none());
    assert_eq!(verifier.verify(&token).await, Err(Refused::Token));
}
