//! Tickets' lives through the gateway, as the documents tell them.

use std::path::Path;
use std::time::{Duration, Instant};

use auth::{Minter, TokenRequest};
use chassis::{http_client, secrets};
use domain::{Clock as _, Role, Subject, SystemClock};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// An instance as its clients see it.
pub(crate) struct Instance {
    pub(crate) url: String,
    http: Client,
    minter: Minter,
}

impl Instance {
    pub(crate) fn new(url: &str, data_dir: &Path) -> Self {
        Self { url: url.to_owned(), http: http_client().unwrap(), minter: secrets::local_minter(data_dir).unwrap() }
    }

    /// A request with a token; the answer's status and body.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        (subject, role): (&str, Role),
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request =
            self.http.request(method, format!("{}{path}", self.url)).bearer_auth(self.token(subject, role));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// A public page, without a token.
    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Opens a ticket, has an agent answer it and the customer close it. Gives its id.
    pub(crate) async fn live_a_ticket(&self) -> String {
        let (customer, agent) = (("user_123", Role::Customer), ("agent_123", Role::Agent));
        let draft =
            json!({"subject": "Unable to make payment", "description": "It fails", "categoryId": "category_001"});
        let (status, opened) = self.ask(Method::POST, "/support/tickets", customer, Some(draft)).await;
        assert_eq!((status, &opened["data"]["status"]), (200, &json!("Open")), "{opened}");
        let id = opened["data"]["ticketId"].as_str().unwrap().to_owned();
        let path = format!("/support/tickets/{id}");
        let hello = json!({"message": "Try again"});
        let (status, _) = self.ask(Method::POST, &format!("{path}/messages"), agent, Some(hello)).await;
        assert_eq!(status, 200);
        let (_, read) = self.ask(Method::GET, &path, customer, None).await;
        assert_eq!(read["data"]["status"], "In Progress");
        assert_eq!(read["data"]["assignedAgent"], "agent_123");
        let (status, closed) = self.ask(Method::POST, &format!("{path}/close"), customer, Some(json!({}))).await;
        assert_eq!((status, &closed["data"]["status"]), (200, &json!("Closed")));
        let (status, _) = self.ask(Method::GET, &path, ("stranger", Role::Customer), None).await;
        assert_eq!(status, 404);
        id
    }

    /// Waits until the desk shows the ticket as closed: it has followed every event.
    pub(crate) async fn desk_follows(&self, id: &str) {
        let agent = ("agent_123", Role::Agent);
        let found = testkit::eventually("the desk shows the ticket as closed", async || {
            let (_, list) = self.ask(Method::GET, "/v1/tickets?limit=200", agent, None).await;
            let tickets = list["data"].as_array()?.clone();
            tickets.into_iter().find(|ticket| ticket["ticket_id"] == id && ticket["status"] == "closed")
        })
        .await;
        assert_eq!((&found["line"], &found["version"]), (&json!("loan"), &json!(5)));
        let path = format!("/v1/tickets/{}", found["id"].as_str().unwrap());
        let (status, whole) = self.ask(Method::GET, &path, agent, None).await;
        assert_eq!((status, &whole["subject"]), (200, &json!("Unable to make payment")), "{whole}");
    }

    /// Opens a ticket of every line and looks how long the desk takes to show it. Gives the slowest.
    pub(crate) async fn desk_shows_every_line(&self) -> Duration {
        let (customer, agent) = (("user_9", Role::Customer), ("agent_123", Role::Agent));
        let mut slowest = Duration::ZERO;
        for (line, path, body, id) in [
            ("mobility", "/processes/request-support/execution", support_ticket(), "/id"),
            ("helpdesk", "/api/v1/support/tickets", json!({"title": "Cannot open my draft"}), "/id"),
            ("loan", "/support/tickets", loan_draft(), "/data/ticketId"),
            ("mas", "/api/v1/customers/104127993008/tickets", resume_request(), "/transaction_id"),
            ("tours", "/api/support_tickets", tours_draft(), "/ticketId"),
        ] {
            let opened = match line {
                "mas" => self.ask_as_siebel(path, &body).await,
                _ => self.ask(Method::POST, path, customer, Some(body)).await.1,
            };
            let id = opened.pointer(id).unwrap_or_else(|| panic!("{line}: {opened}"));
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let acknowledged = Instant::now();
            testkit::eventually("the desk shows it", async || {
                let (_, list) = self.ask(Method::GET, &format!("/v1/tickets?line={line}"), agent, None).await;
                list["data"].as_array()?.iter().any(|ticket| ticket["ticket_id"] == id).then_some(())
            })
            .await;
            slowest = slowest.max(acknowledged.elapsed());
        }
        slowest
    }

    /// Opens a helpdesk ticket: its conversation, and its author's token.
    pub(crate) async fn open_conversation(&self) -> (Value, String) {
        let author = ("user_9", Role::Customer);
        let draft = json!({"title": "Cannot open my draft"});
        let (status, ticket) = self.ask(Method::POST, "/api/v1/support/tickets", author, Some(draft)).await;
        assert_eq!(status, 201, "{ticket}");
        (ticket["conversation"]["id"].clone(), self.token(author.0, author.1))
    }

    fn token(&self, subject: &str, role: Role) -> String {
        let request = TokenRequest::new(Subject::try_from(subject).unwrap(), role);
        self.minter.mint(&request, SystemClock.now()).unwrap()
    }

    async fn ask_as_siebel(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).basic_auth("ocsuser", Some("ocsuser"));
        let tracking = SystemClock.new_id().to_string();
        let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", tracking);
        request.json(body).send().await.unwrap().json().await.unwrap()
    }

    /// Waits until MAS has completed every request, and says how many there are.
    pub(crate) async fn mas_completes(&self, customer: &str) -> usize {
        let path = format!("{}/api/v1/customers/{customer}/tickets", self.url);
        testkit::eventually("MAS has completed the requests", async || {
            let request = self.http.get(&path).basic_auth("ocsuser", Some("ocsuser"));
            let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", "1");
            let list: Value = request.send().await.ok()?.json().await.ok()?;
            let tickets = list["tickets"].as_array()?;
            tickets.iter().all(|ticket| ticket["status"] == "CLOSED").then_some(tickets.len())
        })
        .await
    }
}

fn support_ticket() -> Value {
    json!({"inputs": {"type": "supportTicket", "supportType": "BROKEN_DOWN", "location": "GPS:52.3,4.8",
        "timestamp": "2024-01-15T10:30:00Z"}})
}

fn loan_draft() -> Value {
    json!({"subject": "Unable to make payment", "description": "It fails", "categoryId": "category_001"})
}

fn resume_request() -> Value {
    json!({"reason_code": "RES", "dispatch_date_time": "2016-03-22T11:50:35.000Z", "service": {"code": "6FL"},
        "requestor_info": {"name": "TESTMAN1"}})
}

fn tours_draft() -> Value {
    json!({"fullName": "", "email": "", "subject": "Reservas y Viajes", "message": "Hola"})
}
