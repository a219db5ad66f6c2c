//! The breaker's rules one by one, and over random lives.

use proptest::prelude::*;

use super::*;

const SETTINGS: Settings =
    Settings { failures: 5, pause: Duration::from_secs(1), longest_pause: Duration::from_secs(60) };

fn start() -> (Breaker, Instant) {
    (Breaker::new(SETTINGS), Instant::now())
}

fn fail_times(breaker: &mut Breaker, times: u32, now: Instant) {
    for _ in 0..times {
        let (admitted, era) = breaker.admit(1, now);
        assert_eq!(admitted, 1);
        breaker.failed(era, now, 1.0);
    }
}

#[test]
fn a_closed_breaker_lets_everything_through() {
    let (mut breaker, now) = start();
    assert_eq!(breaker.admit(16, now).0, 16);
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn five_failures_in_a_row_open_it_and_four_do_not() {
    let (mut breaker, now) = start();
    fail_times(&mut breaker, 4, now);
    assert_eq!(breaker.phase(), Phase::Closed);
    fail_times(&mut breaker, 1, now);
    assert_eq!((breaker.phase(), breaker.admit(16, now).0), (Phase::Open, 0));
}

#[test]
fn a_success_between_failures_starts_the_count_again() {
    let (mut breaker, now) = start();
    for _ in 0..10 {
        fail_times(&mut breaker, 4, now);
        let (_, era) = breaker.admit(1, now);
        breaker.succeeded(era);
    }
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn after_the_pause_one_probe_goes_and_its_success_closes() {
    let (mut breaker, now) = start();
    fail_times(&mut breaker, 5, now);
    assert_eq!(breaker.admit(16, now + Duration::from_millis(999)).0, 0, "the pause is not over");
    let (admitted, era) = breaker.admit(16, now + Duration::from_secs(1));
    assert_eq!((admitted, breaker.phase()), (1, Phase::HalfOpen));
    assert_eq!(breaker.admit(16, now + Duration::from_secs(9)).0, 0, "one probe at a time");
    breaker.succeeded(era);
    assert_eq!((breaker.phase(), breaker.admit(16, now).0), (Phase::Closed, 16));
}

#[test]
fn each_failed_probe_doubles_the_pause_up_to_the_longest() {
    let (mut breaker, mut now) = start();
    fail_times(&mut breaker, 5, now);
    let mut pauses = Vec::new();
    for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(breaker.admit(1, now + Duration::from_secs(expected) - Duration::from_millis(1)).0, 0);
        now += Duration::from_secs(expected);
        let (admitted, era) = breaker.admit(1, now);
        assert_eq!(admitted, 1, "after {expected} s");
        breaker.failed(era, now, 1.0);
        pauses.push(expected);
    }
    assert_eq!(pauses.len(), 8);
}

#[test]
fn the_pause_is_jittered_from_half_of_it() {
    let (mut breaker, now) = start();
    for _ in 0..5 {
        let (_, era) = breaker.admit(1, now);
        breaker.failed(era, now, 0.0);
    }
    assert_eq!(breaker.admit(1, now + Duration::from_millis(499)).0, 0);
    assert_eq!(breaker.admit(1, now + Duration::from_millis(500)).0, 1);
}

#[test]
fn a_probe_without_a_request_is_given_again() {
    let (mut breaker, now) = start();
    fail_times(&mut breaker, 5, now);
    let later = now + Duration::from_secs(2);
    let (_, era) = breaker.admit(1, later);
    breaker.unused(era);
    assert_eq!(breaker.admit(1, later).0, 1);
}

#[test]
fn results_of_an_earlier_era_change_nothing() {
    let (mut breaker, now) = start();
    let (_, old) = breaker.admit(16, now);
    fail_times(&mut breaker, 5, now);
    breaker.succeeded(old);
    assert_eq!(breaker.phase(), Phase::Open, "a late success of before");
    let later = now + Duration::from_secs(1);
    let (_, probe) = breaker.admit(1, later);
    breaker.failed(old, later, 1.0);
    breaker.unused(old);
    assert_eq!((breaker.phase(), breaker.admit(1, later).0), (Phase::HalfOpen, 0), "the probe is still on its way");
    breaker.succeeded(probe);
    breaker.failed(old, later, 1.0);
    assert_eq!(breaker.phase(), Phase::Closed);
}

/// What may happen to a breaker. Ends take the oldest request on its way.
#[derive(Debug, Clone, Copy)]
enum Step {
    Admit(usize),
    Wait(u64),
    Succeed,
    Fail,
    Unused,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..20_usize).prop_map(Step::Admit),
        (0..5_000_u64).prop_map(Step::Wait),
        Just(Step::Succeed),
        Just(Step::Fail),
        Just(Step::Fail),
        Just(Step::Unused),
    ];
    prop::collection::vec(step, 0..200)
}

proptest! {
    #[test]
    fn whatever_happens_a_half_open_breaker_has_one_probe_and_an_open_one_lets_nothing_through(
        steps in steps(), dice in 0.0..1.0_f64,
    ) {
        let (mut breaker, mut now) = start();
        let mut on_their_way = Vec::new();
        let mut opened_at = None;
        for step in steps {
            let before = breaker.phase();
            match step {
                Step::Admit(wanted) => {
                    let (admitted, era) = breaker.admit(wanted, now);
                    prop_assert!(admitted <= wanted);
                    if breaker.phase() != Phase::Closed {
                        prop_assert!(admitted <= 1);
                    }
                    on_their_way.extend(std::iter::repeat_n(era, admitted));
                }
                Step::Wait(ms) => now += Duration::from_millis(ms),
                Step::Succeed => if let Some(era) = on_their_way.pop() { breaker.succeeded(era) },
                Step::Fail => if let Some(era) = on_their_way.pop() { breaker.failed(era, now, dice) },
                Step::Unused => if let Some(era) = on_their_way.pop() { breaker.unused(era) },
            }
            let after = breaker.phase();
            if after == Phase::Open && before != Phase::Open {
                opened_at = Some(now);
            }
            if let (Phase::Open, Phase::HalfOpen, Some(opened)) = (before, after, opened_at) {
                prop_assert!(now - opened >= SETTINGS.pause / 2, "half-open only after the pause");
            }
            if after == Phase::HalfOpen {
                let probes = on_their_way.iter().filter(|era| **era == breaker.era()).count();
                prop_assert!(probes <= 1, "{probes} probes");
            }
            prop_assert!(!(before == Phase::Open && after == Phase::Closed), "it never closes without a probe");
        }
        // However it went: after the longest pause a good probe closes it again.
        on_their_way.into_iter().for_each(|era| breaker.unused(era));
        let (admitted, era) = breaker.admit(1, now + SETTINGS.longest_pause);
        prop_assert_eq!(admitted, 1);
        breaker.succeeded(era);
        prop_assert_eq!(breaker.phase(), Phase::Closed);
    }
}
