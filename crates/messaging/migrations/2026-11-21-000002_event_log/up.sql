-- The event log: outbox, history, audit and replay source in one. Rows are only ever added, in the transaction of the
-- change they tell; published_at is the one column that is written later.
CREATE TABLE ticket_events (
    stream       text        NOT NULL, -- partition key: the ticket's key, or that and '/attachments'
    version      bigint      NOT NULL CHECK (version > 0),
    event_id     uuid        NOT NULL,
    kind         text        NOT NULL,
    data         jsonb       NOT NULL,
    traceparent  text        NOT NULL,
    occurred_at  timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (stream, version)
);
CREATE INDEX ticket_events_unpublished ON ticket_events (event_id) WHERE published_at IS NULL;

-- Who relays this database's events. Judged by the database's clock alone.
CREATE TABLE relay_lease (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    holder     uuid        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- The version gate: the last version of each stream that took effect here. Kept for ever.
CREATE TABLE applied_streams (
    stream  text   PRIMARY KEY,
    version bigint NOT NULL
);

-- Events that could not take effect yet, with the reason. Operators see them; a timer tries again.
CREATE TABLE parked_events (
    stream     text        NOT NULL,
    version    bigint      NOT NULL,
    envelope   bytea       NOT NULL, -- as it came: jsonb could not hold every text
    reason     text        NOT NULL,
    attempts   integer     NOT NULL DEFAULT 1,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    retry_at   timestamptz NOT NULL,
    PRIMARY KEY (stream, version)
);
CREATE INDEX parked_events_retry_at ON parked_events (retry_at);
