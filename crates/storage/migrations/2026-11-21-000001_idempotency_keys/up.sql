-- One row per Idempotency-Key that was used (contracts, README 3.10). Written in the transaction of the change.
CREATE TABLE idempotency_keys (
    scope       text        NOT NULL, -- line, route and caller
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL, -- SHA-256 of method, path, content type and body
    status      smallint,             -- null while the first request runs: no other transaction ever sees that
    location    text,
    body        bytea,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
