CREATE TABLE tickets (
    ticket_key     uuid        PRIMARY KEY, -- the ticketId is 'ticket_' and its hex digits
    version        bigint      NOT NULL,    -- number of events
    user_id        text        NOT NULL,
    subject        text        NOT NULL,
    description    text        NOT NULL,
    category_id    text        NOT NULL,
    status         text        NOT NULL,    -- canonical
    line_status    text        NOT NULL,    -- what the line shows
    priority       text        NOT NULL,    -- canonical
    line_priority  text        NOT NULL,    -- what the line shows
    assigned_agent text,
    attachments    text[]      NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    closed_at      timestamptz,
    resolution     text
);
-- The list of a user's tickets, newest first.
CREATE INDEX tickets_user ON tickets (user_id, created_at DESC, ticket_key DESC);

CREATE TABLE messages (
    message_id  uuid        PRIMARY KEY, -- the messageId is 'msg_' and its hex digits
    ticket_key  uuid        NOT NULL REFERENCES tickets,
    sender      text        NOT NULL,
    content     text        NOT NULL,
    attachments text[]      NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX messages_ticket ON messages (ticket_key, created_at, message_id);
