//! What the service refuses to start with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chassis::config::Sources;
use chassis::{Config, Context, Profile, Service as _, Stages};
use domain::SystemClock;
use messaging::bus::LocalBus;

use ::attachments::Attachments;

/// The error with which the service refuses these settings; empty if it starts.
fn refusal(profile: Profile, settings: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut all: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| (format!("CROSSDESK__{name}"), (*value).to_owned())).collect();
    all.insert("CROSSDESK__DATA_DIR".to_owned(), folder.path().display().to_string());
    all.insert("CROSSDESK__AUTH__SERVICE_SECRET".to_owned(), "5f1d0c7ab94e62837d15c0e9fa8b6d24".to_owned());
    let issuers = r#"[{"issuer":"i","hs256_secret":"0b9e7a61c5d24f8397ab10ce5d6f8e42"}]"#;
    all.insert("CROSSDESK__AUTH__ISSUERS".to_owned(), issuers.to_owned());
    let config = Config::from_sources(Sources::read(Path::new("no/such/folder"), all).unwrap(), profile).unwrap();
    let clock = Arc::new(SystemClock);
    let context = Context::new(config, clock, LocalBus::new(), BTreeMap::new(), Stages::default()).unwrap();
    Attachments::new(&context).map_or_else(|error| format!("{error:#}"), |_| String::new())
}

#[tokio::test]
async fn full_access_for_guests_is_refused_on_an_open_network() {
    let (open, full) = (("HTTP__HOST", "0.0.0.0"), ("TOURS__ANONYMOUS_ACCESS", "full"));
    for profile in [Profile::Local, Profile::Production] {
        assert!(refusal(profile, &[open, full]).contains("tours.anonymous_access"));
        assert_eq!(refusal(profile, &[full]), "", "loopback");
        assert_eq!(refusal(profile, &[open]), "", "the default elsewhere is not full");
        assert_eq!(refusal(profile, &[open, ("TOURS__ANONYMOUS_ACCESS", "create_only")]), "");
    }
    assert!(refusal(Profile::Local, &[("TOURS__ANONYMOUS_ACCESS", "everything")]).contains("anonymous_access"));
}

#[tokio::test]
async fn the_section_tours_is_shared() {
    assert_eq!(refusal(Profile::Local, &[("TOURS__CORS_ORIGINS", "*")]), "");
    assert!(refusal(Profile::Local, &[("TOURS__ANONYMOUS_ACESS", "none")]).contains("anonymous_acess"));
    let mapped = [("HTTP__HOST", "::ffff:127.0.0.1"), ("TOURS__ANONYMOUS_ACCESS", "full")];
    assert_eq!(refusal(Profile::Production, &mapped), "", "a loopback address as IPv6");
    assert_eq!(refusal(Profile::Local, &[("TOURS__CORS_ORIGINS", r#"["https://a.example"]"#)]), "");
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_is_found_at_the_start() {
    for (settings, reason) in [
        (&[("FILES__STORE_URL", "ftp://x/y")][..], "`ftp://` is unknown"),
        (&[("FILES__STORE_URL", "no url")], "files.store_url"),
        (&[("FILES__STORE_URL", "file:///proc/no/such/folder")], "files.store_url"),
        (&[("FILES__STORE_URL", "s3://")], "files.store_url"),
        (&[("FILES__STORE_URL", "s3://b/p"), ("FILES__S3__ACCESS_KEY", "k")], "files.s3"),
        (&[("FILES__STORE_URI", "file:///x")], "store_uri"),
    ] {
        let refusal = refusal(Profile::Local, settings);
        assert!(refusal.contains(reason), "{settings:?}: {refusal}");
    }
    let s3 =
        [("FILES__STORE_URL", "s3://bucket/a/prefix"), ("FILES__S3__ACCESS_KEY", "k"), ("FILES__S3__SECRET_KEY", "s")];
    assert_eq!(refusal(Profile::Local, &s3), "");
}
