//! Live connections, through real sockets.

mod behaviour;
mod client;
mod events;
mod golden;
mod history;
mod instances;
mod lifetime;
mod order;
mod slow;
mod upgrade;
mod visibility;

use domain::Role;
use helpdesk_conversation::HelpdeskConversation;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Builder;
use testkit::TestApp;

use client::Client;

/// A service with a customer's ticket. The customer is user 1, the conversation is 1.
struct Stage {
    app: TestApp,
    customer: String,
    agent: String,
    ticket: Value,
}

impl Stage {
    async fn start() -> Self {
        Self::with(TestApp::builder()).await
    }

    async fn with(builder: Builder) -> Self {
        let app = builder.start::<HelpdeskConversation>().await;
        let (customer, agent) = (app.token("user_123", Role::Customer), app.token("agent_123", Role::Agent));
        let ticket = app.post("/api/v1/support/tickets", &customer, json!({"title": "Cannot open my draft"})).await;
        assert_eq!(ticket.status, 201, "{}", ticket.text);
        Self { app, customer, agent, ticket: ticket.body }
    }

    /// The path of the conversation.
    fn path(&self) -> String {
        format!("/api/v1/conversations/{}", self.ticket["conversation"]["id"])
    }

    fn socket_path(&self) -> String {
        format!("{}/socket", self.path())
    }

    /// A socket to the conversation, with Connected already read.
    async fn connect(&self, token: &str) -> Client {
        let mut client = Client::open(&self.app.url, &self.socket_path(), token).await;
        assert_eq!(client.hex().await, "0080008000000000");
        client
    }

    /// A socket for notifications, that is known to be there.
    async fn events(&self, token: &str) -> Client {
        let mut client = Client::open(&self.app.url, "/api/v1/events", token).await;
        client.is_heard().await;
        client
    }

    async fn join(&self) {
        let path = format!("/api/v1/support/tickets/{}/join", self.ticket["id"]);
        let answer = self.app.send(self.app.request(Method::POST, &path).bearer_auth(&self.agent)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Writes a message as text; its entry id.
    async fn write(&self, token: &str, text: &str) -> i32 {
        let answer = self.app.post(&format!("{}/messages", self.path()), token, json!({"text": text})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        i32::try_from(answer.body["id"].as_i64().unwrap()).unwrap()
    }

    /// The caller's number.
    async fn number(&self, token: &str) -> i32 {
        let me = self.app.get("/api/v1/users/me", token).await;
        i32::try_from(me.body["id"].as_i64().unwrap()).unwrap()
    }

    async fn open_sockets(&self) -> i64 {
        self.app.database.count("SELECT count(*) FROM open_sockets").await
    }
}
