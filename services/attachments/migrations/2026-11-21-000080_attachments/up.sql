-- One row for each ticket that ever had to do with attachments: it counts the events of the ticket's attachment
-- stream, and whoever changes the ticket's attachments locks it.
CREATE TABLE attachment_streams (
    ticket_key uuid    PRIMARY KEY,
    ticket_id  bigint  NOT NULL UNIQUE,
    version    bigint  NOT NULL, -- number of events
    deleted    boolean NOT NULL  -- the ticket is gone; its row stays, so that nothing is attached to it again
);

-- Ids are taken before the insert, because the event names them.
CREATE SEQUENCE attachment_ids;

-- Files that are complete. Nothing deletes them: other lines' tickets may refer to them.
CREATE TABLE files (
    file_id     uuid        PRIMARY KEY, -- the fileId is 'file_' and its hex digits
    uploader    text        NOT NULL,
    file_name   text        NOT NULL,
    mime_type   text        NOT NULL,    -- by the content
    size_bytes  bigint      NOT NULL,
    sha256      bytea       NOT NULL,
    uploaded_at timestamptz NOT NULL
);

-- Files on their way: written before the first byte and removed by the statement that makes the file complete. What
-- stays here is what the clean-up looks for.
CREATE TABLE uploads (
    file_id   uuid        PRIMARY KEY,
    begun_at  timestamptz NOT NULL,
    abandoned boolean     NOT NULL DEFAULT false -- the clean-up has it: it can no longer become a file
);
CREATE INDEX uploads_age ON uploads (begun_at);

CREATE TABLE attachments (
    attachment_id   bigint      PRIMARY KEY,
    ticket_id       bigint      NOT NULL REFERENCES attachment_streams (ticket_id),
    file_url        text        NOT NULL,
    file_name       text        NOT NULL,
    mime_type       text,
    file_size_bytes bigint,
    uploaded_at     timestamptz NOT NULL,
    file_id         uuid        REFERENCES files -- our own file, if fileUrl is one that its author could read
);
-- The attachments of some tickets, in the order of the list.
CREATE INDEX attachments_ticket ON attachments (ticket_id, attachment_id);
-- Which tickets a file is attached to.
CREATE INDEX attachments_file ON attachments (file_id) WHERE file_id IS NOT NULL;
