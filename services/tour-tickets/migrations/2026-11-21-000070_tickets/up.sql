-- Numbers are taken before the ticket is written, and never given back: an id is not reused.
CREATE SEQUENCE ticket_ids AS bigint;

CREATE TABLE tickets (
    ticket_id        bigint      PRIMARY KEY,
    ticket_key       uuid        NOT NULL UNIQUE, -- names the ticket over all lines
    version          bigint      NOT NULL,        -- number of events
    owner            text,                        -- the token that created it; null for a guest
    user_id          bigint,
    is_claim         boolean     NOT NULL,        -- user_id is what a guest said
    role_context     text        NOT NULL,
    full_name        text        NOT NULL,
    email            text        NOT NULL,
    subject          text        NOT NULL,
    category         text        NOT NULL,
    message          text        NOT NULL,
    status           text        NOT NULL,        -- canonical
    line_status      text        NOT NULL,        -- what the line shows
    priority         text        NOT NULL,        -- canonical; the line shows none
    assignee         text,
    created_at       timestamptz NOT NULL,        -- may be what the client sent
    updated_at       timestamptz NOT NULL
);
-- What a customer sees: tickets created with the same token, and those with the customer's number.
CREATE INDEX tickets_owner ON tickets (owner, ticket_id) WHERE owner IS NOT NULL;
CREATE INDEX tickets_user ON tickets (user_id, ticket_id) WHERE user_id IS NOT NULL;

-- Public replies of agents. The line's clients have no place for them; the desk shows them.
CREATE TABLE replies (
    reply_id    uuid        PRIMARY KEY,
    ticket_id   bigint      NOT NULL REFERENCES tickets ON DELETE CASCADE, -- a reply goes with its ticket
    author      text        NOT NULL,
    body        text        NOT NULL,
    attachments text[]      NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX replies_ticket ON replies (ticket_id, created_at, reply_id);
