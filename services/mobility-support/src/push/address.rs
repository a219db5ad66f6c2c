//! Keeps pushes out of our own network: a provider's URL may be anything, and its name may point anywhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address is one of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        // Shared by carriers (RFC 6598), protocol assignments, benchmarks (RFC 2544), reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_global_unicast = (0x2000..0x4000).contains(&a);
    // Documentation, and tunnels that carry an IPv4 address of anybody's choice: Teredo and 6to4.
    let is_special = (a == 0x2001 && (b == 0xdb8 || b == 0)) || a == 0x2002;
    is_global_unicast && !is_special
}

/// A name of which no address is public.
#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
struct NotPublic;

/// Resolves names, and gives public addresses only. The connection is made to what was checked here: there is no second
/// answer that could differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.collect();
            // One that is not public is reason enough: such a name is no provider's.
            if found.is_empty() || found.iter().any(|address| !is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
