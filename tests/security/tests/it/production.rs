//! The production profile does not start with a secret that everybody knows, or without one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chassis::config::Sources;
use chassis::{Config, ConfigError, Context, Profile, Service as _, Stages};
use domain::SystemClock;
use mas_gateway::MasGateway;
use messaging::bus::LocalBus;
use tour_tickets::TourTickets;

const STRONG: &str = "3f6d1c0b9a8e7f5d4c3b2a1908f7e6d5c4b3a291807f6e5d4c3b2a1908f7e6d5";
const OTHER: &str = "a91c5e7f30b2d4681f9e0c7b5a3d2816e4f70c9b8d6a5e3f2c1b0a9d8e7f6c5b";

fn context(settings: &[(&str, &str)], profile: Profile) -> Result<Context, ConfigError> {
    let issuers = format!(r#"[{{"issuer":"idp","hs256_secret":"{OTHER}"}}]"#);
    let mut all = BTreeMap::from([
        ("CROSSDESK__AUTH__SERVICE_SECRET".to_owned(), STRONG.to_owned()),
        ("CROSSDESK__AUTH__ISSUERS".to_owned(), issuers),
    ]);
    for (name, value) in settings {
        all.insert(format!("CROSSDESK__{name}"), (*value).to_owned());
    }
    all.retain(|_, value| !value.is_empty());
    let config = Config::from_sources(Sources::read(Path::new("no/such/folder"), all)?, profile)?;
    Context::new(config, Arc::new(SystemClock), LocalBus::new(), BTreeMap::new(), Stages::default())
}

fn issuer(entry: &str) -> String {
    format!(r#"[{{"issuer":"idp",{entry}}}]"#)
}

#[tokio::test]
async fn missing_short_and_sample_secrets_stop_the_start_and_no_error_shows_a_secret() {
    context(&[], Profile::Production).unwrap();
    let samples = [
        "change-me-change-me-change-me-change-me",
        "CHANGEME-0123456789-abcdefghijklmnop",
        "this-is-a-secret-key-for-development",
        "example-example-0123456789-abcdefghi",
        "default-signing-key-0123456789-abcde",
        "your-256-bit-password-0123456789-abc",
        "replace-this-with-thirty-two-bytes-0",
        "placeholder-0123456789-abcdefghijklm",
        "dummy-0123456789-abcdefghijklmnopqrs",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abababababababababababababababababab",
        "00000000000000000000000000000000000000000000000000000000000000ff",
        "tooshort-0123456789-abcdefghijk",
    ];
    for sample in samples {
        let by_issuer = issuer(&format!(r#""hs256_secret":"{sample}""#));
        for settings in [("AUTH__SERVICE_SECRET", sample), ("AUTH__ISSUERS", by_issuer.as_str())] {
            let error = context(&[settings], Profile::Production).unwrap_err().to_string();
            assert!(!error.contains(sample), "the error shows the secret: {error}");
            assert!(error.contains(if settings.0 == "AUTH__ISSUERS" { "idp" } else { "service_secret" }), "{error}");
        }
    }
    for missing in ["AUTH__SERVICE_SECRET", "AUTH__ISSUERS"] {
        assert!(context(&[(missing, "")], Profile::Production).is_err(), "{missing}");
    }
}

#[tokio::test]
async fn one_secret_for_two_purposes_is_refused() {
    let same = issuer(&format!(r#""hs256_secret":"{STRONG}""#));
    let error = context(&[("AUTH__ISSUERS", &same)], Profile::Production).unwrap_err().to_string();
    assert!(error.contains("idp") && error.contains("service_secret") && !error.contains(STRONG), "{error}");
}

#[tokio::test]
async fn keys_are_not_fetched_in_the_clear_except_from_this_machine() {
    for (url, is_good) in [
        ("https://idp.example.net/jwks", true),
        ("http://127.0.0.1:9000/jwks", true),
        ("http://localhost:9000/jwks", true),
        ("http://[::1]:9000/jwks", true),
        ("http://idp.example.net/jwks", false),
        ("http://127.0.0.1.evil.test/jwks", false),
        ("http://localhost.evil.test/jwks", false),
    ] {
        let entry = issuer(&format!(r#""jwks_url":"{url}""#));
        let made = context(&[("AUTH__ISSUERS", &entry)], Profile::Production);
        assert_eq!(made.is_ok(), is_good, "{url}: {:?}", made.err());
        assert!(context(&[("AUTH__ISSUERS", &entry)], Profile::Local).is_ok(), "{url}");
    }
}

#[tokio::test]
async fn passwords_that_brokers_and_databases_come_with_are_refused_beyond_this_machine() {
    for (name, url, is_good) in [
        ("AMQP__URL", "amqp://guest:guest@mq.example.net:5672/%2f", false),
        ("AMQP__URL", "amqps://guest:guest@mq.example.net:5671/%2f", false),
        ("AMQP__URL", "amqp://crossdesk:changeme@mq.example.net:5672/%2f", false),
        ("AMQP__URL", "amqp://crossdesk:8f1b60c2a7d94e35@mq.example.net:5672/%2f", true),
        ("AMQP__URL", "amqp://guest:guest@127.0.0.1:5672/%2f", true),
        ("DATABASE__URL", "postgres://postgres:postgres@db.example.net/loan", false),
        ("DATABASE__URL", "postgres://crossdesk:password@db.example.net/loan", false),
        ("DATABASE__URL", "postgres://crossdesk:crossdesk@db.example.net/loan", false),
        ("DATABASE__URL", "postgres://crossdesk:8f1b60c2a7d94e35@db.example.net/loan", true),
        ("DATABASE__URL", "postgres://crossdesk@db.example.net/loan", true),
        ("DATABASE__URL", "postgres://postgres:postgres@localhost/loan", true),
        ("DATABASE__URL", "postgres://postgres@%2Frun%2Fpostgresql/loan", true),
    ] {
        let made = context(&[(name, url)], Profile::Production);
        assert_eq!(made.is_ok(), is_good, "{url}: {:?}", made.err());
        if let Err(error) = made {
            let error = error.to_string();
            assert!(error.contains(&name.to_lowercase().replace("__", ".")) && !error.contains("changeme"), "{error}");
        }
    }
}

#[tokio::test]
async fn the_sample_client_of_mas_and_tours_open_to_all_are_for_this_machine_only() {
    let hash = auth::basic::hash(&"ocsuser".to_owned().into()).unwrap();
    let clients =
        serde_json::json!([{"name": "ocsuser", "password_hash": hash, "profiles": ["Siebel_201"]}]).to_string();
    let made = MasGateway::new(&context(&[("MAS__CLIENTS", &clients)], Profile::Production).unwrap());
    let error = format!("{:#}", made.err().unwrap());
    assert!(error.contains("ocsuser") && !error.contains(&hash), "{error}");
    let open = context(&[("TOURS__ANONYMOUS_ACCESS", "full"), ("HTTP__HOST", "0.0.0.0")], Profile::Production).unwrap();
    assert!(TourTickets::new(&open).is_err(), "reading without a token is for this machine alone");
    // Nothing of the sort is there by itself.
    assert!(TourTickets::new(&context(&[], Profile::Production).unwrap()).is_ok());
}
