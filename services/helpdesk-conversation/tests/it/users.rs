//! Users and who may see them.

use auth::TokenRequest;
use chassis::secrets;
use domain::{Clock as _, Role, Subject, SystemClock};
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{error, join, number, open, start};

/// A token with a display name.
fn named(app: &TestApp, subject: &str, role: Role, name: &str) -> String {
    let request =
        TokenRequest { name: Some(name.to_owned()), ..TokenRequest::new(Subject::try_from(subject).unwrap(), role) };
    secrets::local_minter(&app.context.config.data_dir).unwrap().mint(&request, SystemClock.now()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_request_gives_a_number_for_ever_and_concurrent_ones_the_same() {
    let (app, customer, agent) = start().await;
    let firsts = (0..16).map(|_| number(&app, &customer));
    let numbers = futures_util::future::join_all(firsts).await;
    assert!(numbers.iter().all(|number| *number == numbers[0] && *number > 0), "{numbers:?}");
    assert_ne!(number(&app, &agent).await, numbers[0]);
    assert_eq!(number(&app, &customer).await, numbers[0]);
    assert_eq!(app.database.count("SELECT count(*) FROM users").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_roles_are_those_of_the_last_token() {
    let (app, ..) = start().await;
    let shown = |token: String| {
        let app = &app;
        async move {
            let mut body = app.get("/api/v1/users/me", &token).await.body;
            assert!(body.as_object_mut().unwrap().remove("id").is_some());
            body
        }
    };
    let user = |name: &str, is_super: bool, is_support: bool| json!({"name": name, "is_super": is_super, "is_support": is_support, "language": "en", "teams": []});
    assert_eq!(shown(app.token("u", Role::Customer)).await, user("u", false, false));
    assert_eq!(shown(named(&app, "u", Role::Agent, "Ü \u{1F600}")).await, user("Ü \u{1F600}", false, true));
    assert_eq!(shown(named(&app, "u", Role::Admin, "A\u{0}B")).await, user("A\u{FFFD}B", true, true));
    assert_eq!(shown(app.token("u", Role::Service)).await, user("u", false, false));
    assert_eq!(app.database.count("SELECT count(*) FROM users").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_themselves_and_whom_they_share_a_conversation_with() {
    let (app, customer, agent) = start().await;
    let stranger = app.token("stranger", Role::Customer);
    let (me, them, other) = (number(&app, &customer).await, number(&app, &agent).await, number(&app, &stranger).await);
    let sees = async |token: &str| {
        let list = app.get("/api/v1/users", token).await.body;
        let ids: Vec<i64> = list.as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
        for id in [me, them, other] {
            let one = app.get(&format!("/api/v1/users/{id}"), token).await;
            match list.as_array().unwrap().iter().find(|user| user["id"] == id) {
                Some(user) => assert_eq!((one.status, &one.body), (200, user)),
                None => assert_eq!((one.status, one.body), (404, error("user:not-found", "not found"))),
            }
        }
        ids
    };
    assert_eq!(sees(&customer).await, [me]);
    assert_eq!(sees(&agent).await, [me, them, other], "support sees every known user");
    let ticket = open(&app, &customer).await;
    assert_eq!(sees(&customer).await, [me]);
    join(&app, &ticket, &agent).await;
    assert_eq!(sees(&customer).await, [me, them]);
    assert_eq!(sees(&stranger).await, [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_user_paths_do_not_exist() {
    let (app, customer, agent) = start().await;
    number(&app, &customer).await;
    for id in ["999", "abc", "0", "99999999999"] {
        let answer = app.get(&format!("/api/v1/users/{id}"), &agent).await;
        assert_eq!((answer.status, answer.body), (404, error("user:not-found", "not found")), "{id}");
    }
    let deeper = app.get("/api/v1/users/1/teams", &agent).await;
    assert_eq!((deeper.status, deeper.body), (404, error("route:not-found", "not found")));
    for path in ["/api/v1/users", "/api/v1/users/me", "/api/v1/users/1"] {
        let put = app.put(path, &agent, Value::Null).await;
        assert_eq!((put.status, &put.body["error"]), (405, &json!("request:method:not-allowed")), "{path}");
    }
}
