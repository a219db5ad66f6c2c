//! The metrics of pushes. Labels have few values: no provider, no ticket.

use metrics::{Unit, describe_counter, describe_gauge};

/// Counter: attempts. Labels `service`, `outcome` (`told`, `failed`, `parked`).
pub(super) const ATTEMPTS_TOTAL: &str = "crossdesk_provider_deliveries_total";
/// Gauge: deliveries that wait. Label `service`.
pub(super) const WAITING: &str = "crossdesk_provider_deliveries_waiting";
/// Gauge: deliveries that were given up and wait for an operator. Label `service`.
pub(super) const PARKED: &str = "crossdesk_provider_deliveries_parked";
/// Gauge: age of the oldest delivery that waits, 0 if there is none. Label `service`.
pub(super) const OLDEST_SECONDS: &str = "crossdesk_provider_deliveries_oldest_seconds";

/// Registers them.
pub(super) fn describe() {
    describe_counter!(ATTEMPTS_TOTAL, Unit::Count, "Attempts to tell a provider of a change");
    describe_gauge!(WAITING, Unit::Count, "Deliveries to providers that wait");
    describe_gauge!(PARKED, Unit::Count, "Deliveries to providers that were given up");
    describe_gauge!(OLDEST_SECONDS, Unit::Seconds, "Age of the oldest delivery to a provider that waits");
}
