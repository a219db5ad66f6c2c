use web::Shape;

use super::*;

fn table(extra: &[RouteConfig]) -> Table {
    let addresses = [("desk", "http://desk:1/"), ("loan-support", "http://loan:2")];
    let addresses = addresses.map(|(name, url)| (name.to_owned(), url.to_owned())).into_iter().collect();
    Table::new(extra, &addresses).unwrap()
}

fn row(path: &str, service: &str, strip: &str) -> RouteConfig {
    RouteConfig { path: path.to_owned(), service: service.to_owned(), strip: strip.to_owned() }
}

#[test]
fn every_row_of_the_contract_goes_to_its_service() {
    let table = table(&[]);
    for (path, service) in [
        ("/tomp/v2", "mobility-support"),
        ("/tomp/v2/", "mobility-support"),
        ("/tomp/v2/api", "mobility-support"),
        ("/collections", "mobility-support"),
        ("/collections/support-tickets/items", "mobility-support"),
        ("/processes/request-support/execution", "mobility-support"),
        ("/conformance", "mobility-support"),
        ("/api/v1/support/tickets", "helpdesk-conversation"),
        ("/api/v1/conversations", "helpdesk-conversation"),
        ("/api/v1/conversations/7/socket", "helpdesk-conversation"),
        ("/api/v1/users/me", "helpdesk-conversation"),
        ("/api/v1/notifications", "helpdesk-conversation"),
        ("/api/v1/events", "helpdesk-conversation"),
        ("/support/tickets", "loan-support"),
        ("/support/tickets/", "loan-support"),
        ("/support/", "loan-support"),
        ("/api/v1/customers/resume", "mas-gateway"),
        ("/api/support_ticket_attachments", "attachments"),
        ("/api/support_ticket_attachments/9", "attachments"),
        ("/files", "attachments"),
        ("/files/abc", "attachments"),
        ("/api/support_tickets", "tour-tickets"),
        ("/api/support_tickets/1", "tour-tickets"),
        ("/v1/tickets", "desk"),
        ("/console", "desk"),
        ("/console/tickets", "desk"),
    ] {
        assert_eq!(table.find(path).map(|route| route.policy.service), Some(service), "{path}");
    }
}

#[test]
fn nothing_else_goes_anywhere() {
    let table = table(&[]);
    let unknown = [
        "",
        "*",
        "/",
        "/x",
        "/api",
        "/api/support_ticketsX",
        "/api/support_tickets_x/1",
        "/tomp/v22",
        "/Support/tickets",
        "/support",
        "/v1",
        "/consoles",
        "/conformance/",
        "/api/v1/events/x",
        "/api/v1/support",
        "/api/v1/customers",
        "/internal",
        "/internal/v1/events",
        "/%69nternal/x",
        "/%73upport/tickets",
        "/filesystem",
    ];
    for path in unknown {
        assert!(table.find(path).is_none(), "{path}");
    }
}

#[test]
fn only_the_upload_itself_may_be_large() {
    let table = table(&[]);
    let limit = |path: &str| table.find(path).unwrap().policy.max_body_bytes;
    assert_eq!(limit("/files"), 25 * 1024 * 1024 + 64 * 1024);
    assert_eq!((limit("/files/x"), limit("/api/v1/users/me")), (1024 * 1024, 64 * 1024));
}

#[test]
fn the_prefix_is_stripped_and_internal_routes_stay_hidden_behind_it() {
    let table = table(&[]);
    let target = |path| table.find(path).unwrap().target(path);
    assert_eq!(target("/tomp/v2"), Some("/"));
    assert_eq!(target("/tomp/v2/"), Some("/"));
    assert_eq!(target("/tomp/v2/api"), Some("/api"));
    assert_eq!(target("/collections/x"), Some("/collections/x"));
    for path in ["/tomp/v2/internal", "/tomp/v2/internal/v1/events", "/tomp/v2/%69nternal/v1/events"] {
        assert_eq!(target(path), None, "{path}");
    }
}

#[test]
fn configured_rows_come_first_with_the_rules_of_their_service() {
    let table = table(&[row("/legacy/support/*", "loan-support", "/legacy"), row("/collections", "desk", "")]);
    let legacy = table.find("/legacy/support/tickets").unwrap();
    assert_eq!((legacy.policy.shape, legacy.base.as_deref()), (Shape::Loan, Some("http://loan:2")));
    assert_eq!(legacy.target("/legacy/support/tickets"), Some("/support/tickets"));
    let moved = table.find("/collections").unwrap();
    assert_eq!((moved.policy.service, moved.base.as_deref()), ("desk", Some("http://desk:1")));
    assert_eq!(table.find("/collections/x").unwrap().policy.service, "mobility-support");
}

#[test]
fn rows_that_cannot_be_meant_are_refused() {
    let refused = [
        row("support", "desk", ""),
        row("/*", "desk", ""),
        row("/a*b", "desk", ""),
        row("/a**", "desk", ""),
        row("/a", "nobody", ""),
        row("/a/*", "desk", "/b"),
        row("/ab/*", "desk", "/a"),
    ];
    for row in refused {
        assert!(Table::new(std::slice::from_ref(&row), &BTreeMap::new()).is_err(), "{row:?}");
    }
    assert!(table(&[row("/internal/*", "desk", "")]).find("/internal/x").is_none());
}
