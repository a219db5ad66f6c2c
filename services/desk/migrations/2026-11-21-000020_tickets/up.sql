-- The read model: one row per ticket of every line, written by events alone. Dropping it and reading all logs again
-- gives the same rows.
CREATE TABLE tickets (
    ticket_key  uuid        PRIMARY KEY,
    line        text        NOT NULL,
    ticket_id   text        NOT NULL, -- the id the line's clients use
    version     bigint      NOT NULL, -- of the last event of the ticket's stream
    status      text        NOT NULL, -- canonical
    line_status text,                 -- the line's word, null for helpdesk
    priority    text        NOT NULL, -- canonical
    requester   text,                 -- null for a guest
    assignee    text,
    category    text,
    source      text        NOT NULL, -- the service that owns the ticket
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

-- Each serves one question of the list in the order of its answer, in both directions, so that a page costs the rows
-- it shows. updated_at changes with every event: an index more is paid by every event.
CREATE INDEX tickets_updated    ON tickets (updated_at, ticket_key);
CREATE INDEX tickets_line       ON tickets (line, updated_at, ticket_key);
CREATE INDEX tickets_status     ON tickets (status, updated_at, ticket_key);
CREATE INDEX tickets_requester  ON tickets (requester, updated_at, ticket_key) WHERE requester IS NOT NULL;
CREATE INDEX tickets_assignee   ON tickets (assignee, updated_at, ticket_key) WHERE assignee IS NOT NULL;
-- "Nobody has it" is a predicate and no value: as a column's value it would not give the order.
CREATE INDEX tickets_unassigned ON tickets (updated_at, ticket_key) WHERE assignee IS NULL;
CREATE INDEX tickets_created    ON tickets (created_at, ticket_key);
