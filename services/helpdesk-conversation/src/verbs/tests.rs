//! Messages with mentions, which only a socket can send: what they bring about in the database.

use std::sync::Arc;

use auth::Caller;
use conversation::Message;
use domain::{Role, SystemClock};
use serde_json::{Value, json};
use storage::Db;
use testkit::TestApp;

use super::send_message::{Sent, send_message};
use crate::HelpdeskConversation;
use crate::error::Error;
use crate::model::What;

/// Ten times what the largest message needs here, and half of what a statement may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

struct Stage {
    app: TestApp,
    db: Db,
}

async fn stage() -> Stage {
    let app = TestApp::start::<HelpdeskConversation>().await;
    let db = Db::new(app.database.url(), "test", 4, Arc::new(SystemClock), Default::default()).unwrap();
    Stage { app, db }
}

/// A message that mentions these users.
fn mentioning(users: &[u8]) -> Message {
    let frames: Vec<u8> = users.iter().flat_map(|user| [6, 1, *user]).collect();
    let length = u8::try_from(frames.len()).unwrap();
    Message::parse(&[&[0, length + 2, 1, length], &frames[..]].concat()).unwrap()
}

impl Stage {
    /// A user's token and number.
    async fn user(&self, name: &str, role: Role) -> (String, u8) {
        let token = self.app.token(name, role);
        let number = self.app.get("/api/v1/users/me", &token).await.body["id"].as_u64().unwrap();
        (token, u8::try_from(number).unwrap())
    }

    /// A new ticket's conversation.
    async fn conversation(&self, token: &str) -> i32 {
        let ticket = self.app.post("/api/v1/support/tickets", token, json!({"title": "t"})).await;
        i32::try_from(ticket.body["conversation"]["id"].as_i64().unwrap()).unwrap()
    }

    async fn send(&self, token: &str, conversation: i32, message: Message) -> Result<Sent, Error> {
        let caller: Arc<Caller> = self.app.context.verifier.verify(token).await.unwrap();
        self.db.write(async |tx| send_message(tx, &caller, conversation, message).await).await
    }

    async fn entries(&self, token: &str, conversation: i32) -> Vec<Value> {
        let answer = self.app.get(&format!("/api/v1/conversations/{conversation}/messages"), token).await;
        answer.body.as_array().cloned().unwrap_or_default()
    }

