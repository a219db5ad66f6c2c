-- Of several effects of one transaction the first stays.
DELETE FROM effects AS later USING effects AS first
    WHERE later.transaction_id = first.transaction_id
    AND (later.effected_at, later.idempotency_key) > (first.effected_at, first.idempotency_key);
ALTER TABLE effects DROP CONSTRAINT effects_pkey, ADD PRIMARY KEY (transaction_id), DROP COLUMN idempotency_key;
