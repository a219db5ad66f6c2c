//! What operators see and do.

use domain::Role;
use reqwest::Method;
use wiremock::ResponseTemplate;

use super::*;

const LIST: &str = "/internal/v1/resume-requests";

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_request_that_is_tried_again_is_delivered_as_if_it_was_new() {
    let mas = MockServer::start().await;
    resume().respond_with(ResponseTemplate::new(422)).up_to_n_times(1).mount(&mas).await;
    resume().respond_with(completed()).mount(&mas).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 100_000_457).await;
    in_state(&app, 1, DEAD).await;
    let admin = app.token("admin", Role::Admin);
    let answer = app.post(&format!("{LIST}/100000457/retry"), &admin, json!({})).await;
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.body["transactionId"], &answer.body["state"]), (&json!(100_000_457), &json!("pending")));
    assert_eq!((&answer.body["attempts"], &answer.body["settledAt"]), (&json!(0), &Value::Null));
    published(&app, 1).await;
    let page = app.get(&format!("{LIST}?state=done"), &admin).await;
    let request = &page.body["resumeRequests"][0];
    assert_eq!((&request["outcome"], &request["lastError"]), (&json!("completed"), &Value::Null));
    assert_eq!(asked(&mas).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tried_a_request_again_is_on_record_and_stays_there() {
    let mas = mas_that_answers(ResponseTemplate::new(422)).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    in_state(&app, 1, DEAD).await;
    for (subject, role) in [("customer", Role::Customer), ("agent", Role::Agent)] {
        let refused = app.post(&format!("{LIST}/7/retry"), &app.token(subject, role), json!({})).await;
        assert_eq!(refused.status, 403);
    }
    let ghost = app.post(&format!("{LIST}/8/retry"), &app.token("admin_7", Role::Admin), json!({})).await;
    assert_eq!(ghost.status, 404);
    assert_eq!(app.database.count("SELECT count(*) FROM operator_actions").await, 0, "nothing was done");
    for (count, (subject, role)) in (1..).zip([("admin_7", Role::Admin), ("desk", Role::Service)]) {
        let answer = app.post(&format!("{LIST}/7/retry"), &app.token(subject, role), json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(app.database.count("SELECT count(*) FROM operator_actions").await, count);
        in_state(&app, 1, DEAD).await;
    }
    for told in [
        "SELECT count(*) FROM operator_actions WHERE actor_id = 'admin_7' AND actor_role = 'admin' AND action = 'retry' \
         AND transaction_id = 7 AND happened_at BETWEEN now() - interval '1 minute' AND now()",
        "SELECT count(*) FROM operator_actions WHERE actor_id = 'desk' AND actor_role = 'service'",
    ] {
        assert_eq!(app.database.count(told).await, 1, "{told}");
    }
    for change in
        ["UPDATE operator_actions SET actor_id = 'x'", "DELETE FROM operator_actions", "TRUNCATE operator_actions"]
    {
        let tried = format!(
            "DO $$ BEGIN {change}; RAISE 'not refused'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"
        );
        app.database.run(&tried).await;
    }
    // Without its record, a retry does not happen.
    app.database.run("ALTER TABLE operator_actions ADD CONSTRAINT broken CHECK (false) NOT VALID").await;
    let broken = app.post(&format!("{LIST}/7/retry"), &app.token("admin_7", Role::Admin), json!({})).await;
    assert_eq!(broken.status, 500, "{}", broken.text);
    assert_eq!(app.database.count(DEAD).await, 1, "it is still dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_dead_requests_with_their_content_can_be_tried_again() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let admin = app.token("admin", Role::Admin);
    queue(&app, 7).await;
    in_state(&app, 1, DONE).await;
    app.database.run("INSERT INTO resume_requests (transaction_id, state, give_up_at) VALUES (8, 'dead', now())").await;
    for (id, status, detail) in [
        ("7", 409, "Only a request that was given up can be tried again"),
        ("8", 409, "The request was given up so long ago that its content is deleted"),
        ("9", 404, "There is no request with this transaction id"),
        ("nonsense", 404, "There is no request with this transaction id"),
        ("99999999999999999999", 404, "There is no request with this transaction id"),
    ] {
        let answer = app.post(&format!("{LIST}/{id}/retry"), &admin, json!({})).await;
        assert_eq!((answer.status, &answer.body["detail"]), (status, &json!(detail)), "{id}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(asked(&mas).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_of_requests_that_are_dead_for_a_month_is_deleted() {
    let mas = mas_that_answers(completed()).await;
    let mut app = start(impatient(&mas.uri())).await;
    app.halt().await;
    app.database
        .run(
            "INSERT INTO resume_requests (transaction_id, body, state, give_up_at, settled_at) VALUES \
             (1, 'old', 'dead', now(), now() - interval '31 days'), (2, 'new', 'dead', now(), now() - interval '29 days')",
        )
        .await;
    let mut context = app.context.clone();
    context.stages = chassis::Stages::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = chassis::Place { listener, database_url: Some(app.database.url().to_owned()) };
    let running = chassis::start::<MasBridge>(&context, place).await.unwrap();
    in_state(&app, 1, "SELECT count(*) FROM resume_requests WHERE body IS NULL AND transaction_id = 1").await;
    assert_eq!(app.database.count("SELECT count(*) FROM resume_requests WHERE body IS NOT NULL").await, 1);
    chassis::Running::stop_all(vec![running], &context).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_filtered_and_paged_by_transaction_id() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let service = app.token("desk", Role::Service);
    app.database
        .run(
            "INSERT INTO resume_requests (transaction_id, state, give_up_at) \
             SELECT id, CASE WHEN id % 2 = 0 THEN 'dead' ELSE 'done' END, now() FROM generate_series(1, 10) AS id",
        )
        .await;
    let ids = async |query: &str| {
        let page = app.get(&format!("{LIST}{query}"), &service).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let ids: Vec<i64> = page.body["resumeRequests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|request| request["transactionId"].as_i64().unwrap())
            .collect();
        (ids, page.body["next"].clone())
    };
    assert_eq!(ids("").await, ((1..=10).collect(), Value::Null));
    assert_eq!(ids("?state=dead&limit=2").await, (vec![2, 4], json!(4)));
    assert_eq!(ids("?state=dead&limit=2&after=8").await, (vec![10], Value::Null));
    assert_eq!(ids("?state=pending").await, (vec![], Value::Null));
    for bad in ["?state=lost", "?state=", "?limit=0", "?limit=501", "?after=-1", "?after=x", "?state=dead&state=done"] {
        assert_eq!(app.get(&format!("{LIST}{bad}"), &service).await.status, 400, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_and_services_get_in() {
    let mas = mas_that_answers(ResponseTemplate::new(422)).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    in_state(&app, 1, DEAD).await;
    for (verb, place) in [(Method::GET, LIST.to_owned()), (Method::POST, format!("{LIST}/7/retry"))] {
        assert_eq!(app.send(app.request(verb.clone(), &place)).await.status, 401);
        let forged = app.tokens.forged("admin", Role::Admin);
        assert_eq!(app.send(app.request(verb.clone(), &place).bearer_auth(forged)).await.status, 401);
        for role in [Role::Customer, Role::Agent] {
            let request = app.request(verb.clone(), &place).bearer_auth(app.token("somebody", role));
            assert_eq!(app.send(request).await.status, 403, "{verb} {role:?}");
        }
    }
    assert_eq!(app.database.count(DEAD).await, 1, "nothing happened");
    for role in [Role::Admin, Role::Service] {
        assert_eq!(app.get(LIST, &app.token("somebody", role)).await.status, 200);
    }
}

#[test]
fn the_bridge_has_no_operation_for_clients() {
    let routes = <MasBridge as chassis::Service>::routes(web::Routes::new(web::Access::Token));
    let operations = routes.operations();
    assert_eq!(operations.len(), 2);
    assert!(operations.iter().all(|operation| operation.path.starts_with("/internal/v1/")));
}
