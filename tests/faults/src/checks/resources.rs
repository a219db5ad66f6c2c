//! Invariant 8, the processes' half: at rest, memory, descriptors and database connections of every replica are about
//! what they were after the first scenario. The bounds are generous: a leak grows with every request and passes any of
//! them, and what a pool or an allocator keeps does not.

use std::collections::BTreeMap;

use super::Verdict;
use crate::stack::{Replica, Stack};

/// Twice the baseline and this is too much: connections of clients and other services come and go.
const MORE_DESCRIPTORS: u64 = 64;
/// Likewise, in KiB.
const MORE_MEMORY: u64 = 128 * 1024;
/// A whole pool more than at the beginning is too much: 8 of the worker and 4 of the background.
const MORE_CONNECTIONS: u64 = 12;

/// What a process holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Footprint {
    /// Open file descriptors.
    descriptors: u64,
    /// Resident memory in KiB.
    memory: u64,
    /// Connections to its database.
    connections: u64,
}

impl Footprint {
    fn of(replica: &Replica) -> Option<Self> {
        let process = format!("/proc/{}", replica.pid()?);
        let status = std::fs::read_to_string(format!("{process}/status")).ok()?;
        Some(Self {
            descriptors: std::fs::read_dir(format!("{process}/fd")).ok()?.count() as u64,
            memory: resident(&status)?,
            connections: replica.database.as_ref().map_or(0, |proxy| proxy.open() as u64),
        })
    }

    /// The most that may be held if this was held in the beginning.
    const fn bound(self) -> Self {
        Self {
            descriptors: self.descriptors * 2 + MORE_DESCRIPTORS,
            memory: self.memory * 2 + MORE_MEMORY,
            connections: self.connections + MORE_CONNECTIONS,
        }
    }

    const fn exceeds(self, bound: Self) -> bool {
        self.descriptors > bound.descriptors || self.memory > bound.memory || self.connections > bound.connections
    }

    fn highest(self, other: Self) -> Self {
        Self {
            descriptors: self.descriptors.max(other.descriptors),
            memory: self.memory.max(other.memory),
            connections: self.connections.max(other.connections),
        }
    }
}

/// What the replicas of each service held after the first scenario: the most of any.
#[derive(Debug, Default)]
pub struct Baseline(BTreeMap<&'static str, Footprint>);

/// Compares with the baseline, or takes it if there is none yet.
pub(super) fn check(stack: &Stack, baseline: &mut Baseline, verdict: &mut Verdict) {
    let is_first = baseline.0.is_empty();
    for (name, group) in &stack.services {
        for replica in &group.replicas {
            let Some(held) = Footprint::of(replica) else {
                verdict.other.push(format!("{} cannot be looked at: it does not run", replica.name()));
                continue;
            };
            let known = baseline.0.entry(name).or_insert(held);
            if is_first {
                *known = known.highest(held);
            } else if held.exceeds(known.bound()) {
                verdict.other.push(format!("{} holds {held:?}, in the beginning {known:?}", replica.name()));
            }
            verdict.compared += 1;
        }
    }
}

/// The resident memory that `/proc/…/status` tells.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINNING: Footprint = Footprint { descriptors: 50, memory: 60_000, connections: 9 };

    #[test]
    fn a_leak_of_any_kind_exceeds_the_bound_and_a_full_pool_does_not() {
        let bound = BEGINNING.bound();
        let full = Footprint { descriptors: 90, memory: 110_000, connections: 12 };
        assert!(!full.exceeds(bound));
        assert!(Footprint { descriptors: 400, ..full }.exceeds(bound));
        assert!(Footprint { memory: 700_000, ..full }.exceeds(bound));
        assert!(Footprint { connections: 30, ..full }.exceeds(bound));
    }

    #[test]
    fn resident_memory_is_read_as_the_kernel_writes_it() {
        assert_eq!(resident("Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t   61204 kB\nThreads:\t4\n"), Some(61_204));
        assert!(std::fs::read_to_string("/proc/self/status").is_ok_and(|own| resident(&own).is_some()));
    }
}
