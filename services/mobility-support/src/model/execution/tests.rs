//! What makes a request the same request.

use proptest::prelude::*;
use serde_json::json;

use super::*;

proptest! {
    #[test]
    fn the_order_of_members_their_nulls_and_the_sequence_do_not_make_another_request(
        names in prop::collection::btree_set("[a-z]{1,6}", 0..6), sequence in 0..10
    ) {
        let members = |order: Vec<&String>| {
            let pairs: Vec<String> = order.iter().map(|name| format!("\"{name}\":{{\"x\":1,\"y\":null}}")).collect();
            serde_json::from_str(&format!("{{{}}}", pairs.join(","))).unwrap()
        };
        let forth: Map<_, _> = members(names.iter().collect());
        let mut back: Map<_, _> = members(names.iter().rev().collect());
        for name in &names {
            back[name].as_object_mut().unwrap().remove("y");
        }
        back.insert("sequence".to_owned(), json!(sequence));
        prop_assert_eq!(fingerprint(&forth), fingerprint(&back));
    }
}

#[test]
fn other_values_are_another_request_and_other_spellings_are_not() {
    let of = |text: &str| fingerprint(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
    assert_eq!(of(r#"{"a":5}"#), of(r#"{"a":5.0}"#));
    assert_eq!(of(r#"{"a":"é"}"#), of(r#"{"a":"\u00e9","b":null}"#));
    assert_eq!(of(r#"{"a":1}"#), of(r#"{"a":1,"status":"ISSUE_REQUESTED"}"#));
    assert_eq!(of(r#"{"a":1}"#), of(r#"{"a":1,"status":null}"#));
    for (one, other) in [
        (r#"{"a":5}"#, r#"{"a":5.5}"#),
        (r#"{"a":5}"#, r#"{"a":"5"}"#),
        (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
        (r#"{"a":[[1],2]}"#, r#"{"a":[1,[2]]}"#),
        (r#"{"a":1}"#, r#"{"a":1,"status":"ISSUE_OPEN"}"#),
        (r#"{"a":{"sequence":1}}"#, r#"{"a":{"sequence":2}}"#),
        (r#"{"a":"1,"}"#, r#"{"a":"1"}"#),
        (r#"{"a":1,"b":2}"#, r#"{"a":{"b":2}}"#),
    ] {
        assert_ne!(of(one), of(other), "{one} {other}");
    }
}
