-- One effect for one Idempotency-Key, however often it is asked, and not for one transaction: a MAS may trust the key alone,
-- and a caller that repeats a request with another key must be seen. Until now each key was its transaction's id.
ALTER TABLE effects ADD COLUMN idempotency_key text;
UPDATE effects SET idempotency_key = transaction_id::text;
ALTER TABLE effects DROP CONSTRAINT effects_pkey, ADD PRIMARY KEY (idempotency_key);
