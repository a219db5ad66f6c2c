//! The bridge's metrics. No label holds an id: a transaction is found in the table, not in a time series.

/// Gauge: requests that MAS has not answered yet.
pub const MAS_REQUESTS_PENDING: &str = "crossdesk_mas_requests_pending";
/// Gauge: age of the oldest of them, 0 if there is none. The first thing to alert on.
pub const MAS_REQUESTS_OLDEST_SECONDS: &str = "crossdesk_mas_requests_oldest_seconds";
/// Gauge: requests given up, waiting for an operator.
pub const MAS_REQUESTS_DEAD: &str = "crossdesk_mas_requests_dead";
/// Counter: requests sent to MAS. Label `result`: `completed`, `rejected`, `taken`, `refused` or `failed`.
pub const MAS_ATTEMPTS_TOTAL: &str = "crossdesk_mas_attempts_total";
/// Gauge: the circuit breaker: 0 closed, 1 half-open, 2 open.
pub const MAS_BREAKER_STATE: &str = "crossdesk_mas_breaker_state";
