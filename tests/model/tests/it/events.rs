//! Relay, broker and gate.

use model::events::{Bug, Events};
use model::{explore, refute};

const ORDER: &str = "versions take effect in order, each once";
const NO_EFFECT_WITHOUT_COMMIT: &str = "no effect without a commit";
const EVERYTHING: &str = "where no step is left everything has taken effect";

#[test]
fn one_stream_of_three_events_holds() {
    explore("one stream", Events::one_stream(None)).unwrap();
}

#[test]
fn two_streams_of_two_events_and_one_hold() {
    explore("two streams", Events::two_streams(None)).unwrap();
}

#[test]
fn the_lease_saves_work_and_nothing_rests_on_it() {
    explore("no lease", Events::one_stream(Some(Bug::NoLease))).unwrap();
}

/// The checker sees the defect, in what it does to clients.
fn is_refuted(bug: Bug, expected: &str) {
    // Most defects show in one stream; a cursor needs commits that come in another order than their ids.
    let model = if bug == Bug::CursorPolling { Events::two_streams } else { Events::one_stream };
    let (property, steps) = refute(&format!("{bug:?}"), model(Some(bug))).unwrap();
    assert_eq!(property, expected, "{steps:?}");
}

#[test]
fn without_a_gate_duplicates_take_effect() {
    is_refuted(Bug::NoGate, ORDER);
}

#[test]
fn a_gate_that_lets_newer_ones_pass_breaks_the_order() {
    is_refuted(Bug::AnyNewerPasses, ORDER);
}

#[test]
fn an_ack_before_the_commit_loses_events() {
    is_refuted(Bug::AckBeforeCommit, EVERYTHING);
}

#[test]
fn an_ack_after_a_failure_loses_events() {
    is_refuted(Bug::FailureIsAcked, EVERYTHING);
}

#[test]
fn effect_and_gate_in_two_transactions_take_effect_twice() {
    is_refuted(Bug::EffectAndGateApart, ORDER);
}

#[test]
fn gaps_that_are_skipped_lose_events() {
    is_refuted(Bug::GapIsDropped, EVERYTHING);
}

#[test]
fn parked_events_that_are_released_too_early_are_lost() {
    is_refuted(Bug::ParkedIsReleased, EVERYTHING);
}

#[test]
fn a_mark_before_the_confirm_loses_events() {
    is_refuted(Bug::MarkBeforeConfirm, EVERYTHING);
}

#[test]
fn publishing_without_confirms_loses_events() {
    is_refuted(Bug::NoConfirm, EVERYTHING);
}

#[test]
fn a_cursor_skips_what_commits_late() {
    is_refuted(Bug::CursorPolling, EVERYTHING);
}

#[test]
fn publishing_before_the_commit_shows_what_never_was() {
    is_refuted(Bug::PublishBeforeCommit, NO_EFFECT_WITHOUT_COMMIT);
}
