-- Clients keep these ids in 32 bits, so the counters are of that size. A number that was taken and not used leaves a gap.
CREATE SEQUENCE user_numbers AS integer;
CREATE SEQUENCE ticket_ids AS integer;
CREATE SEQUENCE conversation_ids AS integer;
-- Taken only while the conversation's ticket is locked: within one conversation a later commit has a larger id.
CREATE SEQUENCE entry_ids AS integer;
CREATE SEQUENCE notification_ids AS integer;

CREATE TABLE users (
    number     integer PRIMARY KEY DEFAULT nextval('user_numbers'),
    subject    text    NOT NULL UNIQUE,
    -- As the user's last token said.
    name       text    NOT NULL,
    is_super   boolean NOT NULL,
    is_support boolean NOT NULL
);
-- Whom a new ticket is told.
CREATE INDEX users_support ON users (number) WHERE is_support;

CREATE TABLE tickets (
    id              integer     PRIMARY KEY,
    ticket_key      uuid        NOT NULL UNIQUE,
    version         bigint      NOT NULL, -- number of events
    conversation_id integer     NOT NULL UNIQUE, -- every conversation belongs to one ticket
    title           text        NOT NULL,
    author          integer     NOT NULL REFERENCES users,
    status          text        NOT NULL, -- canonical; the line shows none
    priority        text        NOT NULL, -- canonical; the line shows none
    assignee        text,
    opened          timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
-- The tickets somebody opened, newest first.
CREATE INDEX tickets_author ON tickets (author, id DESC);

CREATE TABLE members (
    conversation_id integer NOT NULL REFERENCES tickets (conversation_id),
    user_number     integer NOT NULL REFERENCES users,
    -- The first entry the member sees: 0 for the whole conversation.
    first_visible   integer NOT NULL,
    PRIMARY KEY (conversation_id, user_number)
);
-- The conversations of a user, newest first.
CREATE INDEX members_user ON members (user_number, conversation_id DESC);

CREATE TABLE entries (
    conversation_id integer     NOT NULL REFERENCES tickets (conversation_id),
    id              integer     NOT NULL,
    at              timestamptz NOT NULL,
    -- A message has an author and a body; a joining has users. They are members: no reference to check for each message.
    author          integer,
    body            bytea,
    users           integer[],
    PRIMARY KEY (conversation_id, id),
    CHECK ((author IS NOT NULL AND body IS NOT NULL AND users IS NULL)
        OR (author IS NULL AND body IS NULL AND users IS NOT NULL))
);

CREATE TABLE notifications (
    id              integer     PRIMARY KEY DEFAULT nextval('notification_ids'),
    -- No reference: users stay for ever, and every new ticket would lock the rows of the whole support team to check it.
    user_number     integer     NOT NULL,
    at              timestamptz NOT NULL,
    author          integer     NOT NULL,
    -- A new ticket, or a new message in a conversation.
    ticket          integer,
    conversation    integer,
    message         integer,
    unread          boolean     NOT NULL DEFAULT true,
    -- When the id was taken, by this server's clock: readers look back from there.
    stored_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((ticket IS NOT NULL AND conversation IS NULL AND message IS NULL)
        OR (ticket IS NULL AND conversation IS NOT NULL AND message IS NOT NULL))
);
CREATE INDEX notifications_unread ON notifications (user_number, id DESC) WHERE unread;
-- What is new for a connected user.
CREATE INDEX notifications_user ON notifications (user_number, id);

-- Who is connected, over all processes. A row that was not refreshed for a while is of a process that died.
CREATE TABLE open_sockets (
    socket_id       uuid        PRIMARY KEY,
    conversation_id integer     NOT NULL,
    user_number     integer     NOT NULL,
    seen_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX open_sockets_conversation ON open_sockets (conversation_id, user_number);
