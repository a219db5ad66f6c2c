//! How many deliveries a reader lets the broker send ahead.
//!
//! Over a link that breaks again and again, a wide window does harm: everything in it was delivered once more when the
//! link breaks, and after `x-delivery-limit` times the broker takes a message for poison. So the window becomes narrower
//! as long as less than a window of answers gets through, down to one message at a time, and wider again after. An answer
//! counts when it was written to the connection: that the broker had it nobody says, so a few of the last may be wrong.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Windows of answers after which a link counts as good.
const PROOF: usize = 16;

/// The window of a subscription, from one connection to the next.
#[derive(Debug)]
pub(super) struct Window {
    most: u16,
    now: u16,
}

/// What went over one connection.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    delivered: AtomicUsize,
    answered: AtomicUsize,
}

impl Traffic {
    pub(super) fn delivered(&self) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether any answer was written.
    pub(super) fn has_answers(&self) -> bool {
        self.counts().1 > 0
    }

    fn counts(&self) -> (usize, usize) {
        (self.delivered.load(Ordering::Relaxed), self.answered.load(Ordering::Relaxed))
    }
}

impl Window {
    pub(super) fn new(most: u16) -> Self {
        Self { most, now: most }
    }

    /// Deliveries that may be unanswered.
    pub(super) fn size(&self) -> u16 {
        self.now
    }

    /// A connection ended.
    pub(super) fn learn(&mut self, traffic: &Traffic) {
        let (delivered, answered) = traffic.counts();
        if answered >= usize::from(self.now) {
            self.now = self.now.saturating_mul(2).min(self.most);
        } else if delivered > answered {
            self.now = (self.now / 2).max(1);
        }
    }

    /// Whether this connection has shown that it deserves a wider one.
    pub(super) fn is_too_narrow(&self, traffic: &Traffic) -> bool {
        self.now < self.most && traffic.counts().1 >= usize::from(self.now) * PROOF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(delivered: usize, answered: usize) -> Traffic {
        Traffic { delivered: delivered.into(), answered: answered.into() }
    }

    #[test]
    fn links_that_break_before_answers_get_through_make_it_narrow() {
        let mut window = Window::new(256);
        let sizes: Vec<u16> = std::iter::repeat_with(|| {
            window.learn(&traffic(300, 0));
            window.size()
        })
        .take(10)
        .collect();
        assert_eq!(sizes, [128, 64, 32, 16, 8, 4, 2, 1, 1, 1]);
    }

    #[test]
    fn progress_makes_it_wide_again() {
        let mut window = Window { most: 256, now: 8 };
        window.learn(&traffic(12, 8));
        assert_eq!(window.size(), 16);
        assert!(!window.is_too_narrow(&traffic(300, 255)));
        assert!(window.is_too_narrow(&traffic(300, 256)));
        (0..9).for_each(|_| window.learn(&traffic(900, 900)));
        assert_eq!(window.size(), 256);
        assert!(!window.is_too_narrow(&traffic(9_000, 9_000)), "it is as wide as wanted");
    }

    #[test]
    fn a_link_that_breaks_while_nothing_is_unanswered_says_nothing() {
        let mut window = Window::new(256);
        window.learn(&traffic(0, 0));
        window.learn(&traffic(5, 5));
        assert_eq!(window.size(), 256);
    }
}
