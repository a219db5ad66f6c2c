//! Basic credentials: the header, the users, the passwords.

use std::sync::Arc;
use std::time::Instant;

use auth::basic::{self, BasicConfigError, BasicUserConfig, BasicUsers};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

fn parse(header: &[u8]) -> Option<(String, String)> {
    basic::parse(header).map(|(user, password)| (user, password.expose_secret().to_owned()))
}

fn header(credentials: &[u8]) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(credentials)).into_bytes()
}

fn config(name: &str, password: &str) -> BasicUserConfig {
    let password_hash = basic::hash(&password.into()).unwrap().into();
    BasicUserConfig { name: name.to_owned(), password_hash, profiles: vec!["Siebel_201".to_owned()] }
}

#[test]
fn credentials_are_read() {
    let cases = [
        ("ada:secret", ("ada", "secret")),
        ("ada:", ("ada", "")),
        (":secret", ("", "secret")),
        ("ada:se:cr:et", ("ada", "se:cr:et")),
        ("ädä:pässwörd", ("ädä", "pässwörd")),
    ];
    for (credentials, (user, password)) in cases {
        let expected = Some((user.to_owned(), password.to_owned()));
        assert_eq!(parse(&header(credentials.as_bytes())), expected, "{credentials}");
    }
    assert_eq!(parse(b"bAsIc YTpi"), Some(("a".to_owned(), "b".to_owned())));
}

#[test]
fn malformed_credentials_are_nothing() {
    let mut cases = vec![
        b"".to_vec(),
        b"Basic".to_vec(),
        b"Basic ".to_vec(),
        b"YTpi".to_vec(),
        b"Bearer YTpi".to_vec(),
        b"Basic YTpi YTpi".to_vec(),
        b"Basic YTpi=".to_vec(),
        b"Basic YTp".to_vec(),
        b"Basic !!!!".to_vec(),
        b"Basic \xff\xff".to_vec(),
    ];
    for credentials in [&b"no colon"[..], b"a\0:b", b"a:b\0", b"a:b\n", b"a:\xff\xfe", &[b'a', b':'].repeat(600)] {
        cases.push(header(credentials));
    }
    for case in cases {
        assert_eq!(parse(&case), None, "{:?}", String::from_utf8_lossy(&case));
    }
}

#[tokio::test]
async fn only_the_right_password_of_a_known_user_is_accepted() {
    let users = BasicUsers::new(vec![config("ada", "one"), config("bob", "two")]).unwrap();
    let ada = users.authenticate("ada", &"one".into()).await.unwrap();
    assert_eq!((ada.name(), ada.has_profile("Siebel_201"), ada.has_profile("Siebel_202")), ("ada", true, false));
    assert_eq!(users.authenticate("bob", &"two".into()).await.unwrap().name(), "bob");
    // Again, now that the right ones are remembered; `ada` + `one` must not stand for `adao` + `ne`.
    for (user, password) in
        [("ada", "two"), ("bob", "one"), ("ada", ""), ("ADA", "one"), ("eve", "one"), ("adao", "ne")]
    {
        assert!(users.authenticate(user, &password.into()).await.is_none(), "{user}:{password}");
    }
    assert_eq!(users.authenticate("ada", &"one".into()).await.unwrap().name(), "ada");
}

#[tokio::test]
async fn without_users_everybody_is_refused() {
    let users = BasicUsers::new(Vec::new()).unwrap();
    assert!(users.authenticate("ocsuser", &"ocsuser".into()).await.is_none());
}

#[tokio::test]
async fn a_right_password_is_hashed_once_and_an_unknown_user_costs_as_much_as_a_known_one() {
    let users = Arc::new(BasicUsers::new(vec![config("ada", "one")]).unwrap());
    let time = async |user: &str, password: &str| {
        let password = SecretString::from(password);
        let start = Instant::now();
        let _ = users.authenticate(user, &password).await;
        start.elapsed()
    };
    let first = time("ada", "one").await;
    let mut again = first;
    let (mut wrong, mut unknown) = (first * 1000, first * 1000);
    for _ in 0..5 {
        again = again.min(time("ada", "one").await);
        wrong = wrong.min(time("ada", "two").await);
        unknown = unknown.min(time("eve", "two").await);
    }
    assert!(again * 5 < first, "remembered: {again:?}, hashed: {first:?}");
    assert!(unknown * 3 > wrong, "unknown user: {unknown:?}, wrong password: {wrong:?}");
}

#[test]
fn users_that_cannot_be_used_are_named() {
    let ada = config("ada", "one");
    let with_hash = |hash: &str| BasicUserConfig { password_hash: hash.into(), ..ada.clone() };
    let argon2i = ada.password_hash.expose_secret().replace("argon2id", "argon2i");
    for hash in ["", "one", "$argon2id$v=19$m=19456,t=2,p=1", argon2i.as_str()] {
        let error = BasicUsers::new(vec![with_hash(hash)]).unwrap_err();
        assert_eq!(error, BasicConfigError::Hash("ada".to_owned()), "{hash}");
    }
    let twice = BasicUsers::new(vec![ada.clone(), ada.clone()]).unwrap_err();
    assert_eq!(twice, BasicConfigError::Twice("ada".to_owned()));
    for name in ["", "a:b", "a\nb"] {
        let nameless = BasicUserConfig { name: name.to_owned(), ..ada.clone() };
        assert_eq!(BasicUsers::new(vec![nameless]).unwrap_err(), BasicConfigError::Name(name.to_owned()));
    }
}

#[test]
fn two_hashes_of_one_password_differ() {
    let [one, two] = [(), ()].map(|()| basic::hash(&"one".into()).unwrap());
    assert!(one.starts_with("$argon2id$v=19$") && two.starts_with("$argon2id$v=19$"));
    assert_ne!(one, two);
}
