-- The audit log: what agents and admins did, in one order, each row chained to the one before by its hash. Written from
-- the event log after the commit, so it costs no request anything; read by `crossdesk audit verify`.
CREATE TABLE audit_log (
    position      bigint      PRIMARY KEY CHECK (position > 0), -- from 1, without gaps
    stream        text        NOT NULL,
    version       bigint      NOT NULL,
    event_id      uuid        NOT NULL,
    kind          text        NOT NULL,
    actor_id      text,
    actor_role    text        NOT NULL,
    occurred_at   timestamptz NOT NULL,
    data_digest   bytea       NOT NULL CHECK (length(data_digest) = 32),
    previous_hash bytea       NOT NULL CHECK (length(previous_hash) = 32),
    hash          bytea       NOT NULL CHECK (length(hash) = 32),
    UNIQUE (stream, version)
);

-- Where the chain ends. Whoever appends locks this row, so the chain cannot fork; the last row of the log cannot be cut
-- off without this row saying so.
CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint  NOT NULL,
    hash     bytea   NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO audit_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Which events wait to be audited: a set, never "after the last one", because ids and times are given before commits.
-- The index holds the waiting events of agents and admins and nothing else: customers' events never enter it.
ALTER TABLE ticket_events ADD COLUMN audited boolean NOT NULL DEFAULT false;
CREATE INDEX ticket_events_unaudited ON ticket_events (stream, version)
    WHERE NOT audited AND (data #>> '{actor,role}') IN ('agent', 'admin');

-- Nobody changes the past by mistake or through an injected statement. Who owns the database can drop these triggers;
-- the hashes are for them.
CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
CREATE TRIGGER goes_forward BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (NEW.position <= OLD.position) EXECUTE FUNCTION refuse_change_of_audit();
