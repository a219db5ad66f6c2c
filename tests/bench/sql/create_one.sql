-- The same rows as create_five.sql in one round trip: what the round trips of a transaction cost.
with opened as (
    insert into tickets (id, owner, subject, description, category_id, priority, status, version, created_at, updated_at)
    values (gen_random_uuid(), :owner, 'Payment failed', 'The payment was refused twice, and the amount is reserved.',
            'category_001', 'High', 'Open', 1, now(), now())
    returning id
), stream as (
    insert into ticket_streams (ticket_id, version) select id, 1 from opened
)
insert into ticket_events (event_id, ticket_id, version, type, payload, traceparent, occurred_at, published_at)
select gen_random_uuid(), id, 1, 'ticket.opened', '{"status":"open","priority":"high"}'::jsonb,
       '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', now(), now()
from opened;
