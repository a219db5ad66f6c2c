//! Who may post: what the configuration may say, and what it may not.

use std::collections::BTreeMap;
use std::path::Path;

use auth::basic::BasicUsers;
use chassis::config::Sources;
use chassis::{Config, Profile};
use mas_gateway::{MasConfig, MasConfigError};
use secrecy::SecretString;
use serde_json::{Value, json};

fn hash(password: &str) -> String {
    auth::basic::hash(&SecretString::from(password)).unwrap()
}

fn users(clients: &Value, profile: Profile) -> Result<BasicUsers, MasConfigError> {
    users_at("127.0.0.1", clients, profile)
}

/// Of a service that listens on this address.
fn users_at(host: &str, clients: &Value, profile: Profile) -> Result<BasicUsers, MasConfigError> {
    let settings = BTreeMap::from([("CROSSDESK__MAS__CLIENTS".to_owned(), clients.to_string())]);
    let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
    let config = Config::from_sources(sources, profile).unwrap();
    config.section::<MasConfig>("mas").unwrap().users(profile, host.parse().unwrap())
}

async fn lets_in(users: &BasicUsers, name: &str, password: &str) -> bool {
    users.authenticate(name, &SecretString::from(password)).await.is_some()
}

#[tokio::test]
async fn the_sample_user_is_local_only_and_only_if_nobody_is_configured() {
    let local = users(&json!([]), Profile::Local).unwrap();
    let sample = local.authenticate("ocsuser", &SecretString::from("ocsuser")).await;
    assert_eq!(sample.map(|user| user.profiles().to_vec()), Some(vec!["Siebel_201".to_owned()]));
    let production = users(&json!([]), Profile::Production).unwrap();
    assert!(!lets_in(&production, "ocsuser", "ocsuser").await, "nobody gets in");
    let own = json!([{"name": "siebel", "password_hash": hash("a good one"), "profiles": ["Siebel_201"]}]);
    for profile in [Profile::Local, Profile::Production] {
        let users = users(&own, profile).unwrap();
        assert!(lets_in(&users, "siebel", "a good one").await);
        assert!(!lets_in(&users, "ocsuser", "ocsuser").await);
    }
}

#[tokio::test]
async fn the_sample_user_is_not_for_other_machines() {
    for (host, is_there) in [
        ("127.0.0.1", true),
        ("127.8.8.8", true),
        ("::1", true),
        ("::ffff:127.0.0.1", true),
        ("0.0.0.0", false),
        ("::", false),
        ("192.168.1.7", false),
        ("::ffff:192.168.1.7", false),
    ] {
        let users = users_at(host, &json!([]), Profile::Local).unwrap();
        assert_eq!(lets_in(&users, "ocsuser", "ocsuser").await, is_there, "{host}");
    }
}

#[test]
fn production_refuses_the_sample_password_under_any_name() {
    for name in ["ocsuser", "siebel"] {
        let clients = json!([{"name": name, "password_hash": hash("ocsuser"), "profiles": ["Siebel_201"]}]);
        let refused = users(&clients, Profile::Production).unwrap_err();
        assert!(matches!(refused, MasConfigError::Sample(refused) if refused == name));
        assert!(users(&clients, Profile::Local).is_ok());
    }
}

#[tokio::test]
async fn the_hash_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hash");
    std::fs::write(&path, format!("{}\n", hash("from a file"))).unwrap();
    let clients = json!([{"name": "siebel", "password_hash_file": path, "profiles": ["Siebel_201"]}]);
    assert!(lets_in(&users(&clients, Profile::Production).unwrap(), "siebel", "from a file").await);
}

#[test]
fn what_cannot_be_is_named_at_the_start() {
    let good = hash("a good one");
    for (client, text) in [
        (json!({"name": "a"}), "needs either password_hash or password_hash_file"),
        (json!({"name": "a", "password_hash": good, "password_hash_file": "/x"}), "needs either"),
        (json!({"name": "a", "password_hash_file": "/no/such/file"}), "cannot be read"),
        (json!({"name": "a", "password_hash": "a good one"}), "not an argon2id hash"),
        (json!({"name": "a:b", "password_hash": good}), "cannot be a user name"),
        (json!({"name": "a", "password_hash": good, "profiles": ["Siebel"]}), "source_number"),
        (json!({"name": "a", "password_hash": good, "profiles": ["_1"]}), "source_number"),
        (json!({"name": "a", "password_hash": good, "profiles": ["Siebel 1_1"]}), "source_number"),
        (json!({"name": "a", "password_hash": good, "profiles": [format!("{}_1", "x".repeat(99))]}), "source_number"),
    ] {
        let refused = users(&json!([client]), Profile::Production).unwrap_err().to_string();
        assert!(refused.contains(text), "{refused}");
        assert!(!refused.contains(&good), "no hash in an error");
    }
    let twice = json!([{"name": "a", "password_hash": good}, {"name": "a", "password_hash": good}]);
    assert!(users(&twice, Profile::Production).unwrap_err().to_string().contains("twice"));
}

#[test]
fn a_key_that_does_not_exist_is_an_error() {
    let settings = BTreeMap::from([("CROSSDESK__MAS__CLIENT".to_owned(), "[]".to_owned())]);
    let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
    let config = Config::from_sources(sources, Profile::Local).unwrap();
    assert!(config.section::<MasConfig>("mas").unwrap_err().to_string().contains("mas.client"));
}
