//! Puts a canary into every field of every line that may hold personal data, and into every mistake a client can make.

use chassis::Service as _;
use loan_support::LoanSupport;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, eventually};

use super::house::House;
use super::{Aviary, live, token};

#[track_caller]
fn good(answer: &Answer) -> &Value {
    assert!((200..300).contains(&answer.status), "{}: {}", answer.status, answer.text);
    &answer.body
}

/// Uses every line as its clients do. Returns the tokens that were used.
pub(super) async fn use_every_field(house: &House, aviary: &mut Aviary) -> Vec<String> {
    let customer = token(aviary, "4201", "customer");
    let agent = token(aviary, "agent_1", "agent");
    loan(house, aviary, &customer, &agent).await;
    mobility(house, aviary, &customer, &agent).await;
    helpdesk(house, aviary, &customer, &agent).await;
    tours(house, aviary, &customer, &agent).await;
    mas(house, aviary).await;
    vec![customer, agent]
}

async fn loan(house: &House, aviary: &mut Aviary, customer: &str, agent: &str) {
    let draft = json!({
        "subject": aviary.canary(), "description": aviary.canary(), "categoryId": "category_001",
        "attachments": [aviary.canary()],
    });
    let opened = house.gate.post("/support/tickets", customer, draft).await;
    let path = format!("/support/tickets/{}", good(&opened)["data"]["ticketId"].as_str().unwrap());
    for token in [customer, agent] {
        let message = json!({"message": aviary.canary(), "attachments": [aviary.canary()]});
        good(&house.gate.post(&format!("{path}/messages"), token, message).await);
        let read = house.gate.get(&path, token).await;
        assert!(good(&read).to_string().contains(super::CANARY), "the owner reads what was written");
    }
    good(&house.gate.post(&format!("{path}/close"), customer, json!({})).await);
}

async fn mobility(house: &House, aviary: &mut Aviary, customer: &str, agent: &str) {
    let mut inputs = json!({
        "type": "supportTicket", "supportType": "ACCIDENT", "location": "GPS:52.3342433,4.8922234",
        "timestamp": "2026-03-11T10:30:00Z", "comment": aviary.canary(),
        "context": {"asset": aviary.canary(), "leg": aviary.canary(), "package": aviary.canary()},
        "damage": {"assetComponent": "FRONT", "description": aviary.canary()},
    });
    for token in [customer, agent] {
        let answer = house.gate.post("/processes/request-support/execution", token, json!({"inputs": inputs})).await;
        inputs["id"] = good(&answer)["id"].clone();
        inputs["comment"] = aviary.canary().into();
    }
}

async fn helpdesk(house: &House, aviary: &mut Aviary, customer: &str, agent: &str) {
    let opened = house.gate.post("/api/v1/support/tickets", customer, json!({"title": aviary.canary()})).await;
    let opened = good(&opened);
    let messages = format!("/api/v1/conversations/{}/messages", opened["conversation"]["id"]);
    good(&house.gate.post(&format!("/api/v1/support/tickets/{}/join", opened["id"]), agent, Value::Null).await);
    for token in [customer, agent] {
        good(&house.gate.post(&messages, token, json!({"text": aviary.canary()})).await);
        good(&house.gate.get("/api/v1/users/me", token).await);
    }
    for token in [customer, agent] {
        live::say(house, &opened["conversation"]["id"], token, &aviary.canary()).await;
    }
}

