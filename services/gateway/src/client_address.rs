//! Who is at the other end: the peer of the connection, unless that is a proxy of ours that says who is behind it.
//!
//! A client may write whatever it likes into `X-Forwarded-For`; a proxy appends what it saw. So the right-most address that
//! is not one of our proxies is the client's, and everything left of it is hearsay.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// The networks whose machines may say for whom they speak.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy)]
struct Network {
    address: u128,
    prefix: u32,
    is_v4: bool,
}

/// No address, and no network such as `10.0.0.0/8`.
#[derive(Debug, thiserror::Error)]
#[error("gateway.trusted_proxies: `{0}` is no network such as 10.0.0.0/8")]
pub(crate) struct BadNetwork(String);

impl TrustedProxies {
    /// Reads the configured networks.
    pub(crate) fn parse(networks: &[String]) -> Result<Self, BadNetwork> {
        let parse = |text: &String| Network::parse(text).ok_or_else(|| BadNetwork(text.clone()));
        networks.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The client's address.
    pub(crate) fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        if !self.contains(peer) {
            return Some(peer);
        }
        let headers = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let said: Vec<&str> = headers.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut client = peer;
        for text in said.into_iter().rev() {
            let Ok(address) = text.parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !self.contains(client) {
                break;
            }
        }
        Some(client)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let (address, is_v4) = bits(address.parse().ok()?);
        let longest = if is_v4 { 32 } else { 128 };
        let prefix = prefix.map_or(Some(longest), |prefix| prefix.parse().ok()).filter(|prefix| *prefix <= longest)?;
        Some(Self { address, prefix, is_v4 })
    }

    fn contains(self, address: IpAddr) -> bool {
        let (address, is_v4) = bits(address);
        let host_bits = (if is_v4 { 32 } else { 128 }) - self.prefix;
        let cut = |bits: u128| bits.checked_shr(host_bits).unwrap_or(0);
        is_v4 == self.is_v4 && cut(address) == cut(self.address)
    }
}

fn bits(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), true),
        IpAddr::V6(address) => (address.into(), false),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(trusted: &[&str], peer: &str, said: &[&str]) -> String {
        let trusted: Vec<String> = trusted.iter().map(|&text| text.to_owned()).collect();
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for value in said {
            request = request.append_header(("X-Forwarded-For", *value));
        }
        TrustedProxies::parse(&trusted).unwrap().client(&request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(client(&[], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn the_right_most_stranger_is_the_client() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(client(&trusted, "10.1.2.3", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&trusted, "10.1.2.3", &["1.2.3.4, 198.51.100.7, 10.9.9.9"]), "198.51.100.7");
        assert_eq!(client(&trusted, "10.1.2.3", &["1.2.3.4", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&trusted, "10.1.2.3", &["nonsense"]), "10.1.2.3");
        assert_eq!(client(&trusted, "10.1.2.3", &["1.2.3.4, nonsense"]), "10.1.2.3");
        assert_eq!(client(&trusted, "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(client(&trusted, "[2001:db8::1]", &["::ffff:198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn networks_are_read_with_care() {
        for good in ["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "::/0", "2001:db8::1", "10.0.0.0/32"] {
            assert!(Network::parse(good).is_some(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "example.org"] {
            assert!(Network::parse(bad).is_none(), "{bad}");
        }
        let all = Network::parse("0.0.0.0/0").unwrap();
        assert!(all.contains("255.1.1.1".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
    }
}
