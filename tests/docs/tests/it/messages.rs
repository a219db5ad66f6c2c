//! The schemas accept what the services really send, and nothing with a member missing.

use auth::basic;
use base64::Engine as _;
use jsonschema::Validator;
use loan_support::LoanSupport;
use mas_gateway::MasGateway;
use messaging::bus::Bus as _;
use messaging::topology::Queue;
use serde_json::{Value, json};
use testkit::TestApp;

/// The schema of this name, with the shared ones that it refers to.
fn schema(name: &str) -> Validator {
    let document = docs::document();
    let wrapped = json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
    jsonschema::options().should_validate_formats(true).build(&wrapped).unwrap()
}

fn assert_fits(name: &str, body: &Value) {
    let schema = schema(name);
    let problems: Vec<String> = schema.iter_errors(body).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{name}: {problems:?}\n{body}");
}

#[test]
fn every_example_fits_its_schema_and_without_any_member_it_does_not() {
    let document = docs::document();
    let messages = document["components"]["messages"].as_object().unwrap();
    assert_eq!(messages.len(), docs::examples().len() + 2);
    for (name, message) in messages {
        let body = &message["examples"][0]["payload"];
        assert_fits(name, body);
        let schema = schema(name);
        let optional = ["detail"];
        for place in ["", "/data", "/service", "/requestor_info", "/data/actor"] {
            let Some(object) = body.pointer(place).and_then(Value::as_object) else { continue };
            for member in object.keys().filter(|member| !optional.contains(&member.as_str())) {
                let mut lacking = body.clone();
                lacking.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(member);
                assert!(!schema.is_valid(&lacking), "{name} without {place}/{member}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_ticket_fit_their_schemas() {
    let app = TestApp::start::<LoanSupport>().await;
    let (customer, agent) =
        (app.token("user_123", domain::Role::Customer), app.token("agent_123", domain::Role::Agent));
    let draft = json!({"subject": "a", "description": "b", "categoryId": "category_001"});
    let opened = app.post("/support/tickets", &customer, draft).await;
    let id = opened.body["data"]["ticketId"].as_str().unwrap().to_owned();
    let path = format!("/support/tickets/{id}");
    assert_eq!(app.post(&format!("{path}/messages"), &agent, json!({"message": "c"})).await.status, 200);
    assert_eq!(app.post(&format!("{path}/close"), &customer, json!({})).await.status, 200);
    let events = app.events(5).await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let expected =
        ["ticket.opened", "ticket.message_added", "ticket.assigned", "ticket.status_changed", "ticket.closed"];
    assert_eq!(kinds, expected);
    for event in &events {
        assert_fits(&event.kind, &serde_json::to_value(event).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_to_mas_fits_its_schema_and_the_documented_result_ends_the_ticket() {
    let hash = basic::hash(&"word".into()).unwrap();
    let clients = json!([{"name": "siebel", "password_hash": hash, "profiles": ["Siebel_201"]}]).to_string();
    let app = TestApp::builder().setting("CROSSDESK__MAS__CLIENTS", &clients).start::<MasGateway>().await;
    let mut commands = app.bus.subscribe(Queue::MasResumeRequests, 1).await.unwrap();
    let body = json!({
        "reason_code": "RES", "dispatch_date_time": "2016-03-22T11:50:35Z",
        "service": {"code": "6FL"}, "requestor_info": {"name": "T"},
    });
    let credentials = base64::engine::general_purpose::STANDARD.encode("siebel:word");
    let request = app.request(reqwest::Method::POST, "/api/v1/customers/1/tickets").json(&body);
    let request = request.header("Authorization", format!("Basic {credentials}"));
    let answer = app.send(request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", "1")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let command = commands.next().await.unwrap();
    let sent: Value = serde_json::from_slice(command.body()).unwrap();
    assert_fits("mas.resume-request", &sent);
    assert_eq!(sent["transaction_id"], answer.body["transaction_id"]);
    command.ack().await;
    assert_fits("ticket.opened", &serde_json::to_value(&app.events(1).await[0]).unwrap());
}
