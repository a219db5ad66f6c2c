//! What a provider's endpoint may be, and where it may be.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use chassis::config::Sources;
use chassis::{Config, Profile};
use domain::Subject;
use reqwest::dns::Resolve as _;

use super::address::{PublicOnly, is_public};
use super::courier::jittered;
use super::providers::{Endpoint, Providers, Unfit};
use crate::config::{EndpointConfig, MobilityConfig};

fn endpoint(url: &str, token: &str, profile: Profile) -> Result<String, Unfit> {
    let subject = Subject::try_from("mp").unwrap();
    let config = EndpointConfig { subject, url: url.to_owned(), token: token.to_owned().into() };
    assert!(rustls_provider());
    Endpoint::new(config, profile).map(|endpoint| endpoint.url.to_string())
}

/// The process installs one provider of TLS; whoever makes a client first does it.
fn rustls_provider() -> bool {
    chassis::http_client().is_ok()
}

#[test]
fn addresses_of_our_own_network_are_not_public() {
    for private in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.1",
        "203.0.113.9",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::1",
        "2001:db8::1",
        "2001:0:1::1",
    ] {
        assert!(!is_public(private.parse::<IpAddr>().unwrap()), "{private}");
    }
    for public in ["1.1.1.1", "93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
        assert!(is_public(public.parse::<IpAddr>().unwrap()), "{public}");
    }
}

#[test]
fn the_path_of_notifications_is_added_to_the_url() {
    for (url, place) in [
        ("https://mp.example", "https://mp.example/processes/notification/execution"),
        ("https://mp.example/", "https://mp.example/processes/notification/execution"),
        ("https://mp.example:8443/tomp/v2/", "https://mp.example:8443/tomp/v2/processes/notification/execution"),
    ] {
        assert_eq!(endpoint(url, "t", Profile::Production).as_deref(), Ok(place));
    }
}

#[test]
fn what_is_wrong_with_an_endpoint_is_refused_at_the_start() {
    for url in [
        "http://mp.example",
        "ftp://mp.example",
        "mp.example",
        "",
        "https://",
        "https://user@mp.example",
        "https://:secret@mp.example",
        "https://mp.example?x=1",
        "https://mp.example#x",
        "https://localhost",
        "https://api.localhost",
        "https://LOCALHOST.",
        "https://127.0.0.1",
        "https://10.0.0.1:8443",
        "https://[::1]",
        "https://2130706433",
        "https://0x7f.1",
        "https://169.254.169.254/latest",
    ] {
        assert!(matches!(endpoint(url, "t", Profile::Production), Err(Unfit::Url(..))), "{url}");
    }
    assert!(matches!(endpoint("https://mp.example", "", Profile::Production), Err(Unfit::Token(..))));
    assert!(matches!(endpoint("https://mp.example", "a\nb", Profile::Production), Err(Unfit::Token(..))));
    for local in ["http://127.0.0.1:9", "http://localhost:9", "https://10.0.0.1"] {
        assert!(endpoint(local, "", Profile::Local).is_ok(), "{local}");
    }
}

#[test]
fn a_refusal_does_not_tell_the_token() {
    let refused = endpoint("https://mp.example", "s3cr3t\n", Profile::Production).unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("s3cr3t"));
}

/// The providers of a configuration that is written as in the environment.
fn providers(notify: &str, public_url: &str, profile: Profile) -> Result<Providers, String> {
    let mut settings = BTreeMap::from([("CROSSDESK__MOBILITY__NOTIFY".to_owned(), notify.to_owned())]);
    if !public_url.is_empty() {
        settings.insert("CROSSDESK__HTTP__PUBLIC_URL".to_owned(), public_url.to_owned());
    }
    let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
    let config = Config::from_sources(sources, profile).unwrap();
    assert!(rustls_provider());
    let section: MobilityConfig = config.section("mobility").map_err(|error| error.to_string())?;
    Providers::new(section, &config).map_err(|error| error.to_string())
}

#[test]
fn providers_come_from_the_environment_as_json() {
    let one = r#"[{"subject":"mp-1","url":"https://mp.example","token":"t"}]"#;
    let told = providers(one, "https://desk.example/", Profile::Production).unwrap();
    assert!(told.listens(&Subject::try_from("mp-1").unwrap()));
    assert!(!told.listens(&Subject::try_from("mp-2").unwrap()));
    assert_eq!(told.origin(), "https://desk.example");
    assert_eq!(providers(one, "", Profile::Local).unwrap().origin(), "http://127.0.0.1:8080");
    assert!(providers("[]", "", Profile::Production).is_ok(), "nobody is told, so nobody needs the origin");
}

#[test]
fn a_configuration_that_cannot_work_is_refused_by_its_key() {
    let one = r#"{"subject":"mp-1","url":"https://mp.example","token":"t"}"#;
    for (notify, reason) in [
        (format!("[{one},{one}]"), "mobility.notify: mp-1 is there twice"),
        (format!("[{}]", one.replace("https", "http")), "mobility.notify: the url of mp-1 must be https"),
        (format!("[{}]", one.replace("mp-1", "")), "a subject has 1 to 255 characters"),
        (format!("[{}]", one.replace("token", "tokn")), "unknown field `tokn`"),
        (r#"[{"subject":"mp-1","url":"https://mp.example"}]"#.to_owned(), "missing field `token`"),
    ] {
        let refused = providers(&notify, "https://desk.example", Profile::Production).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
    let without_origin = providers(&format!("[{one}]"), "", Profile::Production).unwrap_err();
    assert!(without_origin.contains("CROSSDESK__HTTP__PUBLIC_URL"), "{without_origin}");
}

#[test]
fn waits_are_jittered_and_grow_to_a_limit() {
    for (attempts, longest_ms) in [(1, 500), (2, 1_000), (5, 8_000), (11, 512_000), (12, 600_000), (i32::MAX, 600_000)]
    {
        let waits: Vec<u128> = (0..200).map(|_| jittered(attempts).as_millis()).collect();
        let (shortest, longest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(*longest <= longest_ms && *longest > longest_ms / 2, "{attempts}: {longest}");
        assert!(*shortest < longest_ms / 2, "full jitter: {attempts}: {shortest}");
    }
}

#[tokio::test]
async fn a_name_that_points_into_our_network_is_not_resolved() {
    assert!(PublicOnly.resolve("localhost".parse().unwrap()).await.is_err());
}
