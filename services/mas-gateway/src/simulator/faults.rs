//! Failures on demand: what a bridge must survive.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest delay: longer than any client waits.
const MAX_DELAY_MS: u64 = 120_000;

/// The faults to come.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Plan>);

/// What goes wrong from now on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct Plan {
    /// So many requests fail without an effect.
    fail_next: u32,
    /// After those, so many have their effect, but the answer is a failure: as if it was lost.
    lose_next: u32,
    /// How many of the others fail, from 0 to 1: half of them without and half of them after their effect.
    fail_rate: f64,
    /// How long each answer takes.
    delay_ms: u64,
}

/// A change of the plan; what is left out stays.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Order {
    fail_next: Option<u32>,
    lose_next: Option<u32>,
    fail_rate: Option<f64>,
    delay_ms: Option<u64>,
}

/// How one request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Without an effect.
    Refuse,
    /// With its effect, but without its answer.
    LoseAnswer,
}

impl Faults {
    pub(crate) fn new(fail_rate: f64, delay_ms: u64) -> anyhow::Result<Self> {
        let plan = Plan { fail_next: 0, lose_next: 0, fail_rate, delay_ms };
        ensure!(plan.is_possible(), "mas.simulator: fail_rate is 0 to 1, delay_ms at most {MAX_DELAY_MS}");
        Ok(Self(Mutex::new(plan)))
    }

    /// Changes the plan and gives the new one; nothing if it is impossible.
    pub(crate) fn change(&self, order: Order) -> Option<Plan> {
        let mut plan = self.plan();
        let next = Plan {
            fail_next: order.fail_next.unwrap_or(plan.fail_next),
            lose_next: order.lose_next.unwrap_or(plan.lose_next),
            fail_rate: order.fail_rate.unwrap_or(plan.fail_rate),
            delay_ms: order.delay_ms.unwrap_or(plan.delay_ms),
        };
        next.is_possible().then(|| {
            *plan = next;
            next
        })
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.plan().delay_ms)
    }

    /// The fate of the next request, for a dice from 0 to 1.
    pub(crate) fn draw(&self, dice: f64) -> Option<Failure> {
        let mut plan = self.plan();
        if plan.fail_next > 0 {
            plan.fail_next -= 1;
            return Some(Failure::Refuse);
        }
        if plan.lose_next > 0 {
            plan.lose_next -= 1;
            return Some(Failure::LoseAnswer);
        }
        match plan.fail_rate {
            rate if dice < rate / 2.0 => Some(Failure::Refuse),
            rate if dice < rate => Some(Failure::LoseAnswer),
            _ => None,
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn is_possible(&self) -> bool {
        (0.0..=1.0).contains(&self.fail_rate) && self.delay_ms <= MAX_DELAY_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_failures_come_first_and_then_the_dice_decides() {
        let faults = Faults::new(0.4, 0).unwrap();
        faults.change(Order { fail_next: Some(1), lose_next: Some(2), ..Order::default() }).unwrap();
        let fates: Vec<_> = [0.9, 0.9, 0.9, 0.9, 0.1, 0.3, 0.4].map(|dice| faults.draw(dice)).to_vec();
        let (refuse, lose) = (Some(Failure::Refuse), Some(Failure::LoseAnswer));
        assert_eq!(fates, [refuse, lose, lose, None, refuse, lose, None]);
    }

    #[test]
    fn without_faults_nothing_fails() {
        assert_eq!(Faults::new(0.0, 0).unwrap().draw(0.0), None);
    }

    #[test]
    fn impossible_plans_are_refused_and_change_nothing() {
        assert!(Faults::new(1.1, 0).is_err());
        let faults = Faults::new(0.5, 7).unwrap();
        assert_eq!(faults.change(Order { fail_rate: Some(-0.1), fail_next: Some(5), ..Order::default() }), None);
        assert_eq!(faults.change(Order { delay_ms: Some(MAX_DELAY_MS + 1), ..Order::default() }), None);
        assert_eq!(faults.change(Order { fail_rate: Some(f64::NAN), ..Order::default() }), None);
        let plan = faults.change(Order::default()).unwrap();
        assert_eq!(plan, Plan { fail_next: 0, lose_next: 0, fail_rate: 0.5, delay_ms: 7 });
    }
}
