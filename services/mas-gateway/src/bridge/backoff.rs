//! How long a failed request rests: exponential with full jitter, so that requests that failed together do not come back
//! together. Pure: the dice is passed in.

use std::time::Duration;

/// Doublings after which every ceiling is far above any cap.
const MOST_DOUBLINGS: u32 = 30;

/// The shortest ceiling and the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
}

impl Backoff {
    /// The rest after this many attempts, for a dice from 0 to 1: anything from nothing to the ceiling.
    pub(crate) fn rest(self, attempts: u32, dice: f64) -> Duration {
        self.ceiling(attempts).mul_f64(dice.clamp(0.0, 1.0))
    }

    /// The base after the first attempt, doubled by each further one, up to the cap.
    pub(crate) fn ceiling(self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(MOST_DOUBLINGS);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: u64 = 60_000;

    fn documented() -> Backoff {
        Backoff { base: Duration::from_millis(500), cap: Duration::from_millis(5 * MINUTE) }
    }

    #[test]
    fn the_ceiling_doubles_from_half_a_second_to_five_minutes() {
        let ceilings: Vec<u64> =
            [1, 2, 3, 10, 11, 1_000].map(|attempts| documented().ceiling(attempts).as_millis() as u64).to_vec();
        assert_eq!(ceilings, [500, 1_000, 2_000, 256_000, 300_000, 300_000]);
    }

    #[test]
    fn the_jitter_is_full() {
        assert_eq!(documented().rest(4, 0.0), Duration::ZERO);
        assert_eq!(documented().rest(4, 0.5), Duration::from_millis(2_000));
        assert_eq!(documented().rest(4, 1.0), Duration::from_millis(4_000));
    }

    proptest! {
        #[test]
        fn a_rest_never_exceeds_its_ceiling_nor_the_cap(
            base in 1..10_000_u64, cap in 1..10_000_000_u64, attempts in 0..u32::MAX, dice in -1.0..2.0_f64,
        ) {
            let backoff = Backoff { base: Duration::from_millis(base), cap: Duration::from_millis(cap) };
            let rest = backoff.rest(attempts, dice);
            prop_assert!(rest <= backoff.ceiling(attempts));
            prop_assert!(backoff.ceiling(attempts) <= backoff.cap);
        }

        #[test]
        fn a_later_attempt_never_has_a_lower_ceiling(attempts in 0..u32::MAX - 1) {
            prop_assert!(documented().ceiling(attempts) <= documented().ceiling(attempts + 1));
        }
    }
}