    /// The messages this user is told of.
    async fn told(&self, token: &str) -> Vec<Value> {
        let answer = self.app.get("/api/v1/notifications", token).await;
        let told = answer.body.as_array().unwrap().iter().filter(|told| told["kind"] == "new-message");
        told.map(|told| told["message"].clone()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_of_support_brings_it_in_from_that_message_on() {
    let stage = stage().await;
    let (customer, me) = stage.user("customer", Role::Customer).await;
    let (agent, them) = stage.user("agent", Role::Agent).await;
    let (admin, boss) = stage.user("admin", Role::Admin).await;
    let conversation = stage.conversation(&customer).await;
    stage.send(&customer, conversation, mentioning(&[me])).await.unwrap();
    let sent = stage.send(&customer, conversation, mentioning(&[boss, them, boss])).await.unwrap();
    let entries = stage.entries(&agent, conversation).await;
    assert_eq!(entries.len(), 2, "what came before is hidden: {entries:?}");
    assert_eq!(
        (&entries[1]["id"], &entries[1]["text"]),
        (&json!(sent.entry_id), &json!(format!("@{boss}@{them}@{boss}")))
    );
    assert_eq!(entries[0]["users"], json!([them, boss]), "one entry, ascending");
    assert!(entries[0]["id"].as_i64() > entries[1]["id"].as_i64());
    for token in [&agent, &admin] {
        assert_eq!(stage.told(token).await, [json!(sent.entry_id)], "once, however often it is mentioned");
    }
    let kinds: Vec<String> = stage.app.events(4).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.message_added", "ticket.message_added", "ticket.updated"]);
    let again = stage.send(&customer, conversation, mentioning(&[them])).await.unwrap();
    assert_eq!(stage.entries(&agent, conversation).await.len(), 3, "a later mention does not widen the access");
    assert_eq!(stage.told(&agent).await[0], json!(again.entry_id));
    assert_eq!(stage.entries(&customer, conversation).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_cannot_pull_in_a_customer_and_learns_nothing_by_trying() {
    let stage = stage().await;
    let (customer, _) = stage.user("customer", Role::Customer).await;
    let (other, them) = stage.user("other", Role::Customer).await;
    let (agent, _) = stage.user("agent", Role::Agent).await;
    let conversation = stage.conversation(&customer).await;
    for mention in [them, 99] {
        let sent = stage.send(&customer, conversation, mentioning(&[mention])).await.unwrap();
        assert_eq!(sent.ticket.added().len(), 1);
        assert!(matches!(sent.entry.what, What::NewMessage { .. }));
    }
    assert_eq!((stage.entries(&other, conversation).await, stage.told(&other).await), (vec![], vec![]));
    let join = format!(
        "/api/v1/support/tickets/{}/join",
        stage.app.get("/api/v1/support/tickets", &customer).await.body[0]["id"]
    );
    stage.app.send(stage.app.request(reqwest::Method::POST, &join).bearer_auth(&agent)).await;
    let sent = stage.send(&agent, conversation, mentioning(&[them])).await.unwrap();
    assert_eq!(stage.told(&other).await, [json!(sent.entry_id)], "support brings in anybody");
    assert_eq!(stage.entries(&other, conversation).await.len(), 2);
    let path = join.replace("/join", "");
    assert_eq!(stage.app.get(&path, &other).await.status, 404, "a member is no author");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_tells_a_member_who_is_connected() {
    let stage = stage().await;
    let (customer, me) = stage.user("customer", Role::Customer).await;
    let (agent, them) = stage.user("agent", Role::Agent).await;
    let conversation = stage.conversation(&customer).await;
    stage.send(&customer, conversation, mentioning(&[them])).await.unwrap();
    let socket = format!("INSERT INTO open_sockets VALUES (gen_random_uuid(), {conversation}, {me})");
    stage.app.database.run(&socket).await;
    stage.send(&agent, conversation, mentioning(&[])).await.unwrap();
    assert_eq!(stage.told(&customer).await, [Value::Null; 0]);
    let sent = stage.send(&agent, conversation, mentioning(&[me])).await.unwrap();
    assert_eq!(stage.told(&customer).await, [json!(sent.entry_id)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_member_sends_nothing() {
    let stage = stage().await;
    let (customer, _) = stage.user("customer", Role::Customer).await;
    let (agent, _) = stage.user("agent", Role::Agent).await;
    let conversation = stage.conversation(&customer).await;
    let unseen = stage.app.token("unseen", Role::Customer);
    for (token, conversation) in [(&agent, conversation), (&unseen, conversation), (&customer, 99)] {
        let refused = stage.send(token, conversation, mentioning(&[])).await.unwrap_err();
        assert!(matches!(refused, Error::ConversationNotFound), "{refused:?}");
    }
    assert_eq!(stage.app.database.count("SELECT count(*) FROM entries").await, 0);
}

/// A message that is nothing but mentions of these users, as long as messages may be.
fn mentioning_all(users: std::ops::Range<u32>) -> Message {
    let number = |mut number: u32| {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        bytes.push(u8::try_from(number).unwrap());
        bytes
    };
    let frame = |kind: u8, body: &[u8]| {
        let length = number(u32::try_from(body.len()).unwrap());
        [&[kind], &length[..], body].concat()
    };
    let mentions: Vec<u8> = users.flat_map(|user| frame(6, &number(user))).collect();
    let message = frame(0, &frame(1, &mentions));
    assert!(message.len() <= 65_536 - 8, "a socket takes it");
    Message::parse(&message).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_bring_in_and_tell_as_many_as_it_can_mention() {
    const MANY: u32 = 16_000;
    let stage = stage().await;
    let (customer, _) = stage.user("customer", Role::Customer).await;
    let (agent, them) = stage.user("agent", Role::Agent).await;
    let conversation = stage.conversation(&customer).await;
    stage.send(&customer, conversation, mentioning(&[them])).await.unwrap();
    let users = format!(
        "INSERT INTO users (number, subject, name, is_super, is_support) \
         SELECT n, 's' || n, 'n', false, false FROM generate_series(200, {}) AS n",
        200 + MANY - 1
    );
    stage.app.database.run(&users).await;
    // Also those who do not exist; and the next message tells them all without mentioning anybody.
    for message in [mentioning_all(200..200 + MANY), mentioning_all(200..200 + MANY + 100), Message::from_text("hi")] {
        let sent = tokio::time::timeout(PATIENCE, stage.send(&agent, conversation, message)).await;
        sent.expect("it is quick").unwrap();
    }
    assert_eq!(stage.app.database.count("SELECT count(*) FROM members").await, i64::from(MANY) + 2);
    let told = stage.app.database.count("SELECT count(*) FROM notifications WHERE user_number >= 200").await;
    assert_eq!(told, 3 * i64::from(MANY));
    let answer = stage.app.get(&format!("/api/v1/conversations/{conversation}"), &customer).await;
    assert_eq!(answer.body["members"].as_array().map(Vec::len), Some(MANY as usize + 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_mentions_of_one_user_make_one_member() {
    let stage = stage().await;
    let (customer, _) = stage.user("customer", Role::Customer).await;
    let (_, them) = stage.user("agent", Role::Agent).await;
    let conversation = stage.conversation(&customer).await;
    let sends = (0..8).map(|_| stage.send(&customer, conversation, mentioning(&[them])));
    let sent = futures_util::future::join_all(sends).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(stage.app.database.count("SELECT count(*) FROM members").await, 2);
    assert_eq!(stage.app.database.count("SELECT count(*) FROM entries WHERE users IS NOT NULL").await, 1);
}
