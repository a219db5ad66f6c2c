-- What operators did to requests, and who: written in the statement that does it. The audit log is made of ticket events,
-- and giving a request another chance is none: the ticket does not change, and nobody else is told.
CREATE TABLE operator_actions (
    action_id      bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    actor_id       text        NOT NULL,
    actor_role     text        NOT NULL,
    action         text        NOT NULL CHECK (action IN ('retry')),
    transaction_id bigint      NOT NULL,
    happened_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The function is the audit log's own.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
