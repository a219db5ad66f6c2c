//! How much the gateway takes on: requests at once over all callers, and, if switched on, requests per second of one.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth::Caller;
use chassis::Job;
use domain::Subject;
use futures_util::FutureExt as _;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use metrics::counter;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use web::Fault;

/// How often callers whose rate is back to zero are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Most callers remembered, at about 100 bytes each. Above that, idle ones are forgotten at once, so that made-up addresses
/// do not fill the memory.
const MAX_CALLERS: usize = 100_000;

/// Counts the requests at once.
#[derive(Debug)]
pub(crate) struct InFlight {
    now: AtomicUsize,
    most: usize,
}

/// A place for one request. It is given back when the answer's head is sent: a live feed may stay open for hours.
#[derive(Debug)]
pub(crate) struct Slot<'a>(&'a AtomicUsize);

impl InFlight {
    pub(crate) fn new(most: usize) -> Self {
        Self { now: AtomicUsize::new(0), most }
    }

    /// A place, or 503: a queue would only let all callers wait.
    pub(crate) fn enter(&self) -> Result<Slot<'_>, Fault> {
        let slot = Slot(&self.now);
        if self.now.fetch_add(1, Ordering::Relaxed) < self.most {
            return Ok(slot);
        }
        counter!(telemetry::names::SHED_TOTAL, "service" => "gateway").increment(1);
        Err(Fault::Unavailable(format!("{} requests are in work already", self.most)))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Subject(Subject),
    Address(IpAddr),
}

/// Counts the requests of each caller.
#[derive(Debug)]
pub(crate) struct RateLimiter(DefaultKeyedRateLimiter<Key>);

impl RateLimiter {
    /// Nothing if the rate is 0.
    pub(crate) fn new(per_second: u32, burst: u32) -> Option<Self> {
        let rate = NonZeroU32::new(per_second)?;
        let quota = Quota::per_second(rate).allow_burst(NonZeroU32::new(burst).unwrap_or(rate));
        Some(Self(DefaultKeyedRateLimiter::keyed(quota)))
    }

    /// Counts a request of this caller, or of this address if nobody signed in.
    pub(crate) fn check(&self, caller: Option<&Caller>, client: Option<IpAddr>) -> Result<(), Fault> {
        let address = || network(client.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
        let key = caller.map_or_else(|| Key::Address(address()), |caller| Key::Subject(caller.subject().clone()));
        if self.0.len() > MAX_CALLERS {
            self.forget_idle();
        }
        self.0.check_key(&key).map_err(|until| {
            counter!(telemetry::names::RATE_LIMITED_TOTAL, "service" => "gateway").increment(1);
            let wait = until.wait_time_from(DefaultClock::default().now());
            // `Retry-After` has whole seconds; a client that comes early is refused again.
            Fault::RateLimited(Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)))
        })
    }

    fn forget_idle(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

/// One caller has as many IPv6 addresses as it likes in its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX))),
    }
}

/// Keeps the limiter's memory bounded.
pub(crate) fn forget_idle_callers(limiter: Arc<RateLimiter>) -> Job {
    let run = |stop: CancellationToken| {
        async move {
            while timeout(FORGET_EVERY, stop.cancelled()).await.is_err() {
                limiter.forget_idle();
            }
        }
        .boxed()
    };
    Job { name: "forget idle callers", run: Box::new(run) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Option<IpAddr> {
        Some(address.parse().unwrap())
    }

    #[test]
    fn above_the_limit_requests_are_shed_until_one_ends() {
        let in_flight = InFlight::new(2);
        let (first, _second) = (in_flight.enter().unwrap(), in_flight.enter().unwrap());
        assert!(matches!(in_flight.enter(), Err(Fault::Unavailable(_))));
        drop(first);
        assert!(in_flight.enter().is_ok());
    }

    #[test]
    fn without_a_rate_there_is_no_limiter() {
        assert!(RateLimiter::new(0, 5).is_none());
    }

    #[test]
    fn callers_are_counted_apart_and_a_wait_is_whole_seconds() {
        let limiter = RateLimiter::new(1, 2).unwrap();
        for _ in 0..2 {
            limiter.check(None, peer("192.0.2.1")).unwrap();
        }
        let Err(Fault::RateLimited(wait)) = limiter.check(None, peer("192.0.2.1")) else { panic!("not limited") };
        assert_eq!((wait.as_secs() >= 1, wait.subsec_nanos()), (true, 0));
        limiter.check(None, peer("192.0.2.2")).unwrap();
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let limiter = RateLimiter::new(1, 1).unwrap();
        limiter.check(None, peer("2001:db8::1")).unwrap();
        assert!(limiter.check(None, peer("2001:db8::ffff:1")).is_err());
        limiter.check(None, peer("2001:db8:0:1::1")).unwrap();
        limiter.check(None, peer("::ffff:192.0.2.9")).unwrap();
        assert!(limiter.check(None, peer("192.0.2.9")).is_err());
    }
}
