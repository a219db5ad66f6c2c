-- Messages that are no ticket events: commands and results for one reader. Written in the transaction of the change
-- that causes them, published by the relay, kept as the record of what was sent.
CREATE TABLE outgoing_messages (
    message_id     uuid        PRIMARY KEY,
    exchange       text        NOT NULL,
    routing_key    text        NOT NULL,
    kind           text        NOT NULL,
    content_type   text        NOT NULL,
    correlation_id text,
    reply_to       text,
    headers        jsonb       NOT NULL, -- an array of name and value
    sent_at        timestamptz NOT NULL, -- the AMQP timestamp: when the cause was decided
    body           bytea,                -- null 30 days after it was published: it may hold personal data
    published_at   timestamptz
);
CREATE INDEX outgoing_messages_unpublished ON outgoing_messages (sent_at) WHERE published_at IS NULL;
CREATE INDEX outgoing_messages_with_body ON outgoing_messages (published_at) WHERE body IS NOT NULL;
