//! The configured categories.

use domain::Role;
use loan_support::LoanSupport;
use serde_json::json;
use testkit::TestApp;

use crate::{draft, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_default_categories_are_the_documented_ones() {
    let (app, customer, _) = start().await;
    let answer = app.get("/support/categories", &customer).await;
    let expected = json!({"success": true, "statusCode": 200, "data": [
        {"categoryId": "category_001", "name": "Payment Issues", "description": "Help with payment problems"},
        {"categoryId": "category_002", "name": "Loan Questions", "description": "Questions about loans"}],
        "error": null});
    assert_eq!(answer.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_come_from_the_configuration() {
    let one = r#"[{"category_id": "c9", "name": "Nine", "description": "The ninth"}]"#;
    let app = TestApp::builder().setting("CROSSDESK__LOAN__CATEGORIES", one).start::<LoanSupport>().await;
    let customer = app.token("user_123", Role::Customer);
    assert_eq!(app.get("/support/categories", &customer).await.body["data"][0]["categoryId"], "c9");
    assert_eq!(app.post("/support/tickets", &customer, draft()).await.status, 400, "an old category is unknown");
    let mut body = draft();
    body["categoryId"] = json!("c9");
    assert_eq!(app.post("/support/tickets", &customer, body).await.status, 200);
}
