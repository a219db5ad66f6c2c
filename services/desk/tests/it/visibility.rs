//! Who sees what.

use domain::{Line, Role};
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

use crate::owner::Owner;
use crate::story::{Story, desk, desk_with};

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let tickets = answer.body["data"].as_array().unwrap();
    let mut ids: Vec<String> = tickets.iter().map(|ticket| ticket["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn keys<'a>(stories: impl IntoIterator<Item = &'a Story>) -> Vec<String> {
    let mut keys: Vec<String> = stories.into_iter().map(|story| story.key.to_string()).collect();
    keys.sort();
    keys
}

/// Of each line a ticket of `user_1` and one of `user_2`.
async fn tickets(app: &TestApp) -> Vec<Story> {
    let mut stories = Vec::new();
    for line in Line::ALL {
        for requester in ["user_1", "user_2"] {
            let story = Story::opened(line, requester);
            story.tell(app).await;
            stories.push(story);
        }
    }
    stories
}

fn not_found() -> Value {
    json!({"type": "about:blank", "title": "Not Found", "status": 404, "code": "ticket-not-found"})
}

#[tokio::test(flavor = "multi_thread")]
async fn support_sees_the_lines_of_its_token_and_no_other() {
    let app = desk().await;
    let stories = tickets(&app).await;
    for role in [Role::Agent, Role::Admin] {
        let all = app.get("/v1/tickets", &app.token("agent_1", role)).await;
        assert_eq!(ids(&all), keys(&stories));
        for lines in [&[Line::Loan][..], &[Line::Mas, Line::Tours], &[]] {
            let token = app.tokens.for_lines("agent_1", role, lines);
            let seen = keys(stories.iter().filter(|story| lines.contains(&story.log[0].data.line)));
            assert_eq!(ids(&app.get("/v1/tickets", &token).await), seen, "{lines:?}");
        }
    }
    let token = app.tokens.for_lines("agent_1", Role::Agent, &[Line::Loan]);
    assert_eq!(ids(&app.get("/v1/tickets?line=mas", &token).await), Vec::<String>::new());
    assert_eq!(ids(&app.get("/v1/tickets?line=loan", &token).await), keys(&stories[4..6]));
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_and_services_see_their_own_tickets_of_their_lines() {
    let app = desk().await;
    let stories = tickets(&app).await;
    let own = |line: Option<Line>| {
        let mine = stories.iter().filter(|story| story.log[0].data.members["requester"] == "user_1");
        keys(mine.filter(|story| line.is_none_or(|line| story.log[0].data.line == line)))
    };
    for role in [Role::Customer, Role::Service] {
        let token = app.token("user_1", role);
        assert_eq!(ids(&app.get("/v1/tickets", &token).await), own(None));
        assert_eq!(ids(&app.get("/v1/tickets?requester=user_1", &token).await), own(None));
        // Asking for another's tickets finds none.
        assert_eq!(ids(&app.get("/v1/tickets?requester=user_2", &token).await), Vec::<String>::new());
        let token = app.tokens.for_lines("user_1", role, &[Line::Loan]);
        assert_eq!(ids(&app.get("/v1/tickets", &token).await), own(Some(Line::Loan)));
        assert_eq!(ids(&app.get("/v1/tickets", &app.token("stranger", role)).await), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_may_not_be_seen_and_one_that_is_not_there_get_the_same_answer() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = Story::opened(Line::Loan, "user_1");
    story.tell(&app).await;
    owner.has(&story);
    assert_eq!(app.get(&story.path(), &app.token("user_1", Role::Customer)).await.status, 200);
    let asked = owner.asked_for("/tickets/").await.len();
    let refused = [
        (story.path(), app.token("user_2", Role::Customer)),
        (story.path(), app.token("user_2", Role::Service)),
        (story.path(), app.tokens.for_lines("user_1", Role::Customer, &[Line::Tours])),
        (story.path(), app.tokens.for_lines("agent_1", Role::Admin, &[Line::Tours])),
        (Story::opened(Line::Loan, "user_1").path(), app.token("agent_1", Role::Admin)),
        ("/v1/tickets/4711".to_owned(), app.token("agent_1", Role::Admin)),
    ];
    for (path, token) in refused {
        let answer = app.get(&path, &token).await;
        assert_eq!((answer.status, &answer.body), (404, &not_found()), "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(owner.asked_for("/tickets/").await.len(), asked, "the owner is not asked for them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_the_owner_hides_is_not_there() {
    let owner = Owner::start().await;
    let app = desk_with(&owner).await;
    let story = Story::opened(Line::Loan, "user_1");
    story.tell(&app).await;
    owner.hides(&story);
    let answer = app.get(&story.path(), &app.token("agent_1", Role::Agent)).await;
    assert_eq!((answer.status, answer.body), (404, not_found()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_nothing_is_shown() {
    let app = desk().await;
    let story = Story::opened(Line::Loan, "user_1");
    story.tell(&app).await;
    for path in ["/v1/tickets".to_owned(), story.path()] {
        let without = app.send(app.request(reqwest::Method::GET, &path)).await;
        let bad = [app.tokens.forged("user_1", Role::Admin), app.tokens.expired("user_1", Role::Admin), "x".to_owned()];
        let mut answers = vec![without];
        for token in bad {
            answers.push(app.get(&path, &token).await);
        }
        for answer in answers {
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{path}");
            assert!(!answer.text.contains("user_1"));
        }
    }
}
