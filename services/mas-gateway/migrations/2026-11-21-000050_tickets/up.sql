-- Numbers that JSON carries exactly (up to 2^53 - 1), over all profiles.
CREATE SEQUENCE transaction_ids AS bigint MINVALUE 1 MAXVALUE 9007199254740991 START 100000457 NO CYCLE;

CREATE TABLE tickets (
    ticket_key      uuid        PRIMARY KEY,
    transaction_id  bigint      NOT NULL UNIQUE, -- the ticket id of the line's clients
    version         bigint      NOT NULL,        -- number of events
    basic_user      text        NOT NULL,        -- who may see it
    profile_id      text        NOT NULL,
    tracking_id     text        NOT NULL,        -- Request-Tracking-Id
    customer_id     text        NOT NULL,        -- as the path had it, leading zeros included
    customer_number bigint      NOT NULL,        -- what customers are compared by
    body_digest     bytea       NOT NULL,        -- of the normalised body
    request         jsonb       NOT NULL,        -- the body; the one place with name, phone and email
    command_id      uuid        NOT NULL,        -- message_id of the command to MAS
    status          text        NOT NULL,        -- canonical
    line_status     text        NOT NULL,        -- what the line shows
    priority        text        NOT NULL,        -- canonical
    assignee        text,
    outcome         text,                        -- the last one from MAS
    outcome_detail  text,
    closed_at       timestamptz,                 -- when the line's word became CLOSED or VOID
    closed_by       text,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
-- Two requests that are equal in all five are one, also when they come at the same time.
CREATE UNIQUE INDEX tickets_same_request
    ON tickets (tracking_id, customer_number, body_digest, profile_id, basic_user);
-- The list of a customer's tickets, newest first.
CREATE INDEX tickets_customer ON tickets (customer_number, basic_user, transaction_id DESC);

-- Public replies of agents; the line shows the latest.
CREATE TABLE messages (
    message_id uuid        PRIMARY KEY,
    ticket_key uuid        NOT NULL REFERENCES tickets,
    author     text        NOT NULL,
    body       text        NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX messages_ticket ON messages (ticket_key, created_at, message_id);
