-- Every command that came from the queue. It is acked once it is here, so this table, and not the broker, holds what is
-- still to be done, and its primary key is what makes a command that comes again one request.
CREATE TABLE resume_requests (
    transaction_id  bigint      PRIMARY KEY CHECK (transaction_id > 0),
    body            bytea,                -- as it came; deleted when done, because it holds personal data
    traceparent     text,
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    attempts        integer     NOT NULL DEFAULT 0, -- counted when claimed: the number also tells old claims from new
    received_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    give_up_at      timestamptz NOT NULL, -- an attempt that fails after this is the last
    claimed_until   timestamptz,          -- by the database's clock: the claim of a bridge that was killed ends by itself
    outcome         text        CHECK (outcome IN ('completed', 'rejected')),
    last_error      text,                 -- in our words: what MAS said may hold personal data
    settled_at      timestamptz,
    CHECK (state <> 'pending' OR body IS NOT NULL)
);
-- What is due.
CREATE INDEX resume_requests_due ON resume_requests (next_attempt_at) WHERE state = 'pending';
-- What operators look at.
CREATE INDEX resume_requests_dead ON resume_requests (transaction_id) WHERE state = 'dead';
