-- What POST /support/tickets does in the database: five statements in one transaction.
-- The event counts as published at once, else Crossdesk would publish what pgbench writes, at the cost of both sides.
begin;
insert into tickets (id, owner, subject, description, category_id, priority, status, version, created_at, updated_at)
values (gen_random_uuid(), :owner, 'Payment failed', 'The payment was refused twice, and the amount is reserved.',
        'category_001', 'High', 'Open', 1, now(), now())
returning id as new_id \gset
insert into ticket_streams (ticket_id, version) values (:new_id, 1);
insert into ticket_events (event_id, ticket_id, version, type, payload, traceparent, occurred_at, published_at)
values (gen_random_uuid(), :new_id, 1, 'ticket.opened', '{"status":"open","priority":"high"}',
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', now(), now());
commit;
