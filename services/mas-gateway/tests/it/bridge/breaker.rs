//! A MAS that is down is left alone.

use wiremock::ResponseTemplate;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_nothing_is_sent_however_much_waits() {
    let mas = mas_that_answers(ResponseTemplate::new(503)).await;
    let builder = TestApp::builder()
        .address("mas-simulator", mas.uri())
        .setting("CROSSDESK__MAS__BRIDGE__RETRY_BASE_MS", "20")
        .setting("CROSSDESK__MAS__BRIDGE__CONCURRENCY", "1")
        .setting("CROSSDESK__MAS__BRIDGE__BREAKER_PAUSE_MS", "600000")
        .setting("CROSSDESK__MAS__BRIDGE__BREAKER_LONGEST_PAUSE_MS", "600000");
    let app = start(builder).await;
    for id in 1..=5 {
        queue(&app, id).await;
    }
    in_state(&app, 5, "SELECT sum(attempts)::bigint AS count FROM resume_requests WHERE claimed_until IS NULL").await;
    // Each of these wakes the job, and so do its own polls meanwhile.
    for id in 6..=55 {
        queue(&app, id).await;
    }
    assert_eq!(app.database.count("SELECT sum(attempts)::bigint AS count FROM resume_requests").await, 5);
    assert_eq!(app.database.count(PENDING).await, 55, "accepted from the queue all the same");
    assert_eq!(asked(&mas).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_probe_is_one_request_and_a_good_one_opens_the_way_for_all() {
    let mas = MockServer::start().await;
    // Five failures open the breaker, two probes fail, the third is good.
    resume().respond_with(ResponseTemplate::new(503)).up_to_n_times(7).mount(&mas).await;
    resume().respond_with(completed()).mount(&mas).await;
    let builder = impatient(&mas.uri()).setting("CROSSDESK__MAS__BRIDGE__CONCURRENCY", "1");
    let app = start(builder).await;
    for id in 1..=50 {
        queue(&app, id).await;
    }
    in_state(&app, 50, DONE).await;
    assert_eq!(asked(&mas).await.len(), 57, "no attempt was wasted on a MAS that was down");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_do_not_open_it() {
    let mas = MockServer::start().await;
    resume_of(100).respond_with(completed()).mount(&mas).await;
    resume().respond_with(ResponseTemplate::new(422)).mount(&mas).await;
    let builder = impatient(&mas.uri())
        .setting("CROSSDESK__MAS__BRIDGE__BREAKER_PAUSE_MS", "600000")
        .setting("CROSSDESK__MAS__BRIDGE__BREAKER_LONGEST_PAUSE_MS", "600000");
    let app = start(builder).await;
    for id in 1..=20 {
        queue(&app, id).await;
    }
    in_state(&app, 20, DEAD).await;
    queue(&app, 100).await;
    in_state(&app, 1, DONE).await;
}
