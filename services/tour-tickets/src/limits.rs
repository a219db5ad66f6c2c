//! How many tickets a guest may open in a minute (contract, section 2). One count for all workers of the process.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Job, Service as _};
use futures_util::FutureExt as _;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use metrics::counter;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use web::Fault;

use crate::TourTickets;

/// Tickets per minute and address, all of them at once if one likes.
const PER_MINUTE: NonZeroU32 = match NonZeroU32::new(10) {
    Some(rate) => rate,
    None => NonZeroU32::MIN,
};
/// How often addresses whose rate is back to zero are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Most addresses remembered, at about 100 bytes each. Above that, idle ones are forgotten at once, so that made-up
/// addresses do not fill the memory.
const MAX_ADDRESSES: usize = 100_000;

/// Counts the tickets of each address.
#[derive(Debug)]
pub(crate) struct GuestLimiter(DefaultKeyedRateLimiter<IpAddr>);

impl GuestLimiter {
    pub(crate) fn new() -> Self {
        Self(DefaultKeyedRateLimiter::keyed(Quota::per_minute(PER_MINUTE)))
    }

    /// Counts one more ticket. `forwarded` is what the gateway says of the client, who otherwise is the peer.
    pub(crate) fn check(&self, forwarded: Option<&str>, peer: Option<SocketAddr>) -> Result<(), Fault> {
        let forwarded = forwarded.and_then(|text| text.trim().parse().ok());
        let address = forwarded.or(peer.map(|peer| peer.ip())).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        if self.0.len() > MAX_ADDRESSES {
            self.forget_idle();
        }
        self.0.check_key(&network(address)).map_err(|until| {
            counter!(telemetry::names::RATE_LIMITED_TOTAL, "service" => TourTickets::NAME).increment(1);
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

/// One client has as many IPv6 addresses as it likes in its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX))),
    }
}

/// Keeps the limiter's memory bounded.
pub(crate) fn forget_idle_guests(limiter: Arc<GuestLimiter>) -> Job {
    let run = |stop: CancellationToken| {
        async move {
            while timeout(FORGET_EVERY, stop.cancelled()).await.is_err() {
                limiter.forget_idle();
            }
        }
        .boxed()
    };
    Job { name: "forget idle guests", run: Box::new(run) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(address.parse().unwrap(), 1))
    }

    #[test]
    fn ten_at_once_and_then_a_wait_of_whole_seconds() {
        let limiter = GuestLimiter::new();
        for _ in 0..10 {
            limiter.check(None, peer("192.0.2.1")).unwrap();
        }
        let Err(Fault::RateLimited(wait)) = limiter.check(None, peer("192.0.2.1")) else { panic!("not limited") };
        assert!((1..=6).contains(&wait.as_secs()), "one more every six seconds");
        assert_eq!(wait.subsec_nanos(), 0);
        limiter.check(None, peer("192.0.2.2")).unwrap();
    }

    #[test]
    fn behind_the_gateway_the_client_is_counted_and_not_the_gateway() {
        let limiter = GuestLimiter::new();
        for _ in 0..10 {
            limiter.check(Some("198.51.100.1"), peer("192.0.2.1")).unwrap();
        }
        assert!(limiter.check(Some("198.51.100.1"), peer("192.0.2.9")).is_err());
        limiter.check(Some("198.51.100.2"), peer("192.0.2.1")).unwrap();
        limiter.check(Some("no address"), peer("192.0.2.1")).unwrap();
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let limiter = GuestLimiter::new();
        for host in 0..10 {
            limiter.check(Some(&format!("2001:db8::{host}")), None).unwrap();
        }
        assert!(limiter.check(Some("2001:db8::ffff:1"), None).is_err());
        limiter.check(Some("2001:db8:0:1::1"), None).unwrap();
    }
}
