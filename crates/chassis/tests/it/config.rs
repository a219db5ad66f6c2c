//! Configuration: what is read, and what keeps a process from starting.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use chassis::config::Sources;
use chassis::{Config, ConfigError, Context, Profile, Stages};
use domain::SystemClock;
use messaging::bus::LocalBus;
use serde::Deserialize;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| (format!("CROSSDESK__{name}"), (*value).to_owned())).collect()
}

fn load(folder: &Path, pairs: &[(&str, &str)], profile: Profile) -> Result<Config, ConfigError> {
    Config::from_sources(Sources::read(folder, environment(pairs))?, profile)
}

fn from_environment(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load(Path::new("no/such/folder"), pairs, Profile::Local)
}

#[test]
fn the_environment_wins_over_files_and_files_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("10-base.toml"), "[http]\nport = 1000\nhost = \"127.0.0.2\"\n").unwrap();
    fs::write(folder.path().join("20-site.toml"), "[http]\nport = 2000\n").unwrap();
    fs::write(folder.path().join("notes.txt"), "not a setting").unwrap();
    let config = load(folder.path(), &[], Profile::Production).unwrap();
    assert_eq!((config.http.port, config.http.host.to_string()), (2000, "127.0.0.2".to_owned()));
    let config = load(folder.path(), &[("HTTP__PORT", "3000"), ("PROFILE", "local")], Profile::Production).unwrap();
    assert_eq!((config.http.port, config.profile), (3000, Profile::Local));
}

#[test]
fn unknown_keys_and_sections_are_named() {
    let wrong = |pairs: &[(&str, &str)]| from_environment(pairs).unwrap_err().to_string();
    assert!(wrong(&[("HTTP__PROT", "1")]).contains("prot"), "{}", wrong(&[("HTTP__PROT", "1")]));
    assert!(wrong(&[("HTPT__PORT", "1")]).contains("htpt"));
    assert!(wrong(&[("HTTP__PORT", "70000")]).contains("http.port"));
    assert!(wrong(&[("HTTP__PORT", "x")]).contains("http.port"));
    assert!(wrong(&[("PROFILE", "staging")]).contains("profile"));
    assert!(wrong(&[("AUTH__ISSUERS", r#"[{"issuer":"a","hs256_secrte":"x"}]"#)]).contains("hs256_secrte"));
}

#[test]
fn a_service_reads_its_own_section_strictly() {
    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Loan {
        categories: Vec<String>,
    }
    let config = from_environment(&[("LOAN__CATEGORIES", r#"["a","b"]"#), ("TOURS__ANYTHING", "1")]).unwrap();
    assert_eq!(config.section::<Loan>("loan").unwrap().categories, ["a", "b"]);
    let config = from_environment(&[("LOAN__CATEGORY", "a")]).unwrap();
    let error = config.section::<Loan>("loan").unwrap_err().to_string();
    assert!(error.contains("loan") && error.contains("category"), "{error}");
}

#[test]
fn secrets_may_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    fs::write(&file, "postgres://u:p@h/d\n").unwrap();
    let config = from_environment(&[("DATABASE__URL_FILE", file.to_str().unwrap())]).unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&config.database.url.unwrap()), "postgres://u:p@h/d");
    let digits = "1234567890123456789012345678901234567890";
    let config = from_environment(&[("AUTH__SERVICE_SECRET", digits)]).unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&config.auth.service_secret.unwrap()), digits);
    let missing = from_environment(&[("DATABASE__URL_FILE", "/no/such/file")]).unwrap_err().to_string();
    assert!(missing.contains("CROSSDESK__DATABASE__URL_FILE"), "{missing}");
}

fn context(pairs: &[(&str, &str)], profile: Profile) -> Result<Context, ConfigError> {
    let config = load(Path::new("no/such/folder"), pairs, profile)?;
    Context::new(config, Arc::new(SystemClock), LocalBus::new(), BTreeMap::new(), Stages::default())
}

const STRONG: &str = "3f6d1c0b9a8e7f5d4c3b2a1908f7e6d5c4b3a291807f6e5d4c3b2a1908f7e6d5";

#[test]
fn production_refuses_missing_short_and_sample_secrets() {
    let other: String = STRONG.chars().rev().collect();
    let issuers = format!(r#"[{{"issuer":"idp","hs256_secret":"{other}"}}]"#);
    let good = [("AUTH__SERVICE_SECRET", STRONG), ("AUTH__ISSUERS", issuers.as_str())];
    context(&good, Profile::Production).unwrap();
    let sample = r#"[{"issuer":"idp","hs256_secret":"change-me-change-me-change-me-change-me"}]"#;
    let repeated = "a".repeat(64);
    for (pairs, word) in [
        (vec![good[1]], "service_secret"),
        (vec![good[0]], "issuers"),
        (vec![("AUTH__SERVICE_SECRET", "short"), good[1]], "shorter"),
        (vec![("AUTH__SERVICE_SECRET", repeated.as_str()), good[1]], "sample"),
        (vec![good[0], ("AUTH__ISSUERS", sample)], "sample"),
    ] {
        let error = context(&pairs, Profile::Production).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_local_instance_makes_its_secrets_once_and_keeps_them_to_itself() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    context(&[("DATA_DIR", data_dir)], Profile::Local).unwrap();
    let key = folder.path().join("secrets/services.key");
    let first = fs::read_to_string(&key).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    context(&[("DATA_DIR", data_dir)], Profile::Local).unwrap();
    assert_eq!(fs::read_to_string(&key).unwrap(), first);
    assert!(first.len() >= 32);
}
