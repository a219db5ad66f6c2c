//! The circuit breaker: stops asking a MAS that is down, and finds out carefully when it is back.
//!
//! Closed: requests go. After some failures in a row it opens: none goes. After a jittered pause it is half-open: one
//! request goes as a probe, and its end decides. Pure: time and dice are passed in. What was sent in an earlier era of the
//! breaker says nothing about MAS as it is now, so such results are ignored.

use std::time::{Duration, Instant};

/// Doublings of the pause after which it is far above any cap.
const MOST_DOUBLINGS: u32 = 20;

/// When it opens and how long it stays open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Failures in a row that open it.
    pub(crate) failures: u32,
    /// The pause before the first probe; doubled by each probe that fails.
    pub(crate) pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
}

/// What lets requests through, or not.
#[derive(Debug)]
pub(crate) struct Breaker {
    settings: Settings,
    state: State,
    era: Era,
}

/// A time between two changes of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Era(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, probes_failed: u32 },
    HalfOpen { is_probing: bool, probes_failed: u32 },
}

/// What operators see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Closed,
    HalfOpen,
    Open,
}

impl Breaker {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, state: State::Closed { failures: 0 }, era: Era(0) }
    }

    /// How many of the wanted requests may go now. Each must end with [`Breaker::succeeded`], [`Breaker::failed`] or
    /// [`Breaker::unused`], with the era given here.
    pub(crate) fn admit(&mut self, wanted: usize, now: Instant) -> (usize, Era) {
        if let State::Open { until, probes_failed } = self.state
            && now >= until
        {
            self.enter(State::HalfOpen { is_probing: false, probes_failed });
        }
        let admitted = match &mut self.state {
            State::Closed { .. } => wanted,
            State::HalfOpen { is_probing, .. } if !*is_probing && wanted > 0 => {
                *is_probing = true;
                1
            }
            State::HalfOpen { .. } | State::Open { .. } => 0,
        };
        (admitted, self.era)
    }

    /// An admitted request did not go: there was none.
    pub(crate) fn unused(&mut self, era: Era) {
        if let (true, State::HalfOpen { is_probing, .. }) = (era == self.era, &mut self.state) {
            *is_probing = false;
        }
    }

    /// MAS answered sensibly, whatever it said.
    pub(crate) fn succeeded(&mut self, era: Era) {
        match &mut self.state {
            _ if era != self.era => {}
            State::Closed { failures } => *failures = 0,
            State::HalfOpen { .. } | State::Open { .. } => self.enter(State::Closed { failures: 0 }),
        }
    }

    /// MAS was away or failed. The dice, from 0 to 1, spreads the probes of several bridges.
    pub(crate) fn failed(&mut self, era: Era, now: Instant, dice: f64) {
        match &mut self.state {
            _ if era != self.era => {}
            State::Closed { failures } => {
                *failures += 1;
                if *failures >= self.settings.failures {
                    self.open(0, now, dice);
                }
            }
            State::HalfOpen { probes_failed, .. } | State::Open { probes_failed, .. } => {
                let probes_failed = probes_failed.saturating_add(1);
                self.open(probes_failed, now, dice);
            }
        }
    }

    /// The current era: for a request of which nothing is known but that it broke.
    pub(crate) fn era(&self) -> Era {
        self.era
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.state {
            State::Closed { .. } => Phase::Closed,
            State::HalfOpen { .. } => Phase::HalfOpen,
            State::Open { .. } => Phase::Open,
        }
    }

    fn open(&mut self, probes_failed: u32, now: Instant, dice: f64) {
        let pause = self.settings.pause.saturating_mul(1 << probes_failed.min(MOST_DOUBLINGS));
        let pause = pause.min(self.settings.longest_pause).mul_f64(0.5 + 0.5 * dice.clamp(0.0, 1.0));
        self.enter(State::Open { until: now + pause, probes_failed });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.era = Era(self.era.0 + 1);
    }
}

#[cfg(test)]
mod tests;