async fn tours(house: &House, aviary: &mut Aviary, customer: &str, agent: &str) {
    let mut ticket = json!({
        "userId": 4201, "roleContext": "TOURIST", "fullName": aviary.canary(),
        "email": format!("{}@example.com", aviary.canary()), "subject": aviary.canary(), "category": "GENERAL",
        "message": aviary.canary(),
    });
    let created = house.gate.post("/api/support_tickets", customer, ticket.clone()).await;
    let id = good(&created)["ticketId"].as_i64().unwrap();
    ticket["status"] = "IN_PROGRESS".into();
    ticket["message"] = aviary.canary().into();
    good(&house.gate.put(&format!("/api/support_tickets/{id}"), agent, ticket).await);
    let mut attachment = json!({
        "ticketId": id, "fileUrl": format!("https://cdn.example.com/{}.png", aviary.canary()),
        "fileName": format!("{}.png", aviary.canary()), "mimeType": "image/png", "fileSizeBytes": 10,
    });
    let added = house.gate.post("/api/support_ticket_attachments", customer, attachment.clone()).await;
    let added = good(&added)["attachmentId"].clone();
    attachment["fileName"] = format!("{}.png", aviary.canary()).into();
    good(&house.gate.put(&format!("/api/support_ticket_attachments/{added}"), agent, attachment).await);
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}.txt\"\r\n\r\n{}\r\n--b--\r\n",
        aviary.canary(),
        aviary.canary()
    );
    let upload = house.gate.request(Method::POST, "/files").bearer_auth(customer);
    let upload = upload.header("content-type", "multipart/form-data; boundary=b").body(form);
    good(&house.gate.send(upload).await);
}

async fn mas(house: &House, aviary: &mut Aviary) {
    let body = json!({
        "reason_code": "RES", "reason": aviary.canary(), "dispatch_date_time": "2026-12-22T11:50:35.000Z",
        "service": {"code": "6FL", "description": aviary.canary()}, "assigned_to_user": aviary.canary(),
        "requestor_info": {"name": aviary.canary(), "phone": 5_550_100_042_u64, "email": format!("{}@example.com", aviary.canary())},
    });
    let path = "/api/v1/customers/104127993008/tickets";
    let request = |method: Method| {
        let request = house.gate.request(method, path).basic_auth("ocsuser", Some("ocsuser"));
        request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", "456")
    };
    good(&house.gate.send(request(Method::POST).json(&body)).await);
    // Over the bridge to MAS and back.
    eventually("MAS has resumed the service", async || {
        let listed = house.gate.send(request(Method::GET)).await;
        (good(&listed)["tickets"][0]["status"] == "CLOSED").then_some(())
    })
    .await;
}

/// Bad requests with canaries in each place, and requests that fail inside.
pub(super) async fn make_mistakes(house: &House, aviary: &mut Aviary) {
    let customer = token(aviary, "4201", "customer");
    for path in
        ["/support/tickets", "/api/v1/support/tickets", "/api/support_tickets", "/processes/request-support/execution"]
    {
        for body in [
            format!("{{\"{}\": ", aviary.canary()),
            json!([aviary.canary()]).to_string(),
            json!({aviary.canary(): 1, "subject": 7, "email": aviary.canary()}).to_string(),
        ] {
            let request = house.gate.request(Method::POST, path).bearer_auth(&customer);
            let answer = house.gate.send(request.header("content-type", "application/json").body(body)).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.text);
        }
        for path in [
            format!("{path}/{}", aviary.canary()),
            format!("{path}?email={}&status={}", aviary.canary(), aviary.canary()),
        ] {
            house.gate.get(&path, &customer).await;
        }
    }
    let canary = aviary.canary();
    for token in [canary.clone(), format!("{canary}.{canary}.{canary}")] {
        assert_eq!(house.gate.get("/support/tickets", &token).await.status, 401);
    }
    let request = house
        .gate
        .request(Method::GET, "/api/v1/customers/1/tickets")
        .basic_auth(aviary.canary(), Some(aviary.canary()));
    assert_eq!(house.gate.send(request).await.status, 401);
    // The database refuses the row, and says which: the whole row is in its message.
    let loan = house.line(LoanSupport::NAME);
    loan.database.run("ALTER TABLE tickets ADD CONSTRAINT broken CHECK (false) NOT VALID").await;
    let draft = json!({"subject": aviary.canary(), "description": aviary.canary(), "categoryId": "category_001"});
    let failed = house.gate.post("/support/tickets", &customer, draft).await;
    assert!((500..600).contains(&failed.status), "{}", failed.text);
    assert!(!failed.text.contains(super::CANARY) && !failed.text.contains("tickets"), "{}", failed.text);
}
