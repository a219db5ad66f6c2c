//! What is asked of each line. A new line is a new entry.

/// A line and its two rows.
pub(crate) struct Line {
    /// What the rows are called.
    pub(crate) name: &'static str,
    /// Who asks.
    pub(crate) access: Access,
    /// Headers of every request, besides the usual ones. `NUMBER` stands for a number of the request's own.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// What must exist before anything is created; its id is `{id}` in the body of `create`.
    pub(crate) needs: Option<Create>,
    /// The row for creating.
    pub(crate) create: Create,
    /// The path of the row for reading; `{id}` is the id of what was created.
    pub(crate) read: &'static str,
}

/// How a caller says who it is.
pub(crate) enum Access {
    /// A customer's token.
    Bearer,
    /// The same for all.
    Always(&'static str),
}

/// A POST that creates something.
pub(crate) struct Create {
    /// Where to.
    pub(crate) path: &'static str,
    /// JSON, with `NUMBER` where each request has a number of its own.
    pub(crate) body: &'static str,
    /// The status of success.
    pub(crate) status: u16,
    /// JSON pointer to the id in the answer.
    pub(crate) id: &'static str,
}

/// A ticket of the tours line; attachments need one, too.
const TOUR_TICKET: Create = Create {
    path: "/api/support_tickets",
    body: r#"{"roleContext":"TOURIST","fullName":"Ana Torres","email":"ana.torres@example.com","subject":"Booking {----number----}","category":"RESERVAS_VIAJES","message":"I am unable to view my tour booking from last week. The page shows an error.","status":"OPEN"}"#,
    status: 201,
    id: "/ticketId",
};

/// The lines besides loan, which has its own rows beside pgbench.
pub(crate) static LINES: [Line; 5] = [
    Line {
        name: "mobility",
        access: Access::Bearer,
        headers: &[("accept-language", "en-GB")],
        needs: None,
        // Each ticket has a leg of its own, so that the list for a leg has one ticket, as lists for a leg do.
        create: Create {
            path: "/processes/request-support/execution",
            body: r#"{"inputs":{"type":"supportTicket","supportType":"BROKEN_DOWN","location":"GPS:52.3342433,41.4322234","timestamp":"2024-01-15T10:30:00Z","status":"ISSUE_REQUESTED","context":{"asset":"TI:AMS:342","leg":"leg-{----number----}","package":"7136dae5-cbb9-4b7d-8dc5-52d3faeb7ad2"}}}"#,
            status: 200,
            id: "/context/leg",
        },
        read: "/collections/support-tickets/items?packageId=7136dae5-cbb9-4b7d-8dc5-52d3faeb7ad2&legId={id}",
    },
    Line {
        name: "helpdesk",
        access: Access::Bearer,
        headers: &[],
        needs: None,
        create: Create {
            path: "/api/v1/support/tickets",
            body: r#"{"title":"Cannot open draft {----number----}"}"#,
            status: 201,
            id: "/id",
        },
        read: "/api/v1/support/tickets/{id}",
    },
    Line {
        name: "mas",
        // The sample user of the local profile, in which everything here runs.
        access: Access::Always("Basic b2NzdXNlcjpvY3N1c2Vy"),
        // The tracking id is part of what makes two requests the same.
        headers: &[("profileid", "Siebel_201"), ("request-tracking-id", "bench-{----number----}")],
        needs: None,
        create: Create {
            path: "/api/v1/customers/104127993008/tickets",
            body: r#"{"customer_id":104127993008,"reason_code":"RES","reason":"Resume Service","dispatch_date_time":"2016-03-22T11:50:35.000Z","service":{"id":"1","code":"6FL","description":"6 Yard FEL"},"requestor_info":{"name":"TESTMAN1","phone":9874564566,"email":"abc@example.com"},"assigned_to_user":"CSR1"}"#,
            status: 200,
            id: "/transaction_id",
        },
        read: "/api/v1/customers/104127993008/tickets/{id}",
    },
    Line {
        name: "tours",
        access: Access::Bearer,
        headers: &[],
        needs: None,
        create: TOUR_TICKET,
        read: "/api/support_tickets/{id}",
    },
    Line {
        name: "attachments",
        access: Access::Bearer,
        headers: &[],
        needs: Some(TOUR_TICKET),
        create: Create {
            path: "/api/support_ticket_attachments",
            body: r#"{"ticketId":{id},"fileUrl":"https://cdn.example.com/attachments/{----number----}.png","fileName":"error-screenshot.png","mimeType":"image/png","fileSizeBytes":245678}"#,
            status: 201,
            id: "/attachmentId",
        },
        read: "/api/support_ticket_attachments/{id}",
    },
];
