-- What the stand-in for MAS has done. The primary key is the promise: one effect for one transaction, however often it
-- is asked.
CREATE TABLE effects (
    transaction_id bigint      PRIMARY KEY,
    payload        bytea       NOT NULL, -- the first request as it came
    outcome        text        NOT NULL,
    detail         text        NOT NULL,
    effected_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    times_asked    integer     NOT NULL DEFAULT 1
);
-- The list, newest first.
CREATE INDEX effects_effected_at ON effects (effected_at DESC, transaction_id DESC);
