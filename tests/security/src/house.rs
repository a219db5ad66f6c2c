//! A gateway and services behind it, in the test's own process, that trust the same issuers.

use chassis::Service;
use gateway::Gateway;
use loan_support::LoanSupport;
use serde_json::json;
use testkit::{Builder, TestApp};

use crate::forge::{SERVICE_SECRET, issuers};

/// A service that trusts the issuers of [`crate::forge`].
#[must_use]
pub fn trusting() -> Builder {
    TestApp::builder()
        .setting("CROSSDESK__AUTH__ISSUERS", &issuers().to_string())
        .setting("CROSSDESK__AUTH__SERVICE_SECRET", SERVICE_SECRET)
}

/// A gateway in front of these services.
pub async fn gateway_to(addresses: &[(&str, &str)]) -> TestApp {
    let builder = addresses.iter().fold(trusting(), |builder, (name, url)| builder.address(name, *url));
    builder.start::<Gateway>().await
}

/// The loan line behind the gateway.
pub struct LoanHouse {
    /// The service.
    pub loan: TestApp,
    /// The gateway.
    pub gate: TestApp,
}

impl LoanHouse {
    /// Starts both.
    pub async fn start() -> Self {
        let loan = trusting().start::<LoanSupport>().await;
        let gate = gateway_to(&[(LoanSupport::NAME, &loan.url)]).await;
        Self { loan, gate }
    }

    /// Opens a ticket through the gateway, and gives its path.
    pub async fn open(&self, token: &str) -> String {
        let draft = json!({
            "subject": "Unable to make payment",
            "description": "It fails at the last step",
            "categoryId": "category_001",
        });
        let answer = self.gate.post("/support/tickets", token, draft).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        format!("/support/tickets/{}", answer.body["data"]["ticketId"].as_str().expect("an id"))
    }
}

/// `host:port` of a base URL.
#[must_use]
pub fn authority(url: &str) -> &str {
    url.trim_start_matches("http://")
}
