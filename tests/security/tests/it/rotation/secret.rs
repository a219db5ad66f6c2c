//! The secret of an issuer is replaced as SECURITY.md says, one issuer all the while, through the gateway: the new secret
//! is taken beside the old one, then the issuer signs with it, then the old one goes. The gateway and the service both
//! verify, and are replaced one after the other, so that each meets the other's older and newer self.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gateway::Gateway;
use loan_support::LoanSupport;
use security::forge::{self, FOREIGN_SECRET, HS_SECRET, SERVICE_SECRET, Signer};
use security::house::authority;
use serde_json::{Value, json};
use testkit::TestDatabase;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::{Instance, OLD, Site, answers};

/// A secret and the name that the issuer gives to it.
type Secret = (&'static str, &'static str);

const OLD_SECRET: Secret = (HS_SECRET, "2025");
const NEW_SECRET: Secret = (FOREIGN_SECRET, "2026");

/// The configuration of one roll.
#[derive(Debug, Clone, Copy)]
struct Trust {
    secret: Secret,
    also: Option<Secret>,
}

impl Trust {
    fn issuers(self) -> Value {
        let mut issuer = json!({"issuer": OLD, "hs256_secret": self.secret.0, "kid": self.secret.1});
        if let Some((also, _)) = self.also {
            issuer["hs256_secret_also"] = also.into();
        }
        json!([issuer])
    }
}

fn token((secret, kid): Secret) -> String {
    forge::token(&json!({"alg": "HS256", "kid": kid}), &forge::claims(OLD), Signer::Hs(secret.as_bytes()))
}

/// The one address that the gateways know of the service: each connection is led to the replica whose turn it is.
struct Address {
    url: String,
    replicas: Arc<Mutex<Vec<String>>>,
}

impl Address {
    async fn of(replicas: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let replicas = Arc::new(Mutex::new(replicas));
        let known = Arc::clone(&replicas);
        tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((mut inward, _)) = listener.accept().await {
                turn += 1;
                let replica = {
                    let known = known.lock().unwrap();
                    authority(&known[turn % known.len()]).to_owned()
                };
                tokio::spawn(async move {
                    let Ok(mut outward) = TcpStream::connect(replica).await else { return };
                    // An end that hangs up is no failure of this test.
                    let _ = copy_bidirectional(&mut inward, &mut outward).await;
                });
            }
        });
        Self { url, replicas }
    }
}

/// Two gateways in front of two replicas of a service.
struct Replicas {
    database: TestDatabase,
    address: Address,
    loans: Vec<Instance>,
    gates: Vec<Instance>,
}

fn settings() -> BTreeMap<String, String> {
    BTreeMap::from([("CROSSDESK__AUTH__SERVICE_SECRET".to_owned(), SERVICE_SECRET.to_owned())])
}

async fn loan(trust: Trust, database: &TestDatabase) -> Instance {
    Instance::start::<LoanSupport>(settings(), trust.issuers(), BTreeMap::new(), Some(database)).await
}

async fn gate(trust: Trust, address: &Address) -> Instance {
    let addresses = BTreeMap::from([("loan-support".to_owned(), address.url.clone())]);
    Instance::start::<Gateway>(settings(), trust.issuers(), addresses, None).await
}

fn urls(instances: &[Instance]) -> Vec<String> {
    instances.iter().map(|instance| instance.url.clone()).collect()
}

impl Replicas {
    async fn start(trust: Trust) -> Self {
        let database = TestDatabase::for_service::<LoanSupport>().await;
        let loans = vec![loan(trust, &database).await, loan(trust, &database).await];
        let address = Address::of(urls(&loans)).await;
        let gates = vec![gate(trust, &address).await, gate(trust, &address).await];
        Self { database, address, loans, gates }
    }

    /// Replaces each process by one with this trust, while clients work.
    async fn roll(&mut self, trust: Trust, site: &Site) {
        for place in 0..self.loans.len() {
            let next = loan(trust, &self.database).await;
            self.address.replicas.lock().unwrap()[place] = next.url.clone();
            std::mem::replace(&mut self.loans[place], next).stop().await;
            site.phase().await;
            let next = gate(trust, &self.address).await;
            site.switch.targets.lock().unwrap()[place] = next.url.clone();
            std::mem::replace(&mut self.gates[place], next).stop().await;
            site.phase().await;
        }
    }

    /// What the gateways, and then the replicas themselves, say to a token signed with this secret.
    async fn say(&self, secret: Secret) -> Vec<u16> {
        let token = token(secret);
        [answers(&self.gates, &token).await, answers(&self.loans, &token).await].concat()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuers_secret_is_replaced_under_load_and_no_valid_request_is_refused() {
    let (old, new) = (OLD_SECRET, NEW_SECRET);
    let mut replicas = Replicas::start(Trust { secret: old, also: None }).await;
    let (site, clients) = Site::open(token(old), urls(&replicas.gates));
    site.phase().await;
    assert_eq!(replicas.say(old).await, [200; 4]);
    assert_eq!(replicas.say(new).await, [401; 4], "the new secret is not trusted yet");

    // First it is taken everywhere, then the issuer signs with it; old tokens are good until they expire.
    replicas.roll(Trust { secret: old, also: Some(new) }, &site).await;
    assert_eq!([replicas.say(old).await, replicas.say(new).await], [[200; 4], [200; 4]]);
    *site.tokens.lock().unwrap() = vec![token(old), token(new)];
    site.phase().await;
    replicas.roll(Trust { secret: new, also: Some(old) }, &site).await;
    assert_eq!([replicas.say(old).await, replicas.say(new).await], [[200; 4], [200; 4]]);

    // The last old token has expired: the old secret goes.
    *site.tokens.lock().unwrap() = vec![token(new)];
    site.phase().await;
    replicas.roll(Trust { secret: new, also: None }, &site).await;
    assert_eq!(replicas.say(old).await, [401; 4], "the old secret is dead, at the gateways and behind them");
    assert_eq!(replicas.say(new).await, [200; 4]);

    site.close(clients).await;
    for process in replicas.gates.into_iter().chain(replicas.loans) {
        process.stop().await;
    }
}
