//! Resume requests, from acceptance to outcome.

use model::bridge::{Bridge, Bug};
use model::{explore, refute};

const ONCE: &str = "MAS effects each request at most once";
const EVERYTHING: &str = "where no step is left every request is effected and told";

#[test]
fn each_request_is_effected_once_and_told() {
    explore("bridge", Bridge::sound()).unwrap();
}

/// The checker sees the defect, in what it does to clients.
fn is_refuted(bug: Bug, expected: &str) {
    let (property, steps) = refute(&format!("{bug:?}"), Bridge::with(bug)).unwrap();
    assert_eq!(property, expected, "{steps:?}");
}

#[test]
fn a_new_key_for_each_attempt_has_two_effects() {
    is_refuted(Bug::NewKey, ONCE);
}

#[test]
fn an_ack_before_the_row_loses_requests() {
    is_refuted(Bug::AckBeforeKeep, EVERYTHING);
}

#[test]
fn a_row_that_is_done_before_mas_was_asked_loses_requests() {
    is_refuted(Bug::DoneBeforeAsking, EVERYTHING);
}

#[test]
fn giving_up_at_the_first_failure_loses_requests() {
    is_refuted(Bug::NoRetry, EVERYTHING);
}

#[test]
fn a_claim_that_outlives_its_holder_loses_requests() {
    is_refuted(Bug::EndlessClaim, EVERYTHING);
}

#[test]
fn an_outcome_put_apart_from_the_end_is_lost() {
    is_refuted(Bug::OutcomeApart, EVERYTHING);
}

#[test]
fn a_command_marked_before_its_confirm_is_lost() {
    is_refuted(Bug::MarkBeforeConfirm, EVERYTHING);
}

#[test]
fn a_result_answered_before_it_is_written_down_is_lost() {
    is_refuted(Bug::ResultAckedFirst, EVERYTHING);
}
