CREATE TABLE tickets (
    ticket_key    uuid        PRIMARY KEY,
    version       bigint      NOT NULL,   -- number of events
    provider      text        NOT NULL,   -- the token's subject: ids are unique per provider, not beyond
    ticket_id     text        NOT NULL,   -- the provider's choice
    status        text        NOT NULL,   -- canonical
    line_status   text        NOT NULL,   -- what the line shows
    priority      text        NOT NULL,   -- canonical
    sequence      smallint    NOT NULL,   -- changes that the provider could see, at most 10
    -- The members that the provider or support set, as the line shows them. `json` and not `jsonb`: numbers and texts
    -- inside links come back as they were sent.
    content       json        NOT NULL,
    sent_priority text,                   -- what the provider sent last: repeating it does not undo an agent's decision
    sent_comment  text,                   -- likewise: repeating it is no new message
    description   text,                   -- the comment that the ticket began with
    assignee      text,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    -- What the list asks for, taken from where it is kept.
    package       text        GENERATED ALWAYS AS (content -> 'context' ->> 'package') STORED,
    leg           text        GENERATED ALWAYS AS (content -> 'context' ->> 'leg') STORED,
    -- Of two concurrent requests with the same new id, this lets one create.
    CONSTRAINT tickets_scope UNIQUE (provider, ticket_id)
);
-- The list of a leg's tickets, newest first.
CREATE INDEX tickets_leg ON tickets (package, leg, created_at DESC) WHERE package IS NOT NULL AND leg IS NOT NULL;

-- Every execution that was accepted, so that a repeated or late one changes nothing.
CREATE TABLE executions (
    ticket_key  uuid  NOT NULL REFERENCES tickets,
    fingerprint bytea NOT NULL, -- SHA-256 of the canonical JSON
    PRIMARY KEY (ticket_key, fingerprint)
);

-- What was said: `comment` of the ticket shows only the last of it, agents see all.
CREATE TABLE messages (
    message_id uuid        PRIMARY KEY,
    ticket_key uuid        NOT NULL REFERENCES tickets,
    author     text        NOT NULL,
    body       text        NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX messages_ticket ON messages (ticket_key, created_at, message_id);

-- Changes by support that a provider wants to be told of. Written with the change, removed once they are told.
CREATE TABLE provider_deliveries (
    ticket_key    uuid        NOT NULL REFERENCES tickets,
    version       bigint      NOT NULL, -- of the ticket after the change: the order of delivery
    provider      text        NOT NULL,
    ticket_id     text        NOT NULL,
    line_status   text        NOT NULL, -- as it was then: the ticket may have moved on
    context       json        NOT NULL,
    -- Times are the database's, so that several processes agree on them.
    created_at    timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,          -- somebody is at it; if he is gone, it is free again then
    attempts      integer     NOT NULL DEFAULT 0,
    reason        text,                 -- of the last failure
    parked_at     timestamptz,          -- given up
    PRIMARY KEY (ticket_key, version)
);
CREATE INDEX provider_deliveries_due ON provider_deliveries (provider, due_at) WHERE parked_at IS NULL;
